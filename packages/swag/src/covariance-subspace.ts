import { type Subspace, subspace } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';
import type { WeightMoments } from './swag-moments.ts';

/**
 * The subspace of all deviations of a training run, through its mean.
 *
 * The basis is A/√(M − 1) with the M deviations as rows of A, not orthogonal: z ~ N(0, I) has the low-rank part of SWAG's covariance. The first
 * deviation from the running mean is zero; while it is still among them, its coordinate does nothing.
 *
 * @param moments with at least two deviations
 * @returns shift [D] and M rows [D], newest last, the caller's to keep
 * @throws with fewer than two deviations
 * @see Izmailov et al. (2019), Section 3.2
 * @example
 * ```ts
 * import { weightLayout } from '@subspace/core';
 * import { covarianceSubspace, swagMoments } from '@subspace/swag';
 *
 * const moments = swagMoments(weightLayout([{ name: 'w', shape: [2] }]), { rank: 2 });
 * for (const w of [[0, 0], [2, 0], [4, 3]]) moments.collect(Float32Array.from(w));
 * covarianceSubspace(moments).basis; // the deviations over √1: [1, 0], [2, 2]
 * ```
 */
export function covarianceSubspace(moments: WeightMoments): Subspace {
  const deviations = moments.collected === 0 ? [] : moments.deviations();
  if (deviations.length < 2) {
    throw argumentError('covarianceSubspace', `moments have ${deviations.length} deviations, expected at least 2`);
  }
  const divisor = Math.sqrt(deviations.length - 1);
  const basis = deviations.map((deviation) => {
    const row = new Float32Array(deviation.length);
    for (let i = 0; i < row.length; i++) row[i] = deviation[i] / divisor;
    return row;
  });
  return subspace({ layout: moments.layout, shift: moments.mean(), basis });
}
