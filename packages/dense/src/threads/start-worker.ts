import { workerProgram } from './worker-program.ts';

/** What is used of a worker, in Node and in browsers. */
export interface ThreadWorker {
  postMessage(message: unknown): void;
  terminate(): unknown;
}

interface NodeWorker extends ThreadWorker {
  unref(): void;
  on(event: 'error', listener: (error: unknown) => void): void;
  on(event: 'exit', listener: (code: number) => void): void;
}

interface BrowserWorker extends ThreadWorker {
  onerror: ((event: { message?: string; preventDefault?(): void }) => void) | null;
}

interface Platform {
  readonly process?: { getBuiltinModule?(name: string): unknown; readonly versions?: { readonly node?: string } };
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly crossOriginIsolated?: boolean;
  readonly Worker?: new (url: string) => BrowserWorker;
  readonly Blob?: new (parts: string[], options: { type: string }) => object;
  readonly URL?: { createObjectURL(blob: object): string; revokeObjectURL(url: string): void };
  readonly document?: unknown;
}

const platform = (): Platform => globalThis as unknown as Platform;
const isNode = () => platform().process?.versions?.node !== undefined;
const builtin = <M>(name: string): M | undefined => platform().process?.getBuiltinModule?.(name) as M | undefined;

/** Processors that this process may use; 1 where nobody says. */
export function processors(): number {
  const os = builtin<{ availableParallelism?(): number }>('node:os');
  return os?.availableParallelism?.() ?? platform().navigator?.hardwareConcurrency ?? 1;
}

/** Whether memory can be shared with workers: always in Node, in browsers under cross-origin isolation. */
export function canShareMemory(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false;
  if (isNode()) return builtin('node:worker_threads') !== undefined;
  return platform().crossOriginIsolated === true;
}

/** Whether this thread may sleep: not a browser's main thread. */
export function canSleep(): boolean {
  return isNode() || platform().document === undefined;
}

/** Starts a worker that keeps no process alive. `broken` is told when it ends of itself. */
export function startWorker(broken: (problem: string) => void): ThreadWorker {
  const threads = builtin<{ Worker: new (program: string, options: object) => NodeWorker }>('node:worker_threads');
  if (threads) {
    // Flags of this process (a loader, a debugger) are not the worker's.
    const worker = new threads.Worker(workerProgram, { eval: true, execArgv: [], env: {}, name: '@subspace/dense' });
    worker.unref();
    worker.on('error', (error) => broken(error instanceof Error ? error.message : String(error)));
    worker.on('exit', (code) => broken(`it ended with code ${code}`));
    return worker;
  }
  const { Worker, Blob, URL } = platform();
  const url = URL!.createObjectURL(new Blob!([workerProgram], { type: 'text/javascript' }));
  const worker = new Worker!(url);
  worker.onerror = (event) => {
    event.preventDefault?.();
    broken(event.message ?? 'it could not be started');
  };
  URL!.revokeObjectURL(url);
  return worker;
}
