import { argumentError, requireCount, requireKnownOptions, show } from '@subspace/core/internals';
import { numpyRandom } from './numpy-random.ts';
import type { Split } from './splits.ts';

export interface PaperSplitsOptions {
  /** How many splits. Default 20. */
  readonly count?: number;
  /**
   * `'paper'`, the default: split number k, counted from 1, is `RandomState(k)`'s permutation, the first ⌊0.9 N⌋ rows for training. `'fixed'`: the splits that
   * come with the small UCI sets (Hernández-Lobato and Adams, 2015; Gal and Ghahramani, 2016), which are consecutive permutations of one `RandomState(1)`, the first round(0.9 N) rows for training.
   */
  readonly kind?: 'paper' | 'fixed';
}

/**
 * The splits of others' experiments, to the row: what NumPy's `RandomState` gives.
 *
 * The first is split 1 of Izmailov et al. (2019), whose code runs splits 1 to 20. `splits` makes new ones.
 *
 * @param size the number of rows, at least 2
 * @throws on invalid options, and if a split would leave no row for testing
 * @see https://arxiv.org/abs/1907.07504
 * @example
 * ```ts
 * import { paperSplits } from '@subspace/datasets';
 *
 * const [first] = paperSplits(308);
 * first.train.length; // 277
 * first.test.slice(0, 3); // Int32Array [121, 115, 286]
 * ```
 */
export function paperSplits(size: number, options: PaperSplitsOptions = {}): readonly Split[] {
  requireKnownOptions('paperSplits', options, ['count', 'kind']);
  const { count = 20, kind = 'paper' } = options;
  requireCount('paperSplits', 'size', size, 2);
  requireCount('paperSplits', 'count', count);
  if (kind !== 'paper' && kind !== 'fixed') {
    throw argumentError('paperSplits', `kind is ${show(kind)}, expected "paper" or "fixed"`);
  }
  const trainSize = kind === 'paper' ? Math.floor(size * 0.9) : Math.round(size * 0.9);
  if (trainSize < 1 || trainSize >= size) {
    throw argumentError('paperSplits', `size is ${size}, expected rows enough for training and testing`);
  }
  const stream = numpyRandom(1);
  return Array.from({ length: count }, (_, k) => {
    const order = (kind === 'fixed' ? stream : numpyRandom(k + 1)).permutation(size);
    return { train: order.slice(0, trainSize), test: order.slice(trainSize) };
  });
}
