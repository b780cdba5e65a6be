import type { CheckpointStore } from '@subspace/core';

/** The part of a store that belongs to one stage: each `fit` and each `sample` needs a store of its own. */
export function stageStore(store: CheckpointStore, stage: string): CheckpointStore {
  const entry = (name: string) => `${stage}.${name}`;
  return {
    write: (name, chunks) => store.write(entry(name), chunks),
    read: (name) => store.read(entry(name)),
    append: (name, bytes) => store.append(entry(name), bytes),
  };
}
