import { quantile } from '@subspace/core';
import {
  argumentError,
  normalQuantile,
  requireKnownOptions,
  requireLength,
  requireOptions,
} from '@subspace/core/internals';
import { areFinite, hasNaN, requireNumbers } from './numbers.ts';
import { type GaussianPrediction, meanOver, requireEnsemble, requireMoments, requireTargets } from './predictions.ts';

/** An interval for each of N points. */
export interface Interval {
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
}

/** Central probability of the interval, between 0 and 1; default 0.95. */
export interface IntervalOptions {
  readonly probability?: number;
}

/**
 * Quantile of the moment-matched Gaussian at each point: mean + z·√variance.
 *
 * @param prediction mean and variance [N]
 * @param probability between 0 and 1
 * @returns [N], in the units of the target
 * @throws on a probability outside [0, 1] or different lengths
 * @example
 * ```ts
 * import { gaussianQuantile } from '@subspace/metrics';
 *
 * gaussianQuantile({ mean: [1], variance: [4] }, 0.975); // [1 + 2·1.96]
 * ```
 */
export function gaussianQuantile(prediction: GaussianPrediction, probability: number): Float64Array {
  requireMoments('gaussianQuantile', prediction);
  const { mean, variance } = prediction;
  const z = normalQuantile(probability);
  return Float64Array.from(mean, (centre, i) => centre + z * Math.sqrt(variance[i]));
}

/**
 * Central interval between quantiles of an ensemble at each point (type 7).
 *
 * @param ensemble S draws, each a value for every point [N]
 * @param options `probability`; default 0.95
 * @throws without draws, on different lengths, or a probability outside (0, 1)
 * @example
 * ```ts
 * import { ensembleInterval } from '@subspace/metrics';
 *
 * ensembleInterval([[0], [1], [2], [3], [4]], { probability: 0.5 }); // { lower: [1], upper: [3] }
 * ```
 */
export function ensembleInterval(
  ensemble: readonly ArrayLike<number>[],
  options: IntervalOptions = {},
): { readonly lower: Float64Array; readonly upper: Float64Array } {
  const probability = readProbability('ensembleInterval', options);
  requireEnsemble('ensembleInterval', 'ensemble', ensemble);
  if (ensemble.length === 0) throw argumentError('ensembleInterval', 'ensemble is empty, expected at least one draw');
  for (const [s, draw] of ensemble.entries()) {
    requireNumbers('ensembleInterval', `ensemble[${s}]`, draw);
    requireLength('ensembleInterval', `ensemble[${s}]`, draw, ensemble[0].length);
  }
  const at = (level: number): Float64Array =>
    Float64Array.from(ensemble[0], (_, i) =>
      quantile(
        ensemble.map((draw) => draw[i]),
        level,
      ),
    );
  return { lower: at(0.5 - probability / 2), upper: at(0.5 + probability / 2) };
}

/**
 * Share of targets inside the interval (PICP): the central one of the moment-matched Gaussian, mean ± z·√variance, or one that is given.
 *
 * @param prediction mean and variance, or lower and upper [N]
 * @param options `probability` of the Gaussian's interval; default 0.95
 * @throws on a probability outside (0, 1), different lengths or no targets
 * @example
 * ```ts
 * import { intervalCoverage } from '@subspace/metrics';
 *
 * intervalCoverage({ mean: [0, 0], variance: [1, 1] }, [1.9, 2.1]); // 0.5
 * ```
 */
export function intervalCoverage(
  prediction: GaussianPrediction | Interval,
  targets: ArrayLike<number>,
  options: IntervalOptions = {},
): number {
  const { lower, upper } = intervalOf('intervalCoverage', prediction, options);
  requireTargets('intervalCoverage', lower, targets, 'lower');
  if (!areComparable({ lower, upper }, targets)) return Number.NaN;
  return meanOver(targets.length, (i) => (lower[i] <= targets[i] && targets[i] <= upper[i] ? 1 : 0));
}

/**
 * Mean width of the interval (MPIW), in the units of the target: sharpness, to be read with `intervalCoverage`.
 *
 * @param prediction mean and variance, or lower and upper [N]
 * @param options `probability` of the Gaussian's interval; default 0.95
 * @throws as `intervalCoverage`
 * @example
 * ```ts
 * import { intervalWidth } from '@subspace/metrics';
 *
 * intervalWidth({ mean: [0], variance: [1] }); // 2·1.96
 * ```
 */
export function intervalWidth(prediction: GaussianPrediction | Interval, options: IntervalOptions = {}): number {
  const { lower, upper } = intervalOf('intervalWidth', prediction, options);
  if (lower.length === 0) throw argumentError('intervalWidth', 'prediction is empty, expected at least one point');
  return meanOver(lower.length, (i) => upper[i] - lower[i]);
}

/**
 * Interval score (Winkler): width + 2/α·(how far the target is outside), α = 1 − probability; mean over the points. A proper score of interval forecasts.
 *
 * @param prediction mean and variance, or lower and upper [N]
 * @param targets [N]
 * @param options `probability` that the interval should have; default 0.95
 * @throws as `intervalCoverage`
 * @see Gneiting & Raftery (2007), Equation (43)
 * @example
 * ```ts
 * import { intervalScore } from '@subspace/metrics';
 *
 * intervalScore({ lower: [0], upper: [1] }, [2], { probability: 0.5 }); // 1 + 2/0.5·1 = 5
 * ```
 */
export function intervalScore(
  prediction: GaussianPrediction | Interval,
  targets: ArrayLike<number>,
  options: IntervalOptions = {},
): number {
  const { lower, upper } = intervalOf('intervalScore', prediction, options);
  requireTargets('intervalScore', lower, targets, 'lower');
  if (!areComparable({ lower, upper }, targets)) return Number.NaN;
  const alpha = 1 - readProbability('intervalScore', options);
  return meanOver(targets.length, (i) => {
    const outside = Math.max(lower[i] - targets[i], targets[i] - upper[i], 0);
    return upper[i] - lower[i] + (2 / alpha) * outside;
  });
}

function intervalOf(where: string, prediction: GaussianPrediction | Interval, options: IntervalOptions): Interval {
  const probability = readProbability(where, options);
  requireOptions(where, 'prediction', prediction);
  if ('lower' in prediction) {
    requireNumbers(where, 'lower', prediction.lower);
    requireNumbers(where, 'upper', prediction.upper);
    requireLength(where, 'upper', prediction.upper, prediction.lower.length);
    return prediction;
  }
  requireMoments(where, prediction);
  return {
    lower: gaussianQuantile(prediction, 0.5 - probability / 2),
    upper: gaussianQuantile(prediction, 0.5 + probability / 2),
  };
}

/** Whether it can be told where a target is: bounds may be infinite (one-sided intervals), targets may not. */
function areComparable({ lower, upper }: Interval, targets: ArrayLike<number>): boolean {
  return !hasNaN(lower) && !hasNaN(upper) && areFinite(targets);
}

function readProbability(where: string, options: IntervalOptions): number {
  requireKnownOptions(where, options, ['probability']);
  const { probability = 0.95 } = options;
  if (!(probability > 0 && probability < 1)) {
    throw argumentError(where, `probability is ${probability}, expected a number between 0 and 1`);
  }
  return probability;
}
