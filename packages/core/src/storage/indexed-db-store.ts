import { argumentError } from '../argument.ts';
import { type CheckpointStore, requireEntryName } from './checkpoint-store.ts';

/** The part of IndexedDB that is used, as own interfaces: users need no lib dom. */
interface Request<T> {
  readonly result: T;
  readonly error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}
interface OpenRequest extends Request<Database> {
  onupgradeneeded: (() => void) | null;
}
interface ObjectStore {
  get(key: unknown): Request<unknown>;
  put(value: unknown, key: unknown): Request<unknown>;
  delete(range: unknown): Request<unknown>;
}
interface Transaction {
  readonly error: unknown;
  objectStore(name: string): ObjectStore;
  abort(): void;
  oncomplete: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
}
interface Database {
  createObjectStore(name: string): unknown;
  transaction(stores: readonly string[], mode: string, options?: { durability: string }): Transaction;
  close(): void;
}
interface Browser {
  readonly indexedDB?: { open(name: string, version: number): OpenRequest };
  readonly IDBKeyRange: { bound(from: unknown, to: unknown): unknown };
}

/** Which chunks make up an entry: those of this generation, from 0 to `count`. */
interface Entry {
  readonly generation: number;
  readonly count: number;
}

/**
 * A store in a browser's IndexedDB.
 *
 * Chunks are written one by one under a new generation; the last transaction makes the entry point at it. A page closed in between leaves the
 * old entry.
 *
 * @param name of the database
 * @throws on an empty name, and where there is no IndexedDB
 * @example
 * ```ts
 * import { type CheckpointStore, indexedDbStore } from '@subspace/core';
 *
 * const inBrowser = 'indexedDB' in globalThis;
 * const store: CheckpointStore | undefined = inBrowser ? indexedDbStore('my-run') : undefined;
 * ```
 */
export function indexedDbStore(name: string): CheckpointStore {
  if (typeof name !== 'string' || name === '') {
    throw argumentError('indexedDbStore', `name is ${JSON.stringify(name)}, expected the name of a database`);
  }
  const { indexedDB, IDBKeyRange } = globalThis as unknown as Browser;
  if (!indexedDB) throw argumentError('indexedDbStore', 'there is no IndexedDB here, expected a browser');

  /** Runs one transaction; `body` must only wait for requests of its own. */
  const within = async <T>(mode: 'readonly' | 'readwrite', body: (use: Use) => Promise<T>): Promise<T> => {
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore('entries');
      opening.result.createObjectStore('chunks');
    };
    const database = await answer(opening);
    try {
      const transaction = database.transaction(['entries', 'chunks'], mode, { durability: 'strict' });
      const completed = new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error('transaction aborted'));
      });
      // Awaited below; this keeps a failure of the body from leaving it unhandled.
      completed.catch(() => {});
      let result: T;
      try {
        result = await body({ entries: transaction.objectStore('entries'), chunks: transaction.objectStore('chunks') });
      } catch (error) {
        try {
          transaction.abort();
        } catch {
          // It is over already.
        }
        throw error;
      }
      await completed;
      return result;
    } finally {
      database.close();
    }
  };
  const entryOf = async ({ entries }: Use, entry: string) => (await answer(entries.get(entry))) as Entry | undefined;
  const generations = (entry: string, from: number, to: number) =>
    IDBKeyRange.bound([entry, from, 0], [entry, to, Number.MAX_SAFE_INTEGER]);

  return {
    async write(entry, chunks) {
      requireEntryName('indexedDbStore.write', entry);
      const generation = await within('readwrite', async (use) => {
        const next = ((await entryOf(use, entry))?.generation ?? 0) + 1;
        // What a write that never ended has left.
        await answer(use.chunks.delete(generations(entry, next, Number.MAX_SAFE_INTEGER)));
        return next;
      });
      let count = 0;
      for await (const chunk of chunks) {
        await within('readwrite', ({ chunks: stored }) =>
          answer(stored.put(new Uint8Array(chunk), [entry, generation, count])),
        );
        count++;
      }
      await within('readwrite', async (use) => {
        await answer(use.entries.put({ generation, count }, entry));
        await answer(use.chunks.delete(generations(entry, 0, generation - 1)));
      });
    },

    async read(entry) {
      requireEntryName('indexedDbStore.read', entry);
      const found = await within('readonly', (use) => entryOf(use, entry));
      if (!found) return undefined;
      return (async function* () {
        for (let i = 0; i < found.count; i++) {
          const chunk = await within('readonly', (use) => answer(use.chunks.get([entry, found.generation, i])));
          if (!chunk) throw new Error(`indexedDbStore.read: "${entry}" was replaced while it was read`);
          yield chunk as Uint8Array;
        }
      })();
    },

    async append(entry, bytes) {
      requireEntryName('indexedDbStore.append', entry);
      await within('readwrite', async (use) => {
        const { generation, count } = (await entryOf(use, entry)) ?? { generation: 1, count: 0 };
        await answer(use.chunks.put(new Uint8Array(bytes), [entry, generation, count]));
        await answer(use.entries.put({ generation, count: count + 1 }, entry));
      });
    },
  };
}

interface Use {
  readonly entries: ObjectStore;
  readonly chunks: ObjectStore;
}

function answer<T>(request: Request<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
