import { randomSource } from '@subspace/core';
import {
  argumentError,
  permutation,
  requireCount,
  requireKnownOptions,
  requirePositive,
  requireSeed,
} from '@subspace/core/internals';

export interface SplitsOptions {
  readonly seed: number | string;
  /** How many splits. */
  readonly count: number;
  /** Share of the rows that are held out, between 0 and 1. Default 0.1. */
  readonly testFraction?: number;
}

/** Row numbers: every row is in one of the two. */
export interface Split {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/**
 * Random splits of rows 0 … size−1 into training and test rows.
 *
 * Of each random order the first round((1 − testFraction)·size) rows are for training. Split number k depends on the seed and k only, not on how many
 * splits are asked for.
 *
 * @param size the number of rows, at least 2
 * @throws if a split would leave no row for training or for testing, and on invalid options
 * @example
 * ```ts
 * import { splits } from '@subspace/datasets';
 *
 * const [first, second] = splits(100, { seed: 1, count: 2 });
 * first.train.length; // 90
 * second.test.length; // 10
 * ```
 */
export function splits(size: number, options: SplitsOptions): readonly Split[] {
  requireKnownOptions('splits', options, ['seed', 'count', 'testFraction']);
  const { seed, count, testFraction = 0.1 } = options;
  requireCount('splits', 'size', size, 2);
  requireSeed('splits', seed);
  requireCount('splits', 'count', count);
  requirePositive('splits', 'testFraction', testFraction);
  const trainSize = Math.round((1 - testFraction) * size);
  if (trainSize < 1 || trainSize >= size) {
    throw argumentError(
      'splits',
      `testFraction is ${testFraction}, expected one that leaves rows of ${size} for both training and testing`,
    );
  }
  const random = randomSource(seed);
  return Array.from({ length: count }, (_, k) => {
    const order = permutation(size, random.fork(`split ${k}`));
    return { train: order.slice(0, trainSize), test: order.slice(trainSize) };
  });
}
