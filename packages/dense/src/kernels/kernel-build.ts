import { argumentError, messageOf } from '@subspace/core/internals';
import { warnOnce } from '../warn-once.ts';
import { fusesProducts } from './fused-products.ts';
import type { Kernels } from './kernels.ts';
import { relaxed, simd } from './modules.ts';
import { typescriptKernels } from './typescript-kernels.ts';
import { type WasmMemory, type WasmModule, webAssembly } from './web-assembly.ts';

/** `'simd'` gives the same numbers on every machine; relaxed SIMD (Node ≥ 22 and current browsers) is faster, and rounds as the processor does. */
export type KernelChoice = 'auto' | 'wasm' | 'simd' | 'typescript';

/** One build of the kernels. */
export interface KernelBuild {
  /** Kind, how it rounds where that is left open, and checksum of the code: results depend on them. */
  readonly name: string;
  /** Why it is this one. */
  readonly reason: string;
  /** What another thread needs to run the same code on shared memory; none for TypeScript. */
  readonly module?: (shared: boolean) => WasmModule;
  /** Kernels over a memory of their own. */
  open(bytes: number, shared: boolean): Kernels;
}

const PAGE = 65536;
/** 4 GiB less a page: what 32-bit addresses reach. */
export const MEMORY_LIMIT: number = 65535 * PAGE;

export const kernelChoices: readonly KernelChoice[] = ['auto', 'wasm', 'simd', 'typescript'];

/**
 * The fastest build that this platform runs, or the one asked for.
 *
 * @throws if `'wasm'` or `'simd'` is asked for where WebAssembly SIMD does not run
 */
export function kernelBuild(choice: KernelChoice): KernelBuild {
  if (choice === 'typescript') return typescriptBuild('asked for');
  const wasm = webAssembly();
  if (wasm) {
    let problem: unknown = 'WebAssembly SIMD is missing';
    for (const [kind, code] of [['relaxed', relaxed] as const, ['simd', simd] as const]) {
      if (kind === 'relaxed' && choice === 'simd') continue;
      const { bytes } = decoded(code);
      if (!wasm.validate(bytes)) continue;
      try {
        const rounding = kind === 'relaxed' ? (fusesProducts() ? 'relaxed-fused' : 'relaxed-separate') : kind;
        return compiledBuild(rounding, code, bytes, choice === 'auto' ? 'the fastest that runs here' : 'asked for');
      } catch (error) {
        // A content-security policy without wasm-unsafe-eval, say.
        problem = error;
      }
    }
    return fallback(choice, problem);
  }
  return fallback(choice, 'WebAssembly is missing');
}

function fallback(choice: KernelChoice, problem: unknown): KernelBuild {
  const reason = messageOf(problem);
  if (choice !== 'auto') {
    throw argumentError('denseNetwork', `kernels is '${choice}', expected 'auto' or 'typescript' here: ${reason}`);
  }
  warnOnce(
    'TypeScript kernels',
    `TypeScript kernels take over, which are many times slower: ${reason}. Under a content-security policy, compiled ` +
      "ones need script-src 'wasm-unsafe-eval'. (kernels: 'typescript' asks for these, without this warning.)",
  );
  return typescriptBuild(reason);
}

function compiledBuild(kind: string, code: string, bytes: Uint8Array, reason: string): KernelBuild {
  const wasm = webAssembly()!;
  const modules: (WasmModule | undefined)[] = [new wasm.Module(bytes), undefined];
  const module = (shared: boolean): WasmModule => {
    modules[Number(shared)] ??= new wasm.Module(withSharedMemory(bytes));
    return modules[Number(shared)]!;
  };
  return {
    name: `wasm-${kind} ${decoded(code).checksum}`,
    reason,
    module,
    open(bytes, shared) {
      const pages = Math.ceil(bytes / PAGE);
      const memory = new wasm.Memory({ initial: pages, maximum: pages, shared });
      return wasmKernels(module(shared), memory);
    },
  };
}

function wasmKernels(module: WasmModule, memory: WasmMemory): Kernels {
  const { exports } = new (webAssembly()!.Instance)(module, { env: { memory } });
  return { ...(exports as Omit<Kernels, 'memory'>), memory };
}

function typescriptBuild(reason: string): KernelBuild {
  return {
    name: 'typescript 2',
    reason,
    open: (bytes, shared) => {
      const length = Math.ceil(bytes / PAGE) * PAGE;
      return typescriptKernels({ buffer: shared ? new SharedArrayBuffer(length) : new ArrayBuffer(length) });
    },
  };
}

/** The module with its imported memory declared shared: the flag after "env" "memory" in the import section. The code has no atomics, and runs on both. */
function withSharedMemory(bytes: Uint8Array): Uint8Array {
  const name = [3, ...'env'].map(code).concat([6, ...'memory'].map(code), 2);
  const at = bytes.findIndex((_, i) => name.every((byte, j) => bytes[i + j] === byte));
  const shared = bytes.slice();
  shared[at + name.length] = 3;
  return shared;
}

function code(value: number | string): number {
  return typeof value === 'number' ? value : value.charCodeAt(0);
}

/** Of embedded code, for all networks. */
const known = new Map<string, { readonly bytes: Uint8Array; readonly checksum: string }>();

/** (Compiled code in hexadecimal is half as long again as in base64, and a quarter shorter once it is compressed.) */
function decoded(hexadecimal: string): { readonly bytes: Uint8Array; readonly checksum: string } {
  const before = known.get(hexadecimal);
  if (before) return before;
  const bytes = Uint8Array.from({ length: hexadecimal.length / 2 }, (_, i) =>
    Number.parseInt(hexadecimal.slice(2 * i, 2 * i + 2), 16),
  );
  const code = { bytes, checksum: checksum(hexadecimal) };
  known.set(hexadecimal, code);
  return code;
}

/** FNV-1a, in hexadecimal. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
