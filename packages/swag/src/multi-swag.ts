import {
  argumentError,
  logSumExp,
  requireCount,
  requireFinite,
  requireLength,
  requireSameLayout,
} from '@subspace/core/internals';
import { type SwagDistribution, type SwagOptions, swagGaussian } from './swag.ts';
import type { WeightMoments } from './swag-moments.ts';

/**
 * MultiSWAG: the mixture, in equal parts, of the SWAG Gaussians of several training runs.
 *
 * p(w) = 1/C·Σ_c N(w | mean_c, s·(diag(variance_c) + D_cᵀD_c/(M − 1))). A draw takes a component at random, then draws from it.
 *
 * @param moments of one training run each, all of the same layout
 * @param options of each component, as for `swag`
 * @returns a sampler whose buffer [D] is valid until the next draw, with the log density of the mixture
 * @throws on an empty list, moments of different layouts, and where `swag` does
 * @see Wilson & Izmailov (2020), "Bayesian Deep Learning and a Probabilistic Perspective of Generalization", Section 5
 * @example
 * ```ts
 * import { randomSource, weightLayout } from '@subspace/core';
 * import { multiSwag, swagMoments } from '@subspace/swag';
 *
 * const layout = weightLayout([{ name: 'w', shape: [1] }]);
 * const runs = [-10, 10].map((start) => {
 *   const moments = swagMoments(layout);
 *   for (const step of [0, 1, 2]) moments.collect(Float32Array.of(start + step));
 *   return moments;
 * });
 * const posterior = multiSwag(runs, { scale: 0.5 });
 * for (const weights of posterior.weights(4, randomSource(1))) weights[0]; // near −9 or near 11
 * posterior.logDensity(Float32Array.of(-9)); // that of the first run's Gaussian, less ln 2
 * ```
 */
export function multiSwag(moments: readonly WeightMoments[], options: SwagOptions = {}): SwagDistribution {
  if (!Array.isArray(moments) || moments.length === 0) {
    throw argumentError('multiSwag', 'moments are empty, expected those of at least one training run');
  }
  const { layout } = moments[0];
  moments.forEach((run, c) => {
    requireSameLayout('multiSwag', `moments[${c}]`, run.layout, layout);
  });
  const components = moments.map((run, c) => swagGaussian(`multiSwag (moments[${c}])`, run, options));
  return {
    layout,
    weights(count, random) {
      requireCount('multiSwag.weights', 'count', count, 0);
      return draws();

      function* draws(): Generator<Float32Array> {
        const weights = new Float32Array(layout.size);
        for (let n = 0; n < count; n++) {
          components[Math.floor(components.length * random.uniform())].draw(random, weights);
          yield weights;
        }
      }
    },
    logDensity(weights) {
      requireLength('multiSwag.logDensity', 'weights', weights, layout.size);
      requireFinite('multiSwag.logDensity', 'weights', weights);
      const densities = components.map((component) => component.logDensity(weights));
      return logSumExp(densities) - Math.log(components.length);
    },
  };
}
