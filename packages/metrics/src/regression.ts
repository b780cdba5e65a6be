import { logSumExp } from '@subspace/core/internals';
import {
  type GaussianPrediction,
  type MixturePrediction,
  meanOver,
  meanScore,
  requireGaussianPrediction,
  requireMeans,
  requireMembers,
} from './predictions.ts';

const LOG_TWO_PI = Math.log(2 * Math.PI);

/**
 * Mean −log N(y | mean, variance) in nats: the score of the moment-matched Gaussian, as the paper reports it.
 *
 * @param prediction mean and variance [N]
 * @param targets [N]
 * @throws on different lengths or no targets
 * @example
 * ```ts
 * import { gaussianNll } from '@subspace/metrics';
 *
 * gaussianNll({ mean: [0, 0], variance: [1, 1] }, [0, 0]); // ½ log 2π = 0.9189…
 * ```
 */
export function gaussianNll(prediction: GaussianPrediction, targets: ArrayLike<number>): number {
  requireGaussianPrediction('gaussianNll', prediction, targets);
  const { mean, variance } = prediction;
  return meanScore([targets, mean, variance], (i) => -logNormal(targets[i] - mean[i], variance[i]));
}

/**
 * Mean −log 1/S·Σₛ N(y | μₛ, vₛ) in nats: the score of the model average itself.
 *
 * @param prediction made with `keepMembers: true`
 * @throws without members, on different lengths or no targets
 * @example
 * ```ts
 * import { mixtureNll } from '@subspace/metrics';
 *
 * mixtureNll({ members: { means: [[0], [0]], variances: [[1], [1]] } }, [0]); // ½ log 2π = 0.9189…
 * ```
 */
export function mixtureNll(prediction: MixturePrediction, targets: ArrayLike<number>): number {
  const { means, variances } = requireMembers('mixtureNll', prediction, targets);
  const densities = new Float64Array(means.length);
  return meanScore([targets, ...means, ...variances], (i) => {
    for (let s = 0; s < means.length; s++) densities[s] = logNormal(targets[i] - means[s][i], variances[s][i]);
    return Math.log(means.length) - logSumExp(densities);
  });
}

/**
 * Root of the mean squared error of the predicted means, in the units of the target.
 *
 * @example
 * ```ts
 * import { rmse } from '@subspace/metrics';
 *
 * rmse({ mean: [1, 2] }, [1, 4]); // √2
 * ```
 */
export function rmse(prediction: { readonly mean: ArrayLike<number> }, targets: ArrayLike<number>): number {
  requireMeans('rmse', prediction, targets);
  return Math.sqrt(meanScore([targets, prediction.mean], (i) => (targets[i] - prediction.mean[i]) ** 2));
}

/**
 * Mean absolute error of the predicted means, in the units of the target.
 *
 * @example
 * ```ts
 * import { mae } from '@subspace/metrics';
 *
 * mae({ mean: [1, 2] }, [1, 4]); // 1
 * ```
 */
export function mae(prediction: { readonly mean: ArrayLike<number> }, targets: ArrayLike<number>): number {
  requireMeans('mae', prediction, targets);
  return meanScore([targets, prediction.mean], (i) => Math.abs(targets[i] - prediction.mean[i]));
}

/**
 * Coefficient of determination R² = 1 − Σ(y − mean)² / Σ(y − ȳ)²: 1 is perfect, 0 no better than ȳ.
 *
 * @returns NaN or −∞ for constant targets
 * @example
 * ```ts
 * import { r2 } from '@subspace/metrics';
 *
 * r2({ mean: [1, 2, 2] }, [1, 2, 3]); // 0.5
 * ```
 */
export function r2(prediction: { readonly mean: ArrayLike<number> }, targets: ArrayLike<number>): number {
  requireMeans('r2', prediction, targets);
  const centre = meanOver(targets.length, (i) => targets[i]);
  return (
    1 -
    meanScore([targets, prediction.mean], (i) => (targets[i] - prediction.mean[i]) ** 2) /
      meanOver(targets.length, (i) => (targets[i] - centre) ** 2)
  );
}

/** log N(residual | 0, variance); for a variance of 0, ∞ at 0 and −∞ elsewhere. */
function logNormal(residual: number, variance: number): number {
  const square = residual === 0 ? 0 : residual ** 2 / variance;
  return -0.5 * (LOG_TWO_PI + Math.log(variance) + square);
}
