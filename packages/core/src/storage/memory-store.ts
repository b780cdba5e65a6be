import { type CheckpointStore, requireEntryName } from './checkpoint-store.ts';

/**
 * A store in memory: for tests, and for going on within one process.
 *
 * @example
 * ```ts
 * import { memoryStore } from '@subspace/core';
 *
 * const store = memoryStore();
 * await store.write('entry', [Uint8Array.of(1, 2)]);
 * await store.append('entry', Uint8Array.of(3));
 * for await (const chunk of (await store.read('entry'))!) chunk.length; // 2, then 1
 * ```
 */
export function memoryStore(): CheckpointStore {
  const entries = new Map<string, Uint8Array[]>();
  return {
    async write(name, chunks) {
      requireEntryName('memoryStore.write', name);
      const kept: Uint8Array[] = [];
      // Not `slice`, which copies nothing of a Node `Buffer`.
      for await (const chunk of chunks) kept.push(new Uint8Array(chunk));
      entries.set(name, kept);
    },
    async read(name) {
      requireEntryName('memoryStore.read', name);
      const kept = entries.get(name);
      if (!kept) return undefined;
      const count = kept.length;
      return (async function* () {
        for (let i = 0; i < count; i++) yield kept[i].slice();
      })();
    },
    async append(name, bytes) {
      requireEntryName('memoryStore.append', name);
      const kept = entries.get(name) ?? [];
      kept.push(new Uint8Array(bytes));
      entries.set(name, kept);
    },
  };
}
