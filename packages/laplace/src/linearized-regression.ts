import type { Arrays, Network, RegressionPrediction } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';
import type { LaplaceApproximation } from './laplace-approximation.ts';
import { type LinearizedOptions, outputVariances, requireApproximation } from './output-variances.ts';

/**
 * Predictions of the network linearised in its weights, f(x, w) ≈ f(x, ŵ) + J(x)·(w − ŵ), under w ~ N(ŵ, Ψ): exact moments, no draws.
 *
 * mean = f(x, ŵ); epistemic variance = J·Ψ·Jᵀ; aleatoric variance = that of the likelihood at ŵ.
 *
 * @param inputs [N, …]
 * @returns N points, or N·M of M targets, row major, as `predictRegression`
 * @throws on an approximation of another network, or with a likelihood of classes
 * @see Immer et al. (2021), "Improving predictions of Bayesian neural nets via local linearization"
 * @example
 * ```ts
 * import { arraysDataset, gaussianLikelihood } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { laplaceApproximation, linearizedRegression } from '@subspace/laplace';
 *
 * const network = denseNetwork({ sizes: [1, 1], weights: Float32Array.of(0, 0) });
 * const data = arraysDataset({ inputs: { data: Float32Array.of(2), shape: [1, 1] }, targets: { data: Float32Array.of(0), shape: [1, 1] } });
 * const likelihood = gaussianLikelihood({ variance: 1 });
 * const laplace = await laplaceApproximation(network, await network.readWeights(), data, { likelihood, priorPrecision: 1, structure: 'full' });
 * const { epistemicVariance, variance } = await linearizedRegression(network, laplace, { data: Float32Array.of(2), shape: [1, 1] });
 * epistemicVariance; // [5/6]: 5 before the observation, and 1/(1/5 + 1) after it
 * variance; // [11/6]
 * ```
 */
export async function linearizedRegression(
  network: Network,
  approximation: LaplaceApproximation,
  inputs: Arrays,
  options: LinearizedOptions = {},
): Promise<RegressionPrediction> {
  const where = 'linearizedRegression';
  requireApproximation(where, network, approximation);
  const { likelihood } = approximation;
  if (likelihood.kind !== 'gaussian' && likelihood.kind !== 'heteroscedastic-gaussian') {
    throw argumentError(
      where,
      `approximation has the ${likelihood.kind} likelihood, expected gaussian or heteroscedastic-gaussian`,
    );
  }
  const { rows, width, outputs, variances } = await outputVariances(where, network, approximation, inputs, options);
  const heteroscedastic = likelihood.kind === 'heteroscedastic-gaussian';
  const means = heteroscedastic ? width / 2 : width;
  const meansOf = (values: Float64Array) =>
    Float64Array.from({ length: rows * means }, (_, i) => values[Math.floor(i / means) * width + (i % means)]);
  const epistemicVariance = meansOf(variances);
  const aleatoricVariance = heteroscedastic
    ? meansOf(outputs.subarray(means))
    : new Float64Array(rows * means).fill(likelihood.variance);
  return {
    mean: meansOf(outputs),
    variance: epistemicVariance.map((variance, i) => variance + aleatoricVariance[i]),
    epistemicVariance,
    aleatoricVariance,
  };
}
