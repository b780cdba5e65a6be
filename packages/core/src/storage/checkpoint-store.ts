import { argumentError, requireCount, requireKnownOptions } from '../argument.ts';

/** What an entry is written from or read as. */
export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Named entries of bytes that outlive the process: a folder, a database of the browser, memory.
 *
 * Entries are streamed in chunks, so that one may be larger than any buffer.
 */
export interface CheckpointStore {
  /** Writes an entry whole or not at all: whoever reads sees the old bytes or the new ones, also after a crash. */
  write(name: string, chunks: Chunks): Promise<void>;
  /** The bytes of an entry; undefined where there is none. */
  read(name: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Adds bytes to the end of an entry, which is made if need be. A crash may leave a part of them. */
  append(name: string, bytes: Uint8Array): Promise<void>;
}

/** Where and how often a long call saves what it has done. Each `fit` and each `sample` needs a store of its own. */
export interface CheckpointOptions {
  readonly store: CheckpointStore;
  /** Epochs of `fit`, steps per chain of `sample`, between two saves. By default about 5 seconds, more where saving itself takes long. */
  readonly every?: number;
  /** Go on from what the store has, if anything. Default false: start anew, and replace it. */
  readonly resume?: boolean;
}

export function requireCheckpointOptions(where: string, options: CheckpointOptions): void {
  requireKnownOptions(where, options, ['store', 'every', 'resume']);
  requireStore(where, 'checkpoint.store', options.store);
  if (options.every !== undefined) requireCount(where, 'checkpoint.every', options.every);
}

export function requireStore(where: string, name: string, store: CheckpointStore): void {
  const methods = [store?.write, store?.read, store?.append];
  if (methods.some((method) => typeof method !== 'function')) {
    throw argumentError(where, `${name} is no store, expected memoryStore(), fileStore(…) or indexedDbStore(…)`);
  }
}

/** Throws unless the name would do as a file's name on any system. */
export function requireEntryName(where: string, name: string): void {
  if (!/^[a-z0-9][a-z0-9._-]{0,99}$/.test(name)) {
    throw argumentError(
      where,
      `name is ${JSON.stringify(name)}, expected up to 100 small letters, digits, ".", "_" and "-"`,
    );
  }
}

/** When to save next: by count where `every` is given, else by the clock. */
export function savingPace(
  every: number | undefined,
  start: number,
): { due(done: number): boolean; saved(done: number, seconds: number): void } {
  let lastDone = start;
  let since = performance.now();
  let pause = 5;
  return {
    due: (done) => (every === undefined ? performance.now() - since >= 1000 * pause : done - lastDone >= every),
    saved(done, seconds) {
      lastDone = done;
      since = performance.now();
      // Saving may take a twentieth of the time.
      pause = Math.max(5, 20 * seconds);
    },
  };
}

/** The error of a store that failed, with what the caller had computed until then. */
export function storageError<T extends object>(
  where: string,
  cause: unknown,
  kept: T,
): Error & { readonly code: 'STORAGE' } & T {
  const reason = (cause as Error)?.message ?? String(cause);
  const error = new Error(`${where}: the checkpoint can't be saved (${reason}); what was saved before is still there`, {
    cause,
  });
  return Object.assign(error, { code: 'STORAGE' as const }, kept);
}
