/** What `signal` needs to be: any `AbortSignal` is one. (Structural, so that users need neither lib dom nor node types.) */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
}

/** Milliseconds of uninterrupted work after which the event loop gets a turn: with steps up to as long, that is every 20 ms. */
const WORK = 10;

/**
 * Lets a long computation share its thread: timers, Ctrl-C, `AbortSignal` and a browser's paint get a turn at least every 20 ms, or after
 * each step that takes longer, if `due()` is asked after each step and `rest()` awaited when it says so.
 */
export interface Breath {
  /** @param now the clock, where it has just been read */
  due(now?: number): boolean;
  rest(): Promise<void>;
}

export function breath(): Breath {
  let since = performance.now();
  return {
    due: (now = performance.now()) => now - since >= WORK,
    async rest() {
      await macrotask();
      since = performance.now();
    },
  };
}

/** An error for work that was cancelled, with `code: 'ABORTED'`, the signal's reason as its cause, and whatever must not be lost. */
export function abortError<T extends object>(
  where: string,
  signal: CancelSignal,
  kept: T,
): Error & { readonly code: 'ABORTED' } & T {
  const error = new Error(`${where}: cancelled`, { cause: signal.reason });
  error.name = 'AbortError';
  return Object.assign(error, { code: 'ABORTED' as const }, kept);
}

/** Resolves in a later turn of the event loop. */
function macrotask(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    // A message is delivered at once; a browser's timers are held back to 4 ms.
    const { port1, port2 } = new MessageChannel();
    Object.assign(port1, {
      onmessage: () => {
        port1.close();
        resolve();
      },
    });
    port2.postMessage(undefined);
  });
}
