import { argumentError } from '@subspace/core/internals';
import type { PickleValue } from './pickle/pickle-value.ts';
import { storageOf, type TorchStorage } from './torch-storage.ts';

/** Answers the persistent ids of a pickle: storages, of which each is one however often it is named. */
export function storageReader(where: string): {
  readonly storages: ReadonlyMap<string, TorchStorage>;
  readonly persistent: (id: PickleValue) => PickleValue;
} {
  const storages = new Map<string, TorchStorage>();
  return {
    storages,
    persistent(id) {
      if (!Array.isArray(id)) throw argumentError(where, 'the file is damaged: a persistent id is no tuple');
      // ('module', class, file, source): a whole model, whose class is named again beside it.
      if (id[0] === 'module') return id[1] ?? null;
      if (id[0] !== 'storage') throw argumentError(where, 'the file is damaged: a persistent id is that of no storage');
      if (id[5] !== undefined && id[5] !== null)
        throw argumentError(where, 'a storage is a view of another one, as before PyTorch 0.4; save the file again');
      const storage = storageOf(where, id);
      const known = storages.get(storage.key);
      if (!known) storages.set(storage.key, storage);
      else if (known.size !== storage.size || known.type !== storage.type) {
        throw argumentError(where, `the file is damaged: storage ${JSON.stringify(storage.key)} has two sizes`);
      }
      return known ?? storage;
    },
  };
}
