import { argumentError, requireCount, requireLength, show } from '../argument.ts';
import { askGradients, askValues } from '../density/ask-target.ts';
import type { CurvedLogDensity, LogDensity } from '../density/log-density.ts';
import type { MaybePromise } from '../density/maybe-promise.ts';
import { isFloat64Array } from '../typed-array.ts';
import {
  type AnswerMessage,
  INIT_ID,
  type InitMessage,
  PROTOCOL,
  packError,
  type RequestMessage,
  type WorkerMessage,
} from './protocol.ts';

/**
 * Serves a log density from a worker's file to `workerLogDensity` in the program that started the worker.
 *
 * Works in browsers' workers and in those of Node's `worker_threads`. Whatever `create` or an evaluation throws is sent to the other side, and an
 * evaluation that throws does not end the worker. A worker serves one density; it ends when the other side disposes it.
 *
 * @param create makes the density from the `init` given to `workerLogDensity` (a structured clone); called once per worker
 * @returns resolves when the worker listens; need not be awaited
 * @throws outside a worker
 * @example
 * ```ts
 * // gaussian.worker.mjs
 * import { logDensity } from '@subspace/core';
 * import { serveLogDensity } from '@subspace/core/worker';
 *
 * serveLogDensity(async ({ mean }: { mean: readonly number[] }) =>
 *   logDensity(mean.length, (z) => -0.5 * z.reduce((sum, x, k) => sum + (x - mean[k]) ** 2, 0)),
 * );
 * ```
 * ```ts
 * import { workerLogDensity } from '@subspace/core/worker';
 * import { Worker } from 'node:worker_threads';
 *
 * const create = () => new Worker(new URL('./gaussian.worker.mjs', import.meta.url));
 * const density = await workerLogDensity(create, { workers: 1, init: { mean: [1, 2] } });
 * await density.values([Float64Array.of(1, 2)]); // [0]
 * density.dispose();
 * ```
 */
export async function serveLogDensity<Init = unknown>(create: (init: Init) => MaybePromise<LogDensity>): Promise<void> {
  if (typeof create !== 'function') {
    throw argumentError('serveLogDensity', `create is ${show(create)}, expected a function from init to a log density`);
  }
  const port = await parentPort();
  let density: LogDensity | undefined;

  const answer = async (message: InitMessage | RequestMessage): Promise<WorkerMessage> => {
    if (message.kind === 'init') {
      density = await create(message.init as Init);
      requireDensity(density);
      const { dim, engine } = density;
      const identity = await density.identity?.();
      const can = density as Partial<CurvedLogDensity>;
      const questions = (['values', 'valuesAndGradients', 'gaussNewton'] as const).filter((question) => can[question]);
      return { kind: 'ready', dim, ...(engine !== undefined && { engine }), ...(identity && { identity }), questions };
    }
    if (!density) throw argumentError('serveLogDensity', 'points came before init, expected init first');
    return evaluate(density as CurvedLogDensity, message);
  };

  port.listen(async (received) => {
    const message = received as InitMessage | RequestMessage;
    // Messages of others are theirs.
    if (message?.kind !== 'init' && message?.kind !== 'request') return;
    try {
      const reply = await answer(message);
      port.send(reply, reply.kind === 'answer' ? buffers(reply) : []);
    } catch (error) {
      port.send({ kind: 'thrown', id: message.kind === 'init' ? INIT_ID : message.id, error: packError(error) }, []);
    }
  });
  port.send({ kind: 'hello', protocol: PROTOCOL }, []);
}

function requireDensity(density: unknown): asserts density is LogDensity {
  const { dim, values } = (density ?? {}) as Partial<LogDensity>;
  if (typeof values !== 'function') {
    throw argumentError('serveLogDensity', `what create returned is ${show(density)}, expected a log density`);
  }
  requireCount('serveLogDensity', 'dim of the density', dim);
}

async function evaluate(density: CurvedLogDensity, request: RequestMessage): Promise<AnswerMessage> {
  const { dim } = density;
  const { id, question, count, points: packed } = request;
  requireCount('serveLogDensity', 'count', count);
  // As many as there are points: whoever asks for a billion has to send them.
  if (!isFloat64Array(packed) || packed.length !== count * dim) {
    throw argumentError(
      'serveLogDensity',
      `${show(count)} points came as ${show(packed)}, expected ${dim} numbers each`,
    );
  }
  const points = Array.from({ length: count }, (_, i) => packed.slice(i * dim, (i + 1) * dim));
  // Answers are copied before they are transferred: a density may keep the arrays it hands out, or hold them in a kernel's memory.
  if (question === 'values') {
    const values = await askValues('serveLogDensity', density, points);
    return { kind: 'answer', id, values: Float64Array.from(values) };
  }
  if (question === 'gaussNewton') {
    const matrix = await density.gaussNewton(points[0]);
    requireLength('serveLogDensity', 'gaussNewton of the density', matrix, dim * dim);
    return { kind: 'answer', id, values: Float64Array.from(matrix) };
  }
  const evaluations = await askGradients('serveLogDensity', density, points);
  const gradients = new Float64Array(count * dim);
  evaluations.forEach(({ gradient }, i) => {
    gradients.set(gradient, i * dim);
  });
  return { kind: 'answer', id, values: Float64Array.from(evaluations, ({ value }) => value), gradients };
}

function buffers({ values, gradients }: AnswerMessage): ArrayBuffer[] {
  return (gradients ? [values, gradients] : [values]).map((array) => array.buffer as ArrayBuffer);
}

/** The other side, seen from the worker. */
interface Port {
  send(message: WorkerMessage, transfer: ArrayBuffer[]): void;
  listen(listener: (message: unknown) => void): void;
}

interface BrowserScope {
  readonly WorkerGlobalScope?: unknown;
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(event: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

interface NodePort {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  on(event: 'message', listener: (message: unknown) => void): void;
}

async function parentPort(): Promise<Port> {
  const scope = globalThis as unknown as BrowserScope;
  if (scope.WorkerGlobalScope && typeof scope.postMessage === 'function') {
    return {
      send: (message, transfer) => scope.postMessage(message, transfer),
      listen: (listener) => scope.addEventListener('message', ({ data }) => listener(data)),
    };
  }
  const port = (await nodeThreads())?.parentPort;
  if (!port) throw argumentError('serveLogDensity', 'this is no worker, expected to be called in the file of one');
  return {
    send: (message, transfer) => port.postMessage(message, transfer),
    listen: (listener) => port.on('message', listener),
  };
}

interface NodeThreads {
  readonly parentPort: NodePort | null;
}

async function nodeThreads(): Promise<NodeThreads | undefined> {
  const { process } = globalThis as unknown as {
    process?: { versions?: { node?: string }; getBuiltinModule?: (name: string) => unknown };
  };
  if (!process?.versions?.node) return undefined;
  if (process.getBuiltinModule) return process.getBuiltinModule('node:worker_threads') as NodeThreads;
  // Before Node 20.16. Bundlers for browsers must not see the name.
  const name = ['node', 'worker_threads'].join(':');
  return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as NodeThreads;
}
