import { argumentError } from '../argument.ts';
import type { Vector } from '../density/log-density.ts';
import type { RandomState } from '../random/random-source.ts';
import { byteReader } from '../storage/byte-reader.ts';
import { type CheckpointOptions, type CheckpointStore, savingPace } from '../storage/checkpoint-store.ts';
import { crc32 } from '../storage/crc32.ts';
import { entryChunks, readEntry } from '../storage/entry.ts';
import { requireSameRun } from '../storage/run-identity.ts';
import {
  aCount,
  aNumber,
  anObject,
  anything,
  aText,
  everyMember,
  floats,
  listOf,
  objectOf,
  optional,
  requireSchema,
  type Schema,
} from '../storage/schema.ts';
import {
  requireSameTarget,
  savedTarget,
  type TargetIdentity,
  type TargetProbe,
  targetIdentity,
} from '../storage/target-identity.ts';
import { type DivergentStep, type StepTotals, savedDivergence, savedTotals } from './step-totals.ts';

/** A chain after its last completed step; before its first state, undefined. */
export interface ChainSnapshot<S> {
  readonly state: S;
  readonly random: RandomState;
  /** Completed steps, warmup included. */
  readonly steps: number;
  /** Sums over the steps of the phase, for progress lines. */
  readonly sums: Readonly<Record<string, number>>;
  /** Of the steps after warmup. */
  readonly totals: StepTotals;
}

export interface SavedChains<S, I> {
  readonly chains: readonly (ChainSnapshot<S> | undefined)[];
  readonly positions: readonly (readonly Vector[])[];
  readonly infos: readonly (readonly I[])[];
  readonly divergent: readonly (readonly DivergentStep<I>[])[];
  readonly warmup: number;
  readonly evaluations: number;
}

export interface SampleCheckpoint<S, I> {
  readonly saved: SavedChains<S, I> | undefined;
  due(steps: number): boolean;
  save(now: SavedChains<S, I>, steps: number): Promise<void>;
}

/**
 * How far the log of draws is to be believed. Draws are appended, and a new log is begun by each process, so that nothing is ever rewritten and
 * what a crash leaves behind the last whole record is never read.
 */
interface LogPart {
  readonly name: string;
  readonly bytes: number;
  /** Of these bytes: another run's log does not fit. */
  readonly checksum: number;
}

/** One record of the log: draws and divergent steps of all chains since the last one, behind its length in bytes. */
interface DrawRecord<I> {
  readonly chains: readonly {
    readonly from: number;
    readonly positions: Float64Array;
    readonly infos: readonly I[];
    readonly divergent: readonly DivergentStep<I>[];
  }[];
}

const LENGTH_BYTES = 8;

export interface SampleCheckpointOptions {
  readonly identity: object;
  readonly target: TargetProbe;
  readonly chains: number;
  /** Of one chain, the algorithm's own. */
  readonly savedState?: Schema;
}

/**
 * Opens the checkpoint of a sampling run.
 *
 * First the draws are appended, then the state that counts them is written: a crash in between leaves draws that no state counts, and the
 * chains draw them again.
 */
export async function sampleCheckpoint<S, I>(
  options: CheckpointOptions,
  { identity, target: probe, chains, savedState = anything }: SampleCheckpointOptions,
): Promise<SampleCheckpoint<S, I>> {
  const { store, every, resume = false } = options;
  const { dim } = probe.target;
  const target = await targetIdentity('sample', probe);
  const found = resume ? await readState<S, I>(store, identity, target, chains, savedState) : undefined;
  const steps = found?.saved.chains.reduce((sum, chain) => sum + (chain?.steps ?? 0), 0) ?? 0;
  const pace = savingPace(every === undefined ? undefined : every * chains, steps);
  const done = found?.saved.positions.map(({ length }) => length) ?? Array<number>(chains).fill(0);
  const located = found?.saved.divergent.map(({ length }) => length) ?? Array<number>(chains).fill(0);
  let parts: readonly LogPart[] = found?.log ?? [];
  let begun = false;

  const writeState = async (now: SavedChains<S, I>) => {
    const { positions: _positions, infos: _infos, divergent: _divergent, ...state } = now;
    await store.write(
      'sample',
      entryChunks('sample', 'sample', { identity, target, state, log: parts, draws: [...done] }),
    );
  };
  /** Before the first draws of this process: an empty log that no state counts yet. */
  const begin = async (now: SavedChains<S, I>) => {
    // Starting anew, the old state must not count the log that is emptied next.
    if (!found) {
      parts = [];
      await writeState(now);
    }
    const name = `draws-${parts.length}`;
    await store.write(name, []);
    parts = [...parts, { name, bytes: 0, checksum: 0 }];
    begun = true;
  };

  return {
    saved: found?.saved,
    due: pace.due,
    async save(now, stepsDone) {
      const before = performance.now();
      if (!begun) await begin({ ...now, chains: Array(chains).fill(undefined) });
      if (done.some((count, c) => now.positions[c].length > count || now.divergent[c].length > located[c])) {
        const record: DrawRecord<I> = {
          chains: now.positions.map((positions, c) => {
            const added = positions.slice(done[c]);
            const flat = new Float64Array(added.length * dim);
            added.forEach((position, i) => {
              flat.set(position, i * dim);
            });
            const [infos, divergent] = [now.infos[c].slice(done[c]), now.divergent[c].slice(located[c])];
            return { from: done[c], positions: flat, infos, divergent };
          }),
        };
        const bytes = framed(record);
        const last = parts[parts.length - 1];
        await store.append(last.name, bytes);
        parts = [
          ...parts.slice(0, -1),
          { name: last.name, bytes: last.bytes + bytes.length, checksum: crc32(bytes, last.checksum) },
        ];
        now.positions.forEach(({ length }, c) => {
          done[c] = length;
          located[c] = now.divergent[c].length;
        });
      }
      await writeState(now);
      pace.saved(stepsDone, (performance.now() - before) / 1000);
    },
  };
}

