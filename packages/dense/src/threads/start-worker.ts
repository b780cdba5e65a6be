import { messageOf } from '@subspace/core/internals';
/** What is used of a worker, in Node and in browsers. */
export interface ThreadWorker {
  postMessage(message: unknown): void;
  terminate(): unknown;
}

interface NodeWorker extends ThreadWorker {
  unref(): void;
  on(event: 'error', listener: (error: unknown) => void): void;
  on(event: 'exit', listener: (code: number) => void): void;
  on(event: 'message', listener: (message: unknown) => void): void;
}

interface BrowserWorker extends ThreadWorker {
  onmessage: ((event: { data: unknown }) => void) | null;
  onerror: ((event: { message?: string; preventDefault?(): void }) => void) | null;
}

interface Platform {
  readonly process?: { getBuiltinModule?(name: string): unknown; readonly versions?: { readonly node?: string } };
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly crossOriginIsolated?: boolean;
  readonly Worker?: new (url: string) => BrowserWorker;
  readonly Blob?: new (parts: string[], options: { type: string }) => object;
  readonly URL?: { createObjectURL(blob: object): string; revokeObjectURL(url: string): void };
}

const platform = (): Platform => globalThis as unknown as Platform;
const isNode = () => platform().process?.versions?.node !== undefined;
const builtin = <M>(name: string): M | undefined => platform().process?.getBuiltinModule?.(name) as M | undefined;

/** Processors that this process may use; undefined where nobody says. */
export function processors(): number | undefined {
  const os = builtin<{ availableParallelism?(): number }>('node:os');
  return os?.availableParallelism?.() ?? platform().navigator?.hardwareConcurrency;
}

interface NodeThreads {
  readonly Worker: new (program: string, options: object) => NodeWorker;
}

/** Not in Node before 20.16: an import instead would break bundles for browsers. */
const nodeThreads = () => builtin<NodeThreads>('node:worker_threads');

/** Whether memory can be shared with workers: always in Node, in browsers under cross-origin isolation. */
export function canShareMemory(): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && (isNode() || platform().crossOriginIsolated === true);
}

/** Whether this thread may sleep: not a browser's main thread. */
export function canSleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts a worker that keeps no process alive. `broken` is told when it ends of itself, `hear` what it says.
 *
 * @throws where the platform has no workers, or a security policy says so
 */
export function startWorker(
  program: string,
  broken: (problem: string) => void,
  hear: (message: unknown) => void,
): ThreadWorker {
  if (isNode()) {
    const threads = nodeThreads();
    if (!threads) throw new Error(`Node ${platform().process!.versions!.node} has no process.getBuiltinModule`);
    // Flags of this process (a loader, a debugger) are not the worker's.
    const worker = new threads.Worker(program, { eval: true, execArgv: [], env: {}, name: '@subspace/dense' });
    worker.on('message', hear);
    worker.on('error', (error) => broken(messageOf(error)));
    worker.on('exit', (code) => broken(`it ended with code ${code}`));
    worker.unref();
    return worker;
  }
  const { Worker, Blob, URL } = platform();
  if (!Worker || !Blob || !URL) throw new Error('there is no Worker, no Blob or no URL');
  const url = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.onmessage = ({ data }) => {
    URL.revokeObjectURL(url);
    hear(data);
  };
  worker.onerror = (event) => {
    URL.revokeObjectURL(url);
    event.preventDefault?.();
    broken(event.message || 'an error without a message');
  };
  return worker;
}
