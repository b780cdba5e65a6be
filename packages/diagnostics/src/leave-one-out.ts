import { type CancelSignal, paretoSmooth } from '@subspace/core';
import { abortError, breath, logSumExp, requireKnownOptions } from '@subspace/core/internals';
import { type ElpdEstimate, elpdEstimate } from './elpd.ts';
import { type PointwiseLogLikelihood, readPointwise } from './pointwise-log-likelihood.ts';

export interface LeaveOneOut extends ElpdEstimate {
  /** k̂ of each point [N]: below `goodK` its estimate is reliable; above, the point is so influential that a refit without it is needed. */
  readonly paretoK: Float64Array;
  /** min(1 − 1/log₁₀ S, 0.7): the largest k̂ that so many draws can cope with. */
  readonly goodK: number;
}

export interface LeaveOneOutOptions {
  signal?: CancelSignal;
  onProgress?: (progress: { readonly point: number; readonly of: number }) => void;
}

/**
 * Leave-one-out cross-validation from the draws of one posterior, by Pareto-smoothed importance sampling.
 *
 * elpdᵢ = log Σₛ wₛ·p(yᵢ | zₛ), with wₛ the smoothed, normalised weights p(yᵢ | zₛ)^(−1/T): the posterior without point i is that with all points divided by the
 * (tempered) likelihood of i. The score is always that of the untempered likelihood. At T = 1 equal to ArviZ.
 *
 * @param logLikelihood of each point under each draw: `await pointwiseLogLikelihood(posterior, draws)`, or `{ values }` from elsewhere
 * @throws on an empty or ragged matrix, a value that is not finite, or after `signal` is aborted
 * @see Vehtari, Gelman & Gabry (2017), "Practical Bayesian model evaluation using leave-one-out cross-validation and WAIC", Equation (10)
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { psisLoo } from '@subspace/diagnostics';
 *
 * // Four points y ~ N(z, 1) and draws of the posterior of z under a flat prior: N(ȳ, ¼).
 * const y = [0.3, -1.1, 0.4, 0.9];
 * const random = randomSource(1);
 * const draws = Array.from({ length: 1000 }, () => 0.125 + 0.5 * random.normal());
 * const values = draws.map((z) => y.map((value) => -0.5 * (Math.log(2 * Math.PI) + (value - z) ** 2)));
 * const { elpd, effectiveParameters, paretoK, goodK } = await psisLoo({ values });
 * paretoK.every((k) => k < goodK); // true
 * ```
 */
export async function psisLoo(
  logLikelihood: PointwiseLogLikelihood,
  options: LeaveOneOutOptions = {},
): Promise<LeaveOneOut> {
  requireKnownOptions('psisLoo', options, ['signal', 'onProgress']);
  const { signal, onProgress } = options;
  const { draws, points, temperature, relativeEfficiency, point } = readPointwise('psisLoo', logLikelihood);
  const pointwise = new Float64Array(points);
  const density = new Float64Array(points);
  const paretoK = new Float64Array(points);
  const pause = breath();
  for (let i = 0; i < points; i++) {
    if (signal?.aborted) throw abortError('psisLoo', signal, {});
    const values = point(i);
    const ratios = values.map((value) => -value / temperature);
    const smoothed = paretoSmooth(ratios, { relativeEfficiency });
    pointwise[i] = logSumExp(smoothed.logWeights.map((weight, s) => weight + values[s]));
    density[i] = logSumExp(values) - Math.log(draws);
    paretoK[i] = smoothed.paretoK;
    onProgress?.({ point: i + 1, of: points });
    if (pause.due()) await pause.rest();
  }
  const effectiveParameters = density.reduce((sum, value, i) => sum + value - pointwise[i], 0);
  return {
    ...elpdEstimate(pointwise, effectiveParameters),
    paretoK,
    goodK: Math.min(1 - 1 / Math.log10(draws), 0.7),
  };
}