async function readState<S, I>(
  store: CheckpointStore,
  identity: object,
  target: TargetIdentity,
  chains: number,
  savedState: Schema,
): Promise<{ saved: SavedChains<S, I>; log: readonly LogPart[] } | undefined> {
  const chunks = await store.read('sample');
  if (!chunks) return undefined;
  const read = await readEntry('sample', 'sample', chunks);
  requireSchema('sample', 'the entry', read, objectOf({ identity: anObject, target: savedTarget }));
  const entry = read as {
    identity: object;
    target: TargetIdentity;
    state: Omit<SavedChains<S, I>, 'positions' | 'infos' | 'divergent'>;
    log: readonly LogPart[];
    draws: readonly number[];
  };
  requireSameRun('sample', entry.identity, identity);
  requireSameTarget('sample', entry.target, target);
  requireSchema('sample', 'the entry', read, savedEntry(chains));
  entry.state.chains.forEach((chain, c) => {
    if (chain) requireSchema('sample', `chains[${c}].state`, chain.state, savedState);
  });
  const { dim } = target;
  const positions: Vector[][] = Array.from({ length: chains }, () => []);
  const infos: I[][] = Array.from({ length: chains }, () => []);
  const divergent: DivergentStep<I>[][] = Array.from({ length: chains }, () => []);
  for (const part of entry.log) {
    for await (const record of records<I>(store, part)) {
      requireSchema('sample', part.name, record, savedRecord(chains));
      record.chains.forEach((chain, c) => {
        // A foreign log that happens to fit in length does not fit in order.
        if (chain.from !== positions[c].length || chain.positions.length !== chain.infos.length * dim)
          throw damaged(part);
        chain.infos.forEach((info, i) => {
          positions[c].push(chain.positions.slice(i * dim, (i + 1) * dim));
          infos[c].push(info);
        });
        for (const step of chain.divergent) divergent[c].push(step);
      });
    }
  }
  requireSameRun(
    'sample',
    entry.draws,
    positions.map(({ length }) => length),
    'draws saved',
  );
  return { saved: { ...entry.state, positions, infos, divergent }, log: entry.log };
}

const savedChain = objectOf({
  state: anything,
  random: objectOf({ kind: aText }),
  steps: aCount,
  sums: everyMember(aNumber),
  totals: savedTotals,
});

const savedEntry = (chains: number) =>
  objectOf({
    state: objectOf({ chains: listOf(optional(savedChain), chains), warmup: aCount, evaluations: aCount }),
    log: listOf(objectOf({ name: aText, bytes: aCount, checksum: aCount })),
    draws: listOf(aCount, chains),
  });

const savedRecord = (chains: number) =>
  objectOf({
    chains: listOf(
      objectOf({ from: aCount, positions: floats(), infos: listOf(anything), divergent: listOf(savedDivergence) }),
      chains,
    ),
  });

/** The records of a part of the log, as far as a state counts them. */
async function* records<I>(store: CheckpointStore, part: LogPart): AsyncGenerator<DrawRecord<I>, void, undefined> {
  const chunks = part.bytes > 0 ? await store.read(part.name) : [];
  if (!chunks) throw damaged(part);
  let counted = 0;
  let sum = 0;
  const reader = byteReader(
    (async function* () {
      for await (const chunk of chunks) {
        const taken = chunk.subarray(0, part.bytes - counted);
        counted += taken.length;
        sum = crc32(taken, sum);
        yield taken;
        if (counted === part.bytes) return;
      }
      throw damaged(part);
    })(),
  );
  try {
    for (let read = 0; read < part.bytes; ) {
      const frame = new Uint8Array(LENGTH_BYTES);
      let framed = 0;
      for await (const piece of reader.next(LENGTH_BYTES)) {
        frame.set(piece, framed);
        framed += piece.length;
      }
      const length = Number(new DataView(frame.buffer).getBigUint64(0, true));
      read += LENGTH_BYTES + length;
      if (framed < LENGTH_BYTES || read > part.bytes) throw damaged(part);
      yield (await readEntry('sample', 'draws', reader.next(length))) as DrawRecord<I>;
    }
  } finally {
    await reader.close();
  }
  if (sum !== part.checksum) throw damaged(part);
}

function framed<I>(record: DrawRecord<I>): Uint8Array {
  const chunks = [...entryChunks('sample', 'draws', record)];
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const bytes = new Uint8Array(LENGTH_BYTES + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  let offset = LENGTH_BYTES;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function damaged({ name, bytes }: LogPart): Error {
  return argumentError('sample', `the log ${name} is damaged, expected ${bytes} bytes of whole records`);
}
