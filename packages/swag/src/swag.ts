import {
  argumentError,
  requireCount,
  requireKnownOptions,
  requirePositive,
  toWeights,
  type WeightSampler,
} from '@subspace/core';
import type { WeightMoments } from './swag-moments.ts';

export interface SwagOptions {
  /** Factor s of the covariance. Default 0.5, the paper's: half the diagonal and half the low-rank part. */
  readonly scale?: number;
}

/**
 * Stochastic weight averaging: the mean of the snapshots, [D], the caller's to keep.
 *
 * A network with batch norm needs its statistics refreshed for these weights (`network.refreshStatistics`).
 *
 * @throws before the first snapshot
 * @see Izmailov et al. (2018), "Averaging Weights Leads to Wider Optima and Better Generalization"
 * @example
 * ```ts
 * import { weightLayout } from '@subspace/core';
 * import { swa, swagMoments } from '@subspace/swag';
 *
 * const moments = swagMoments(weightLayout([{ name: 'w', shape: [2] }]));
 * moments.collect(Float32Array.of(0, 1));
 * moments.collect(Float32Array.of(2, 3));
 * swa(moments); // Float32Array [1, 2]
 * ```
 */
export function swa(moments: Pick<WeightMoments, 'mean'>): Float32Array {
  return moments.mean();
}

/**
 * SWAG: a Gaussian over all weights from the moments of a training run.
 *
 * w ~ N(mean, s·(diag(variance) + DᵀD/(M − 1))), where the rows of D are the M deviations. A draw is
 * w = mean + √s·(√variance ∘ ε₂ + Dᵀε₁/√(M − 1)), with ε₁ ~ N(0, I) in M dimensions, one for all layers together, drawn first, and ε₂ ~ N(0, I) in D
 * dimensions.
 *
 * The sampler is that of the moments as they are now: what they collect later does not change it. It has no `size`: draws never end.
 *
 * @param moments of at least two snapshots, with at least two deviations
 * @param options `scale` s of the covariance, > 0
 * @returns a sampler whose buffer [D] is valid until the next draw
 * @throws with fewer than two deviations, or a scale that is not positive
 * @see Maddox et al. (2019), Equation (1); Izmailov et al. (2019), Section 5
 * @example
 * ```ts
 * import { randomSource, weightLayout } from '@subspace/core';
 * import { swag, swagMoments } from '@subspace/swag';
 *
 * const moments = swagMoments(weightLayout([{ name: 'w', shape: [2] }]), { rank: 2 });
 * for (const w of [[0, 0], [1, 1], [2, 2]]) moments.collect(Float32Array.from(w));
 * for (const weights of swag(moments, { scale: 0.5 }).weights(3, randomSource(1))) {
 *   weights.slice(); // one draw of N([1, 1], …): copy it to keep it
 * }
 * ```
 */
export function swag(moments: WeightMoments, options: SwagOptions = {}): WeightSampler {
  requireKnownOptions('swag', options, ['scale']);
  const { scale = 0.5 } = options;
  requirePositive('swag', 'scale', scale);
  const rows = moments.collected === 0 ? 0 : moments.deviations().length;
  if (rows < 2) {
    throw argumentError(
      'swag',
      `moments have ${rows} deviations, expected at least 2: collect more snapshots, with a rank of at least 2`,
    );
  }
  const { layout } = moments;
  // A draw of the low-rank part is a point of the subspace that the deviations span.
  const lowRank = { layout, shift: moments.mean(), basis: moments.deviations() };
  const lowRankStd = Math.sqrt(scale / (rows - 1));
  const diagonalStd = moments.variance();
  for (let i = 0; i < layout.size; i++) diagonalStd[i] = Math.sqrt(scale * diagonalStd[i]);

  return {
    layout,
    weights(count, random) {
      requireCount('swag.weights', 'count', count, 0);
      return draws();

      function* draws(): Generator<Float32Array> {
        const weights = new Float32Array(layout.size);
        const z = new Float64Array(rows);
        for (let n = 0; n < count; n++) {
          for (let m = 0; m < rows; m++) z[m] = lowRankStd * random.normal();
          toWeights(lowRank, z, weights);
          for (let i = 0; i < layout.size; i++) weights[i] += diagonalStd[i] * random.normal();
          yield weights;
        }
      }
    },
  };
}
