import { argumentError, normalCdf, requireKnownOptions, requireOptions, show } from '@subspace/core/internals';
import { areFinite, requireNumbers } from './numbers.ts';
import {
  type GaussianPrediction,
  type MixturePrediction,
  meanOver,
  meanScore,
  requireGaussianPrediction,
  requireMembers,
  requireTargets,
  requireVariance,
} from './predictions.ts';

/**
 * Probability integral transform F(y) of the targets under Gaussians: uniform on [0, 1] if the prediction is calibrated.
 *
 * @param prediction mean and variance [N]
 * @param targets [N]
 * @returns [N]
 * @throws on different lengths or no targets
 * @see Dawid (1984); Gneiting, Balabdaoui & Raftery (2007)
 * @example
 * ```ts
 * import { gaussianPit } from '@subspace/metrics';
 *
 * gaussianPit({ mean: [0, 0], variance: [1, 1] }, [0, 1.96]); // [0.5, 0.975]
 * ```
 */
export function gaussianPit(prediction: GaussianPrediction, targets: ArrayLike<number>): Float64Array {
  requireGaussianPrediction('gaussianPit', prediction, targets);
  const { mean, variance } = prediction;
  return Float64Array.from(targets, (y, i) => cdf(y, mean[i], variance[i]));
}

/**
 * Probability integral transform F(y) of the targets under the model average itself, a mixture of Gaussians.
 *
 * @param prediction made with `keepMembers: true`
 * @param targets [N]
 * @returns [N]
 * @throws without members, on different lengths or no targets
 * @example
 * ```ts
 * import { mixturePit } from '@subspace/metrics';
 *
 * mixturePit({ members: { means: [[-1], [1]], variances: [[1], [1]] } }, [0]); // [0.5]
 * ```
 */
export function mixturePit(prediction: MixturePrediction, targets: ArrayLike<number>): Float64Array {
  const { means, variances } = requireMembers('mixturePit', prediction, targets);
  return Float64Array.from(targets, (y, i) => meanOver(means.length, (s) => cdf(y, means[s][i], variances[s][i])));
}

export interface QuantileCalibrationOptions {
  /** Probabilities to look at, from 0 to 1; default 0.05, 0.1 … 0.95. */
  readonly levels?: ArrayLike<number>;
  /** `'quantile'` (default): share of targets below the quantile; `'interval'`: share within the central interval. */
  readonly kind?: 'quantile' | 'interval';
}

export interface QuantileCalibration {
  readonly levels: Float64Array;
  /** Share of the targets below each quantile, or inside each interval; equal to `levels` if calibrated. */
  readonly observed: Float64Array;
  /** Mean of |observed − level|. */
  readonly meanAbsoluteError: number;
  /** Root of the mean of (observed − level)². */
  readonly rootMeanSquareError: number;
}

/**
 * Calibration of a regression: how many targets are below each predicted quantile, or within each central interval.
 *
 * @param pit probability integral transform of the targets [N], as `gaussianPit` or `mixturePit` gives it
 * @returns NaN throughout, but for the levels, where a value is not finite
 * @throws on no values, or values or levels outside [0, 1]
 * @see Kuleshov, Fenner & Ermon (2018), "Accurate uncertainties for deep learning using calibrated regression", Section 3.5
 * @example
 * ```ts
 * import { gaussianPit, quantileCalibration } from '@subspace/metrics';
 *
 * const prediction = { mean: [0, 0, 0, 0], variance: [1, 1, 1, 1] };
 * quantileCalibration(gaussianPit(prediction, [-2, -0.5, 0.5, 2]), { levels: [0.25, 0.5, 0.75] }); // observed [¼, ½, ¾]
 * ```
 */
