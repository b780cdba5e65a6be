import { type CheckpointOptions, requireCheckpointOptions, savingPace, storageError } from './checkpoint-store.ts';
import { entryChunks, readEntry } from './entry.ts';
import { requireSameRun } from './run-identity.ts';
import { anObject, objectOf, optional, requireSchema, type Schema } from './schema.ts';
import {
  requireSameTarget,
  savedTarget,
  type TargetIdentity,
  type TargetProbe,
  targetIdentity,
} from './target-identity.ts';

/** The checkpoint of a long call whose whole state fits in one entry: training, variational inference, sequential Monte Carlo. */
export interface RunCheckpoint<S> {
  /** The state to go on from; undefined to start anew. */
  readonly saved: S | undefined;
  /** Whether it is time to save, with so many steps done. */
  due(done: number): boolean;
  /**
   * Replaces what was saved before, whole or not at all.
   *
   * @param kept what the error holds if the store fails: what the caller has computed so far
   * @throws if the store fails, an error with `code: 'STORAGE'`; what was saved before is then still there
   */
  save(state: S, done: number, kept?: object): Promise<void>;
}

export interface RunCheckpointOptions<S> {
  /** The public function that is called, for its errors. */
  readonly where: string;
  /** Of the entry in the store: small letters, digits, ".", "_" and "-". */
  readonly name: string;
  /** Plain data that a run must have in common with the one that goes on with it: options and seed. */
  readonly identity: object;
  /** Of a run over a log density, which must be the same one. */
  readonly target?: TargetProbe;
  /** What a saved state looks like. */
  readonly state: Schema;
  /** Steps that a saved state has done. */
  readonly done: (state: S) => number;
}

/**
 * Opens the checkpoint of a long call, for those who write one of their own.
 *
 * A state is plain data: numbers (NaN, ±∞ and −0 included), strings, booleans, arrays, objects and typed arrays, kept bit for bit.
 *
 * @throws if what the store holds was made with another `identity` or target (naming the first difference), or is damaged
 * @example
 * ```ts
 * import { memoryStore } from '@subspace/core';
 * import { aCount, floats, objectOf, runCheckpoint } from '@subspace/core/internals';
 *
 * interface Walk { readonly step: number; readonly position: Float64Array }
 * const store = memoryStore();
 * const open = () =>
 *   runCheckpoint<Walk>({ store, every: 10, resume: true }, { where: 'walk', name: 'walk', identity: { seed: 1 }, state: objectOf({ step: aCount, position: floats(1) }), done: ({ step }) => step });
 *
 * const checkpoint = await open();
 * if (checkpoint.due(10)) await checkpoint.save({ step: 10, position: Float64Array.of(0.5) }, 10);
 * (await open()).saved; // { step: 10, position: [0.5] }
 * ```
 */
export async function runCheckpoint<S>(
  options: CheckpointOptions,
  { where, name, identity, target: probe, state: schema, done }: RunCheckpointOptions<S>,
): Promise<RunCheckpoint<S>> {
  requireCheckpointOptions(where, options);
  const { store, every, resume = false } = options;
  const chunks = resume ? await store.read(name) : undefined;
  const target = probe && (await targetIdentity(where, probe));
  let saved: S | undefined;
  if (chunks) {
    const read = await readEntry(where, name, chunks);
    requireSchema(where, 'the entry', read, objectOf({ identity: anObject, target: optional(savedTarget) }));
    const entry = read as { identity: object; target?: TargetIdentity; state: S };
    requireSameRun(where, entry.identity, identity);
    if (target) requireSameTarget(where, entry.target, target);
    requireSchema(where, 'state', entry.state, schema);
    saved = entry.state;
  }
  const pace = savingPace(every, saved === undefined ? 0 : done(saved));
  return {
    saved,
    due: pace.due,
    async save(state, steps, kept = {}) {
      const before = performance.now();
      const entry = entryChunks(where, name, { identity, target, state });
      try {
        await store.write(name, entry);
      } catch (error) {
        if ((error as { code?: unknown } | undefined)?.code === 'INVALID_ARGUMENT') throw error;
        throw storageError(where, error, kept);
      }
      pace.saved(steps, (performance.now() - before) / 1000);
    },
  };
}
