import { quantile } from '@subspace/core';
import {
  argumentError,
  normalQuantile,
  requireKnownOptions,
  requireLength,
  requireOptions,
  show,
} from '@subspace/core/internals';
import { conformalQuantile } from './conformal-quantile.ts';
import { requireCoverage } from './coverage.ts';
import type { Intervals, PredictedTargets, RegressionModel } from './regression-model.ts';
import { type Rows, readTable } from './table.ts';

export interface ConformalRegressorOptions {
  /**
   * `'normalized'` (the default): μ ± q·σ, scores |y − μ|/σ. `'quantile'`: the model's own quantiles, moved outwards (or inwards) by q; of its `samples`, or where it gives none of a Gaussian.
   */
  readonly method?: 'normalized' | 'quantile';
}

export interface ConformalRegressor<M extends RegressionModel> {
  /** As the model's own; not needed for one that is fitted already. */
  readonly fit: M['fit'];
  /** Learns from rows that the model has not seen how far off it is. Replaces what was learnt before. */
  conformalize(inputs: Rows, targets: Rows): Promise<void>;
  /** `coverage` is 0.95 by default. Infinite where the rows of `conformalize` are too few: n rows tell of up to n/(n + 1). */
  predictInterval(inputs: Rows, options?: { readonly coverage?: number }): Promise<Intervals>;
}

/**
 * Intervals that hold what they say, of any regression model: split conformal prediction.
 *
 * P(y in the interval) ≥ `coverage`, and (where no two scores are equal) at most 1/(n + 1) more, whatever the model and the distribution, if the n rows of `conformalize` and the new one are exchangeable (drawn alike, and none of them seen
 * by the model). Of several targets, each has intervals of its own.
 *
 * It is a promise on average over all rows, and can hurt. Where new rows come from elsewhere (a shift in time, in place, in who is measured) nothing is promised, and a model whose uncertainty grows away from
 * its data may have been the better one: look at the coverage by group. An underconfident model's intervals become *narrower*: the slack that would have covered a shift, or the hard rows among easy ones, is
 * taken away. And rows that were held out for `conformalize` are missing in training.
 *
 * @param model that predicts mean and variance: every estimator of this package, or your own
 * @throws on an unknown method; `predictInterval` before `conformalize`; a variance that is not above zero (`'normalized'`)
 * @see Lei et al. (2018), "Distribution-free predictive inference for regression"; Romano, Patterson & Candès (2019), "Conformalized quantile regression"
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { conformalRegressor, type RegressionModel } from '@subspace/estimators';
 *
 * // A model that is right about the mean, and ten times too sure.
 * const model: RegressionModel = {
 *   fit() {},
 *   predict: (rows) => ({ mean: Float64Array.from(rows as number[]), variance: new Float64Array((rows as number[]).length).fill(0.01) }),
 * };
 * const random = randomSource(1);
 * const x = Array.from({ length: 200 }, random.normal);
 * const calibrated = conformalRegressor(model);
 * await calibrated.conformalize(x, x.map((value) => value + random.normal()));
 * const { lower, upper } = await calibrated.predictInterval([0], { coverage: 0.9 }); // about −1.6 and 1.6
 * ```
 */
export function conformalRegressor<M extends RegressionModel>(
  model: M,
  options: ConformalRegressorOptions = {},
): ConformalRegressor<M> {
  const where = 'conformalRegressor';
  requireOptions(where, 'model', model);
  requireKnownOptions(where, options, ['method']);
  const { method = 'normalized' } = options;
  if (!Object.hasOwn(METHODS, method)) {
    throw argumentError(where, `method is ${show(method)}, expected 'normalized' or 'quantile'`);
  }
  const { score, interval } = METHODS[method];
  let seen:
    | { readonly prediction: PredictedTargets; readonly targets: ArrayLike<number>; readonly width: number }
    | undefined;

  return {
    fit: (inputs, targets, ...more: []) => model.fit(inputs, targets, ...more),
    async conformalize(inputs, targets) {
      const { data, shape } = readTable(`${where}.conformalize`, 'targets', targets);
      const prediction = await model.predict(inputs);
      requireLength(`${where}.conformalize`, 'targets', data as ArrayLike<number>, prediction.mean.length);
      seen = { prediction, targets: Float64Array.from(data as ArrayLike<number>), width: data.length / shape[0] };
    },
    async predictInterval(inputs, given = {}) {
      requireKnownOptions(`${where}.predictInterval`, given, ['coverage']);
      const { coverage = 0.95 } = given;
      requireCoverage(`${where}.predictInterval`, coverage);
      if (!seen) {
        throw argumentError(
          `${where}.predictInterval`,
          'nothing was conformalized, expected conformalize(inputs, targets) before',
        );
      }
      const { prediction: before, targets, width } = seen;
      const scores = targets.length;
      const quantiles = Array.from({ length: width }, (_, column) =>
        conformalQuantile(
          Float64Array.from({ length: scores / width }, (_, row) => {
            const i = row * width + column;
            return score(where, before, i, targets[i], coverage);
          }),
          coverage,
        ),
      );
      const prediction = await model.predict(inputs);
      const intervals = Array.from(prediction.mean, (_, i) =>
        interval(where, prediction, i, quantiles[i % width], coverage),
      );
      return {
        lower: Float64Array.from(intervals, ([lower]) => lower),
        upper: Float64Array.from(intervals, ([, upper]) => upper),
      };
    },
  };
}

interface Method {
  /** How far the i-th prediction is from what was measured. */
  score(where: string, prediction: PredictedTargets, i: number, target: number, coverage: number): number;
  /** All that scores at most q. */
  interval(
    where: string,
    prediction: PredictedTargets,
    i: number,
    q: number,
    coverage: number,
  ): readonly [lower: number, upper: number];
}

const METHODS: Readonly<Record<'normalized' | 'quantile', Method>> = {
  normalized: {
    score(where, { mean, variance }, i, target) {
      return Math.abs(target - mean[i]) / std(where, variance, i);
    },
    interval(where, { mean, variance }, i, q) {
      const half = q * std(where, variance, i);
      return [mean[i] - half, mean[i] + half];
    },
  },
  quantile: {
    score(_where, prediction, i, target, coverage) {
      const [lower, upper] = ownQuantiles(prediction, i, coverage);
      return Math.max(lower - target, target - upper);
    },
    interval(_where, prediction, i, q, coverage) {
      const [lower, upper] = ownQuantiles(prediction, i, coverage);
      // Moved inwards by more than their distance, they would cross.
      const shift = Math.max(q, 0.5 * (lower - upper));
      return [lower - shift, upper + shift];
    },
  },
};

function std(where: string, variance: ArrayLike<number>, i: number): number {
  if (variance[i] > 0) return Math.sqrt(variance[i]);
  throw argumentError(where, `the model's variance[${i}] is ${variance[i]}, expected a number greater than 0`);
}

function ownQuantiles(
  { mean, variance, samples }: PredictedTargets,
  i: number,
  coverage: number,
): readonly [lower: number, upper: number] {
  const tail = (1 - coverage) / 2;
  if (samples) {
    const values = Float64Array.from(samples, (sample) => sample[i]);
    return [quantile(values, tail), quantile(values, 1 - tail)];
  }
  const half = -normalQuantile(tail) * Math.sqrt(variance[i]);
  return [mean[i] - half, mean[i] + half];
}
