import { argumentError, requireKnownOptions, requireLength } from '../argument.ts';
import { normalQuantile } from '../density/normal.ts';
import { logSumExp } from '../likelihood/categorical.ts';
import type { RegressionPrediction } from '../prediction/regression.ts';

const LOG_TWO_PI = Math.log(2 * Math.PI);

/**
 * Mean −log N(y | mean, variance) in nats: the score of the moment-matched Gaussian, as the paper reports it.
 *
 * @param prediction mean and variance [N]
 * @param targets [N]
 * @throws on different lengths or no targets
 * @example
 * ```ts
 * import { gaussianNll } from '@subspace/core';
 *
 * gaussianNll({ mean: [0, 0], variance: [1, 1] }, [0, 0]); // ½ log 2π = 0.9189…
 * ```
 */
export function gaussianNll(
  prediction: { readonly mean: ArrayLike<number>; readonly variance: ArrayLike<number> },
  targets: ArrayLike<number>,
): number {
  const { mean, variance } = prediction;
  requireTargets('gaussianNll', mean, targets);
  requireLength('gaussianNll', 'variance', variance, mean.length);
  return meanOver(
    targets.length,
    (i) => 0.5 * (LOG_TWO_PI + Math.log(variance[i]) + (targets[i] - mean[i]) ** 2 / variance[i]),
  );
}

/**
 * Mean −log 1/S·Σₛ N(y | μₛ, vₛ) in nats: the score of the model average itself.
 *
 * @param prediction made with `keepMembers: true`
 * @throws without members, on different lengths or no targets
 * @example
 * ```ts
 * import { mixtureNll } from '@subspace/core';
 *
 * mixtureNll({ members: { means: [[0], [0]], variances: [[1], [1]] } }, [0]); // ½ log 2π = 0.9189…
 * ```
 */
export function mixtureNll(
  prediction: {
    readonly members?: {
      readonly means: readonly ArrayLike<number>[];
      readonly variances: readonly ArrayLike<number>[];
    };
  },
  targets: ArrayLike<number>,
): number {
  const { members } = prediction;
  if (!members || members.means.length === 0) {
    throw argumentError('mixtureNll', 'prediction has no members, expected one made with keepMembers: true');
  }
  const { means, variances } = members;
  requireLength('mixtureNll', 'members.variances', variances, means.length);
  for (const mean of means) requireTargets('mixtureNll', mean, targets);
  const densities = new Float64Array(means.length);
  return meanOver(targets.length, (i) => {
    for (let s = 0; s < means.length; s++) {
      const variance = variances[s][i];
      densities[s] = -0.5 * (LOG_TWO_PI + Math.log(variance) + (targets[i] - means[s][i]) ** 2 / variance);
    }
    return Math.log(means.length) - logSumExp(densities);
  });
}

/**
 * Root of the mean squared error of the predicted means, in the units of the target.
 *
 * @example
 * ```ts
 * import { rmse } from '@subspace/core';
 *
 * rmse({ mean: [1, 2] }, [1, 4]); // √2
 * ```
 */
export function rmse(prediction: { readonly mean: ArrayLike<number> }, targets: ArrayLike<number>): number {
  requireTargets('rmse', prediction.mean, targets);
  return Math.sqrt(meanOver(targets.length, (i) => (targets[i] - prediction.mean[i]) ** 2));
}

/**
 * Mean absolute error of the predicted means, in the units of the target.
 *
 * @example
 * ```ts
 * import { mae } from '@subspace/core';
 *
 * mae({ mean: [1, 2] }, [1, 4]); // 1
 * ```
 */
export function mae(prediction: { readonly mean: ArrayLike<number> }, targets: ArrayLike<number>): number {
  requireTargets('mae', prediction.mean, targets);
  return meanOver(targets.length, (i) => Math.abs(targets[i] - prediction.mean[i]));
}

/**
 * Share of targets inside the central interval mean ± z·√variance of the moment-matched Gaussian.
 *
 * @param options `probability` of the interval; default 0.95
 * @throws on a probability outside (0, 1), different lengths or no targets
 * @example
 * ```ts
 * import { intervalCoverage } from '@subspace/core';
 *
 * intervalCoverage({ mean: [0, 0], variance: [1, 1] }, [1.9, 2.1]); // 0.5
 * ```
 */
export function intervalCoverage(
  prediction:
    | Pick<RegressionPrediction, 'mean' | 'variance'>
    | { readonly mean: ArrayLike<number>; readonly variance: ArrayLike<number> },
  targets: ArrayLike<number>,
  options: { probability?: number } = {},
): number {
  requireKnownOptions('intervalCoverage', options, ['probability']);
  const { probability = 0.95 } = options;
  const { mean, variance } = prediction;
  requireTargets('intervalCoverage', mean, targets);
  requireLength('intervalCoverage', 'variance', variance, mean.length);
  if (!(probability > 0 && probability < 1)) {
    throw argumentError('intervalCoverage', `probability is ${probability}, expected a number between 0 and 1`);
  }
  const z = normalQuantile(0.5 + probability / 2);
  return meanOver(targets.length, (i) => (Math.abs(targets[i] - mean[i]) <= z * Math.sqrt(variance[i]) ? 1 : 0));
}

function requireTargets(where: string, mean: ArrayLike<number>, targets: ArrayLike<number>): void {
  if (targets.length === 0) throw argumentError(where, 'targets are empty, expected at least one');
  requireLength(where, 'targets', targets, mean.length);
}

function meanOver(count: number, term: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum / count;
}