export function quantileCalibration(
  pit: ArrayLike<number>,
  options: QuantileCalibrationOptions = {},
): QuantileCalibration {
  const where = 'quantileCalibration';
  requireKnownOptions(where, options, ['levels', 'kind']);
  const { kind = 'quantile', levels: given = Array.from({ length: 19 }, (_, i) => (i + 1) / 20) } = options;
  if (kind !== 'quantile' && kind !== 'interval') {
    throw argumentError(where, `kind is ${show(kind)}, expected quantile or interval`);
  }
  requireNumbers(where, 'pit', pit);
  requireNumbers(where, 'levels', given);
  if (pit.length === 0) throw argumentError(where, 'pit is empty, expected at least one value');
  if (given.length === 0) throw argumentError(where, 'levels are empty, expected at least one');
  for (let j = 0; j < given.length; j++) {
    if (!(given[j] >= 0 && given[j] <= 1)) {
      throw argumentError(where, `levels[${j}] is ${given[j]}, expected a number from 0 to 1`);
    }
  }
  const levels = Float64Array.from(given);
  const transforms = readTransforms(where, pit);
  const values = transforms.map((value) => (kind === 'quantile' ? value : Math.abs(2 * value - 1)));
  const observed = levels.map((level) => meanScore([values], (i) => (values[i] <= level ? 1 : 0)));
  return {
    levels,
    observed,
    meanAbsoluteError: meanOver(levels.length, (j) => Math.abs(observed[j] - levels[j])),
    rootMeanSquareError: Math.sqrt(meanOver(levels.length, (j) => (observed[j] - levels[j]) ** 2)),
  };
}

/**
 * Sharpness of a regression: the root of the mean predicted variance, in the units of the target. Smaller is better among calibrated predictions.
 *
 * @param prediction variance [N]
 * @throws on no points
 * @see Gneiting, Balabdaoui & Raftery (2007); Kuleshov et al. (2018)
 * @example
 * ```ts
 * import { sharpness } from '@subspace/metrics';
 *
 * sharpness({ variance: [1, 7] }); // 2
 * ```
 */
export function sharpness(prediction: { readonly variance: ArrayLike<number> }): number {
  requireOptions('sharpness', 'prediction', prediction);
  const { variance } = prediction;
  requireNumbers('sharpness', 'variance', variance);
  if (variance.length === 0) throw argumentError('sharpness', 'variance is empty, expected at least one point');
  requireVariance('sharpness', 'variance', variance, variance.length);
  return Math.sqrt(meanScore([variance], (i) => variance[i]));
}

/**
 * Pinball loss of predicted quantiles q: mean of max(p·(y − q), (p − 1)·(y − q)). A proper score of the p-quantile.
 *
 * @param quantiles [N], as `gaussianQuantile` gives them
 * @param targets [N]
 * @param probability p between 0 and 1
 * @throws on different lengths, no targets, or a probability outside (0, 1)
 * @see Koenker & Bassett (1978)
 * @example
 * ```ts
 * import { pinballLoss } from '@subspace/metrics';
 *
 * pinballLoss([0, 0], [1, -1], 0.9); // (0.9 + 0.1) / 2
 * ```
 */
export function pinballLoss(quantiles: ArrayLike<number>, targets: ArrayLike<number>, probability: number): number {
  requireTargets('pinballLoss', quantiles, targets, 'quantiles');
  if (!(probability > 0 && probability < 1)) {
    throw argumentError('pinballLoss', `probability is ${probability}, expected a number between 0 and 1`);
  }
  return meanScore([targets, quantiles], (i) => {
    const residual = targets[i] - quantiles[i];
    return Math.max(probability * residual, (probability - 1) * residual);
  });
}

/** F(y) of N(mean, variance); of a point where the variance is 0. NaN where one of them is not finite. */
function cdf(y: number, mean: number, variance: number): number {
  if (!areFinite([y, mean, variance])) return Number.NaN;
  return y === mean && variance === 0 ? 1 : normalCdf((y - mean) / Math.sqrt(variance));
}

/** Values of F, NaN where they are not finite; what rounding has left outside [0, 1] is brought back. */
function readTransforms(where: string, pit: ArrayLike<number>): Float64Array {
  return Float64Array.from(pit, (value, i) => {
    if (!Number.isFinite(value)) return Number.NaN;
    if (value < -ROUNDING || value > 1 + ROUNDING) {
      throw argumentError(where, `pit[${i}] is ${value}, expected a number from 0 to 1`);
    }
    return Math.min(1, Math.max(0, value));
  });
}

const ROUNDING = 1e-6;
