import { requireKnownOptions } from '@subspace/core/internals';
import { type StandardizedSplit, standardizeSplit } from '@subspace/datasets';
import type { PredictedTargets, RegressionModel } from '../model.ts';
import { type RegressionScores, regressionScores } from '../scores.ts';
import { predicted, requireModel, type SplitOptions, splitOf, timed } from './task-data.ts';
import type { TaskResult } from './task-result.ts';

export interface RegressionTaskOptions extends SplitOptions {
  readonly model: RegressionModel;
  /** Standardise by all rows, as the original code does. Default false: by the training rows. */
  readonly paperCompat?: boolean;
}

/** Scores in units of the standardised target, and in the data's own (`…Unnormalized`, the paper's "unnormalised"). */
export interface RegressionTaskScores extends RegressionScores {
  readonly nllUnnormalized: number;
  readonly mixtureNllUnnormalized: number;
  readonly rmseUnnormalized: number;
  readonly maeUnnormalized: number;
  readonly crpsUnnormalized: number;
  /** Wall clock. */
  readonly fitSeconds: number;
  readonly inferenceSeconds: number;
}

/** `arrays`: the test rows' targets, and mean and variance of their predictions, in the data's own units. */
export type RegressionResult = TaskResult<RegressionTaskScores>;

/**
 * One model on one split: fitted to the standardised training rows, scored on the test rows.
 *
 * @throws on predictions of another length, that are not finite, or whose variance is not above zero, naming the first one
 * @see Salimbeni, `bayesian_benchmarks`: the task whose table the paper reports
 * @example
 * ```ts
 * import { loadUci } from '@subspace/datasets/node';
 * import { regressionTask } from '@subspace/uci';
 *
 * // The mean of the training rows, whatever is asked: standardised, that is 0 with variance 1.
 * const model = {
 *   fit: () => {},
 *   predict: ({ shape: [rows] }) => ({ mean: new Float64Array(rows), variance: new Float64Array(rows).fill(1) }),
 * };
 * const { scores } = await regressionTask({ dataset: await loadUci('yacht'), split: 1, model });
 * scores.rmseUnnormalized; // about 16, the standard deviation of what is to be predicted
 * ```
 */
export async function regressionTask(options: RegressionTaskOptions): Promise<RegressionResult> {
  const where = 'regressionTask';
  requireKnownOptions(where, options, ['dataset', 'split', 'splits', 'model', 'paperCompat']);
  const { dataset, model, split, paperCompat = false } = options;
  requireModel(where, model);
  const parts = standardizeSplit(dataset, splitOf(where, options), { paperCompat });
  const { train, test } = parts;
  const fitting = await timed(() => model.fit(train.inputs, train.targets));
  const inference = await timed(() => predicted(where, model, test.inputs, test.targets.data.length));
  const units = inOwnUnits(inference.value, parts);
  const targets = Float64Array.from(parts.targetTransform.invert(test.targets).data);
  const scores = regressionScores(inference.value, test.targets.data);
  const own = regressionScores(units, targets);
  return {
    task: 'regression',
    dataset: dataset.name,
    split,
    scores: {
      ...scores,
      nllUnnormalized: own.nll,
      mixtureNllUnnormalized: own.mixtureNll,
      rmseUnnormalized: own.rmse,
      maeUnnormalized: own.mae,
      crpsUnnormalized: own.crps,
      fitSeconds: fitting.seconds,
      inferenceSeconds: inference.seconds,
    },
    arrays: { targets, mean: Float64Array.from(units.mean), variance: Float64Array.from(units.variance) },
  };
}

/** A prediction of standardised targets, in the units of before. */
export function inOwnUnits(
  { mean, variance, members }: PredictedTargets,
  { targetTransform }: Pick<StandardizedSplit, 'targetTransform'>,
): PredictedTargets {
  const { mean: means, std } = targetTransform;
  const width = std.length;
  const place = (values: ArrayLike<number>) =>
    Float64Array.from(values, (x, i) => x * std[i % width] + means[i % width]);
  const spread = (values: ArrayLike<number>) =>
    Float64Array.from(values, (x, i) => x * std[i % width] * std[i % width]);
  return {
    mean: place(mean),
    variance: spread(variance),
    ...(members ? { members: { means: members.means.map(place), variances: members.variances.map(spread) } } : {}),
  };
}
