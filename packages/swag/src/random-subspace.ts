import { randomSource, type Subspace, subspace, type WeightLayout } from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireFinite,
  requireKnownOptions,
  requireLength,
  requirePositive,
  requireSeed,
} from '@subspace/core/internals';
import { gaussianDirections, orthonormalise, scaleToNorm } from './directions.ts';

export interface RandomSubspaceOptions {
  /** K, the number of directions. */
  readonly rank: number;
  readonly seed: number | string;
  /**
   * `'unit'` (the default, the paper's): Gaussian directions, each scaled to length `norm`. `'orthonormal'`: the same, made orthogonal first.
   * `'gaussian'`: entries N(0, 1) as they are, of expected length √D (the original's class, not its figures).
   */
  readonly directions?: 'unit' | 'orthonormal' | 'gaussian';
  /** Length of every row, for `'unit'` and `'orthonormal'`. Default 1. */
  readonly norm?: number;
}

/**
 * A subspace of random directions through given weights.
 *
 * Rows are directions drawn from N(0, I) in D dimensions, scaled as `directions` says. A smaller rank from the same seed gives the first rows of a
 * larger one.
 *
 * @param shift ŵ [D], usually `swa(moments)`; kept, not copied
 * @throws on a shift of another length or with NaN, a rank below 1 or above D, a seed that is not finite, or a `norm` for Gaussian directions
 * @see Izmailov et al. (2019), Section 3.1
 * @example
 * ```ts
 * import { weightLayout } from '@subspace/core';
 * import { randomSubspace } from '@subspace/swag';
 *
 * const layout = weightLayout([{ name: 'w', shape: [100] }]);
 * const subspace = randomSubspace(layout, new Float32Array(100), { rank: 10, seed: 1 });
 * Math.hypot(...subspace.basis[0]); // 1
 * ```
 */
export function randomSubspace(layout: WeightLayout, shift: Float32Array, options: RandomSubspaceOptions): Subspace {
  requireKnownOptions('randomSubspace', options, ['rank', 'seed', 'directions', 'norm']);
  const { rank, seed, directions = 'unit', norm } = options;
  requireLength('randomSubspace', 'shift', shift, layout.size);
  requireFinite('randomSubspace', 'shift', shift);
  requireCount('randomSubspace', 'rank', rank);
  if (rank > layout.size) {
    throw argumentError('randomSubspace', `rank is ${rank}, expected at most ${layout.size}, the number of weights`);
  }
  requireSeed('randomSubspace', seed);
  if (!['unit', 'orthonormal', 'gaussian'].includes(directions)) {
    throw argumentError('randomSubspace', `directions is ${directions}, expected 'unit', 'orthonormal' or 'gaussian'`);
  }
  if (norm !== undefined) requirePositive('randomSubspace', 'norm', norm);
  if (norm !== undefined && directions === 'gaussian') {
    throw argumentError('randomSubspace', `norm is ${norm}, expected none: Gaussian directions are not scaled`);
  }
  const basis = gaussianDirections(layout.size, rank, randomSource(seed));
  if (directions === 'orthonormal') orthonormalise(basis);
  if (directions !== 'gaussian') for (const row of basis) scaleToNorm(row, norm ?? 1);
  return subspace({ layout, shift, basis });
}
