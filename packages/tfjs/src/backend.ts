import { argumentError, requireKnownOptions } from '@subspace/core/internals';
import * as tf from '@tensorflow/tfjs-core';
import { registerCpuResizeGradients } from './cpu-resize-gradient.ts';
import { registerMissingGradients } from './missing-gradients.ts';
import { loadNative, wasmFolder } from './native-backend.ts';
import { registerWasmMatMul } from './wasm-matmul.ts';

export type BackendName = 'native' | 'wasm' | 'webgpu' | 'cpu';

export interface UseBackendOptions {
  /** Where the WebAssembly files are: a folder ending in a slash, or a path for each file. Needed in bundled programs; Node finds them itself. */
  readonly wasmPaths?: string | Readonly<Record<string, string>>;
}

export interface BackendChoice {
  readonly name: BackendName;
  /** One line: which backend, and why it and not another. */
  readonly reason: string;
}

/**
 * Chooses where TensorFlow.js computes.
 *
 * 'auto' takes the native backend where `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node` loads (Node only; both are optional), else WebAssembly
 * with SIMD, else plain JavaScript. WebGPU is used only when asked for; bundled programs import `@tensorflow/tfjs-backend-webgpu` themselves. May be called
 * again, with the same or another name.
 *
 * @throws on an unknown name or option, or where a backend asked for by name cannot be used
 * @example
 * ```ts
 * import { useBackend } from '@subspace/tfjs';
 *
 * const { name, reason } = await useBackend('auto');
 * name; // 'wasm'
 * reason; // 'wasm: SIMD is supported; not native: neither @tensorflow/tfjs-node-gpu nor @tensorflow/tfjs-node is installed'
 * ```
 */
export async function useBackend(
  name: 'auto' | BackendName = 'auto',
  options: UseBackendOptions = {},
): Promise<BackendChoice> {
  requireKnownOptions('useBackend', options, ['wasmPaths']);
  if (!['auto', 'native', 'wasm', 'webgpu', 'cpu'].includes(name)) {
    throw argumentError('useBackend', `name is ${JSON.stringify(name)}, expected auto, native, wasm, webgpu or cpu`);
  }
  const attempts: readonly BackendName[] = name === 'auto' ? ['native', 'wasm', 'cpu'] : [name];
  const refused: string[] = [];
  for (const candidate of attempts) {
    const result = await quietly(() => withoutProcessListeners(() => start[candidate](options)));
    if (!result.works) {
      refused.push(`not ${candidate}: ${result.reason}`);
      continue;
    }
    registerKernels();
    const asked = name === 'auto' ? '' : 'asked for; ';
    return { name: candidate, reason: [`${candidate}: ${asked}${result.reason}`, ...refused].join('; ') };
  }
  throw argumentError(
    'useBackend',
    `name is ${JSON.stringify(name)}, expected a backend that works here (${refused.join('; ')})`,
  );
}

/** What a checkpoint notes of who computed it: another backend rounds otherwise. */
export function engineName(): string {
  return `tfjs ${tf.version_core} ${tf.getBackend()}`;
}

/** Throws where TensorFlow.js has nothing to compute with yet; its own words are `No backend found in registry.` */
export function requireBackend(where: string): void {
  if (Object.keys(tf.engine().registryFactory).length > 0) return;
  throw argumentError(
    where,
    "TensorFlow.js has no backend yet, expected one: `await useBackend('auto')`, before the model is made",
  );
}

/** What this engine adds to TensorFlow.js. Only once for all copies of this package, and again if a later copy of TensorFlow.js undoes it. */
export function registerKernels(): void {
  registerWasmMatMul();
  registerCpuResizeGradients();
  registerMissingGradients();
}

type Start = (options: UseBackendOptions) => Promise<{ readonly works: boolean; readonly reason: string }>;

const start: Readonly<Record<BackendName, Start>> = {
  async native() {
    const environment = (globalThis as { process?: NodeJS.Process }).process?.env;
    // The native library announces its processor features on standard error unless told not to.
    if (environment) environment.TF_CPP_MIN_LOG_LEVEL ??= '1';
    const { loaded, reason } = await loadNative();
    return { works: loaded !== undefined && (await activate('tensorflow')), reason };
  },
  async wasm({ wasmPaths }) {
    // TensorFlow.js uses SIMD wherever it is there; without it, wasm loses to nothing but plain JavaScript.
    const wasm = await import('@tensorflow/tfjs-backend-wasm');
    const paths = wasmPaths ?? (tf.findBackend('wasm') ? undefined : await wasmFolder());
    if (paths) wasm.setWasmPaths(paths as Parameters<typeof wasm.setWasmPaths>[0]);
    if (!(await activate('wasm')))
      return { works: false, reason: 'its WebAssembly files cannot be loaded (see wasmPaths)' };
    const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
    return { works: true, reason: `SIMD is ${simd ? '' : 'not '}supported` };
  },
  async webgpu() {
    if (!tf.findBackendFactory('webgpu')) {
      const name = '@tensorflow/tfjs-backend-webgpu';
      try {
        await import(/* webpackIgnore: true */ /* @vite-ignore */ name);
      } catch {
        return { works: false, reason: `${name} is not installed, or not imported by the bundled program` };
      }
    }
    const works = await activate('webgpu');
    return { works, reason: works ? 'WebGPU is supported' : 'WebGPU is not supported here' };
  },
  async cpu() {
    await import('@tensorflow/tfjs-backend-cpu');
    const works = await activate('cpu');
    // Its first tensor in Node prints an advertisement for tfjs-node.
    tf.tidy(() => tf.scalar(0));
    return { works, reason: 'plain JavaScript runs everywhere' };
  },
};

/**
 * Emscripten's start-up code hangs listeners on Node's process that throw every uncaught error again from inside the WebAssembly glue, so that
 * any crash of the user's program prints its one 30 kB line of source. They come off again.
 */
async function withoutProcessListeners<A>(f: () => Promise<A>): Promise<A> {
  const { process } = globalThis as { process?: NodeJS.Process };
  if (typeof process?.listeners !== 'function') return f();
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => process.listeners(event as 'uncaughtException'));
  try {
    return await f();
  } finally {
    events.forEach((event, i) => {
      for (const listener of process.listeners(event as 'uncaughtException')) {
        if (!before[i].includes(listener)) process.removeListener(event, listener);
      }
    });
  }
}

async function activate(name: string): Promise<boolean> {
  if (tf.getBackend() === name) return true;
  return (await tf.setBackend(name)) && tf.getBackend() === name;
}

/** TensorFlow.js prints warnings at every second registration of a kernel; its production flag is the switch for them. */
async function quietly<A>(f: () => Promise<A>): Promise<A> {
  const before = tf.env().getBool('PROD');
  tf.env().set('PROD', true);
  try {
    return await f();
  } finally {
    tf.env().set('PROD', before);
  }
}
