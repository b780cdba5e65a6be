import { argumentError, show } from '../argument.ts';

/**
 * What is used of a worker: a browser's `Worker` and one of Node's `worker_threads` both have it.
 * (Structural, so that users need neither lib dom nor node types.)
 */
export interface WorkerLike {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  terminate(): unknown;
}

/** The part in which Node and browsers differ. */
interface WorkerEvents {
  on?(event: string, listener: (value: unknown) => void): unknown;
  addEventListener?(event: string, listener: (event: BrowserEvent) => void): unknown;
  ref?(): unknown;
  unref?(): unknown;
}

interface BrowserEvent {
  readonly data?: unknown;
  readonly message?: string;
  readonly filename?: string;
  readonly lineno?: number;
  readonly error?: unknown;
  preventDefault?(): void;
}

export interface WorkerListener {
  message(message: unknown): void;
  /** The worker is of no use any more: `problem` completes "worker 1 of 2 …". */
  broken(problem: string, cause?: unknown): void;
  /** Node tells; a browser does not. */
  exited(code: number): void;
}

/** Throws unless `worker` has the methods of a worker. */
export function requireWorker(where: string, name: string, worker: unknown): asserts worker is WorkerLike {
  const candidate = worker as Partial<WorkerLike & WorkerEvents> | null | undefined;
  const talks = typeof candidate?.postMessage === 'function' && typeof candidate.terminate === 'function';
  if (!talks || !(typeof candidate.on === 'function' || typeof candidate.addEventListener === 'function')) {
    throw argumentError(where, `${name} is ${show(worker)}, expected a Worker`);
  }
}

export function listen(worker: WorkerLike, listener: WorkerListener): void {
  const events = worker as WorkerLike & WorkerEvents;
  const unreadable = () => listener.broken('sent a message that cannot be read here');
  if (events.on) {
    events.on('message', (message) => listener.message(message));
    events.on('messageerror', unreadable);
    events.on('error', (error) => listener.broken(`failed: ${messageOf(error)}`, error));
    events.on('exit', (code) => listener.exited(code as number));
    return;
  }
  events.addEventListener?.('message', (event) => listener.message(event.data));
  events.addEventListener?.('messageerror', unreadable);
  events.addEventListener?.('error', (event) => {
    // Reported by the rejection; without this a browser would print it as uncaught too.
    event.preventDefault?.();
    // A script that cannot be fetched or parsed is an event without a message.
    if (!event.message) return listener.broken('could not be loaded');
    const place = event.filename ? ` (${event.filename}:${event.lineno})` : '';
    listener.broken(`failed: ${event.message}${place}`, event.error ?? undefined);
  });
}

/** In Node a worker keeps the process alive or does not; a page does not ask. */
export function keepAlive(worker: WorkerLike, alive: boolean): void {
  const events = worker as WorkerLike & WorkerEvents;
  if (alive) events.ref?.();
  else events.unref?.();
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : String(error);
}
