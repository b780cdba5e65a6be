import type { WeightSampler } from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireFinite,
  requireKnownOptions,
  requireLength,
  requirePositive,
} from '@subspace/core/internals';
import { type LowRankGaussian, lowRankGaussian } from './low-rank-gaussian.ts';
import type { WeightMoments } from './swag-moments.ts';

export interface SwagOptions {
  /** Factor s of the covariance. Default 0.5, the paper's: half the diagonal and half the low-rank part. */
  readonly scale?: number;
  /**
   * What of the covariance is kept. `'low-rank'` (the default, the paper's): all of it. `'block'`: only its entries between weights of one tensor of
   * the layout, so that tensors are drawn apart. `'diagonal'`: the variances alone, without the deviations.
   */
  readonly covariance?: 'low-rank' | 'diagonal' | 'block';
}

/** A Gaussian, or a mixture of them, over all weights of a network. */
export interface SwagDistribution extends WeightSampler {
  /**
   * log p(weights) in nats, constants included, of the very distribution that is drawn from, `scale` included.
   *
   * @param weights [D], finite
   */
  logDensity(weights: Float32Array | Float64Array): number;
}

/**
 * Stochastic weight averaging: the mean of the snapshots, [D], the caller's to keep.
 *
 * A network with batch norm needs its statistics refreshed for these weights: `refresh: { data }` of predictions, or `network.refreshStatistics`.
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
 * dimensions. With `covariance: 'block'` every tensor has an ε₁ of its own; with `'diagonal'` there is none.
 *
 * `logDensity` is that of the same Gaussian, by Woodbury's identity and the determinant lemma: one pass over the deviations, M² times one at its first
 * use, and no matrix larger than M × M.
 *
 * The distribution is that of the moments as they are now: what they collect later does not change it. It has no `size`: draws never end.
 *
 * Unlike the original code, whose densities ignore `scale`, and whose block draws multiply by s in place of √s.
 *
 * @param moments of at least two snapshots, and with at least two deviations if the covariance has any
 * @param options `scale` s of the covariance, > 0
 * @returns a sampler whose buffer [D] is valid until the next draw, with its log density
 * @throws with too few snapshots or deviations, a scale that is not positive, or a covariance of another name
 * @see Maddox et al. (2019), Equation (1); Izmailov et al. (2019), Section 5
 * @example
 * ```ts
 * import { randomSource, weightLayout } from '@subspace/core';
 * import { swag, swagMoments } from '@subspace/swag';
 *
 * const moments = swagMoments(weightLayout([{ name: 'w', shape: [2] }]), { rank: 2 });
 * for (const w of [[0, 0], [1, 1], [2, 2]]) moments.collect(Float32Array.from(w));
 * const posterior = swag(moments, { scale: 0.5 });
 * for (const weights of posterior.weights(3, randomSource(1))) {
 *   weights.slice(); // one draw of N([1, 1], …): copy it to keep it
 * }
 * posterior.logDensity(Float32Array.of(1, 1)); // −1.518…, at its mean
 * swag(moments, { covariance: 'diagonal' }).logDensity(Float32Array.of(1, 1)); // −0.739…
 * ```
 */
export function swag(moments: WeightMoments, options: SwagOptions = {}): SwagDistribution {
  const gaussian = swagGaussian('swag', moments, options);
  return {
    layout: gaussian.layout,
    weights(count, random) {
      requireCount('swag.weights', 'count', count, 0);
      return draws();

      function* draws(): Generator<Float32Array> {
        const weights = new Float32Array(gaussian.layout.size);
        for (let n = 0; n < count; n++) {
          gaussian.draw(random, weights);
          yield weights;
        }
      }
    },
    logDensity(weights) {
      requireLength('swag.logDensity', 'weights', weights, gaussian.layout.size);
      requireFinite('swag.logDensity', 'weights', weights);
      return gaussian.logDensity(weights);
    },
  };
}

/** The Gaussian of moments, with its arguments checked: `where` is the function that they were given to. */
export function swagGaussian(where: string, moments: WeightMoments, options: SwagOptions): LowRankGaussian {
  requireKnownOptions(where, options, ['scale', 'covariance']);
  const { scale = 0.5, covariance = 'low-rank' } = options;
  requirePositive(where, 'scale', scale);
  if (!['low-rank', 'diagonal', 'block'].includes(covariance)) {
    throw argumentError(where, `covariance is ${covariance}, expected 'low-rank', 'diagonal' or 'block'`);
  }
  if (moments.collected < 2) {
    throw argumentError(where, `moments have ${moments.collected} snapshots, expected at least 2`);
  }
  // Deviations that are not asked for stay the moments' own, which then need not keep them as they are.
  const rows = covariance === 'diagonal' ? [] : moments.deviations();
  if (covariance !== 'diagonal' && rows.length < 2) {
    throw argumentError(
      where,
      `moments have ${rows.length} deviations, expected at least 2: collect with a larger rank`,
    );
  }
  return lowRankGaussian({
    layout: moments.layout,
    mean: moments.mean(),
    variance: moments.variance(),
    rows,
    factor: 1 / Math.sqrt(Math.max(1, rows.length - 1)),
    scale,
    blocks: covariance === 'block' ? 'tensors' : 'one',
  });
}
