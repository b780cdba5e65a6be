import seedrandom from 'seedrandom';
import { argumentError, show } from '../argument.ts';

/** Plain JSON: what a stream needs to go on bit for bit. */
export type RandomState = { readonly kind: string } & Readonly<Record<string, unknown>>;

/** A stream of random numbers. Everything random in `@subspace` comes out of one of these. */
export interface RandomSource {
  /** Uniform on [0, 1), with 53 random bits. */
  uniform(): number;
  /** N(0, 1). */
  normal(): number;
  /** An independent stream: same seed and same label give the same stream, whatever was drawn before. */
  fork(label: string): RandomSource;
  /** A stream restored from this goes on bit for bit. */
  state(): RandomState;
}

/** `lineage`: the seed and the labels of all forks, which together seed the generator. `spare`: second normal of a pair. */
interface AleaState {
  readonly kind: 'alea';
  readonly lineage: readonly string[];
  readonly generator: Readonly<Record<string, number>>;
  readonly spare: number | null;
}

/**
 * A stream of random numbers from a seed: Johannes Baagøe's Alea generator (through `seedrandom`), whose state can be saved.
 *
 * @param seed any finite number (0 included) or any string; `1` and `'1'` are the same seed
 * @throws if the seed is neither, or not finite
 * @example
 * ```ts
 * import { randomSource, restoreRandomSource } from '@subspace/core';
 *
 * const random = randomSource(0);
 * random.normal();
 * const copy = restoreRandomSource(random.state());
 * copy.normal() === random.normal(); // true
 * random.fork('chain 0').uniform() === randomSource(0).fork('chain 0').uniform(); // true
 * ```
 */
export function randomSource(seed: number | string): RandomSource {
  requireSeed('randomSource', seed);
  return create([String(seed)]);
}

/**
 * The stream that `random.state()` was taken from, at the place where it was taken.
 *
 * @throws if the state was made by another kind of generator, or is damaged
 */
export function restoreRandomSource(state: RandomState): RandomSource {
  if (state?.kind !== 'alea') {
    throw argumentError('restoreRandomSource', `state.kind is ${show(state?.kind)}, expected "alea"`);
  }
  const { lineage, generator, spare } = state as unknown as AleaState;
  const numbers = ['c', 's0', 's1', 's2'].every((name) => Number.isFinite(generator?.[name]));
  if (!numbers || !Array.isArray(lineage) || !(spare === null || Number.isFinite(spare))) {
    throw argumentError('restoreRandomSource', 'state is damaged, expected what state() returned');
  }
  return create(lineage, generator, spare);
}

/** Throws unless `seed` is a finite number or a string. */
export function requireSeed(where: string, seed: unknown): asserts seed is number | string {
  if (typeof seed === 'string' || (typeof seed === 'number' && Number.isFinite(seed))) return;
  throw argumentError(where, `seed is ${show(seed)}, expected a finite number or a string`);
}

function create(
  lineage: readonly string[],
  generator?: AleaState['generator'],
  savedSpare: number | null = null,
): RandomSource {
  // JSON keeps ['a', 'b'] and ['a,b'] apart, so that no two lineages share a stream.
  const saved = generator as unknown as seedrandom.State.Alea | undefined;
  const alea = seedrandom.alea(JSON.stringify(lineage), { state: saved ?? true });
  let spare = savedSpare;

  return {
    uniform: alea.double,
    normal() {
      if (spare !== null) {
        const second = spare;
        spare = null;
        return second;
      }
      // Marsaglia's polar method: exact, and two normals from one logarithm.
      for (;;) {
        const u = 2 * alea.double() - 1;
        const v = 2 * alea.double() - 1;
        const s = u * u + v * v;
        if (s >= 1 || s === 0) continue;
        const factor = Math.sqrt((-2 * Math.log(s)) / s);
        spare = v * factor;
        return u * factor;
      }
    },
    fork: (label) => create([...lineage, label]),
    state: () => ({ kind: 'alea', lineage, generator: { ...(alea.state() as object) }, spare }),
  };
}
