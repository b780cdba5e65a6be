import { logSumExp, mean } from '@subspace/core/internals';
import { type ElpdEstimate, elpdEstimate } from './elpd.ts';
import { type PointwiseLogLikelihood, readPointwise } from './pointwise-log-likelihood.ts';

export interface Waic extends ElpdEstimate {
  /** Posterior variance of each point's log likelihood [N]. Above 0.4 WAIC starts to fail: `psisLoo` tells more. */
  readonly variance: Float64Array;
}

/**
 * The widely applicable information criterion, on the scale of elpd: elpdᵢ = log 1/S·Σₛ p(yᵢ | zₛ) − 1/T·Varₛ[log p(yᵢ | zₛ)].
 *
 * At T = 1 equal to ArviZ.
 *
 * @param logLikelihood of each point under each draw: `await pointwiseLogLikelihood(posterior, draws)`, or `{ values }` from elsewhere
 * @throws on an empty or ragged matrix, or a value that is not finite
 * @see Watanabe (2010), "Asymptotic equivalence of Bayes cross validation and widely applicable information criterion", Equation (6), with β = 1/T;
 * Vehtari, Gelman & Gabry (2017), Equation (12)
 * @example
 * ```ts
 * import { waic } from '@subspace/diagnostics';
 *
 * waic({ values: [[-1, -2], [-1, -2]] }); // no spread: elpd −3, no effective parameters
 * ```
 */
export function waic(logLikelihood: PointwiseLogLikelihood): Waic {
  const { draws, points, temperature, point } = readPointwise('waic', logLikelihood);
  const variance = new Float64Array(points);
  const pointwise = Float64Array.from({ length: points }, (_, i) => {
    const values = point(i);
    const centre = mean(values);
    variance[i] = mean(values.map((value) => (value - centre) ** 2));
    return logSumExp(values) - Math.log(draws) - variance[i] / temperature;
  });
  const effectiveParameters = variance.reduce((sum, value) => sum + value / temperature, 0);
  return { ...elpdEstimate(pointwise, effectiveParameters), variance };
}
