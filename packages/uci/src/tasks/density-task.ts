import { randomSource } from '@subspace/core';
import { logSumExp, requireCount, requireKnownOptions } from '@subspace/core/internals';
import { standardizeSplit } from '@subspace/datasets';
import type { RegressionTaskOptions } from './regression-task.ts';
import { targetDraws } from './target-draws.ts';
import { predicted, requireModel, splitOf, timed } from './task-data.ts';
import type { TaskResult } from './task-result.ts';
import { type TaskStepsOptions, taskSteps } from './task-steps.ts';

export interface DensityTaskOptions extends RegressionTaskOptions, TaskStepsOptions {
  /** Draws for each test row. Default 10000, as in the original. */
  readonly draws?: number;
  readonly seed: number | string;
}

/**
 * Conditional density estimation: the log density of the test targets by a kernel estimate over draws from the model's prediction.
 *
 * Kernels are Gaussians of width 1.06·s·n^(−1/5), Silverman's rule. Draws are the prediction's `samples` where there are enough, else of its members, else of its
 * Gaussian. Scores are averages over the test targets, in units of the standardised target and in the data's own.
 *
 * @throws as `regressionTask`
 * @see Silverman (1986), "Density Estimation for Statistics and Data Analysis"
 * @example
 * ```ts
 * import { loadUci } from '@subspace/datasets/node';
 * import { densityTask } from '@subspace/uci';
 *
 * const model = {
 *   fit: () => {},
 *   predict: ({ shape: [rows] }) => ({ mean: new Float64Array(rows), variance: new Float64Array(rows).fill(1) }),
 * };
 * const { scores } = await densityTask({ dataset: await loadUci('yacht'), split: 1, model, draws: 500, seed: 1 });
 * scores.nll; // near that of the Gaussian itself
 * ```
 */
export async function densityTask(
  options: DensityTaskOptions,
): Promise<TaskResult<{ readonly nll: number; readonly nllUnnormalized: number; readonly fitSeconds: number }>> {
  const where = 'densityTask';
  const own = ['draws', 'seed', 'signal', 'onProgress'];
  requireKnownOptions(where, options, ['dataset', 'split', 'splits', 'model', 'paperCompat', ...own]);
  const { dataset, model, split, paperCompat = false, draws = 10_000, seed } = options;
  requireModel(where, model);
  requireCount(where, 'draws', draws, 2);
  const { train, test, targetTransform } = standardizeSplit(dataset, splitOf(where, options), { paperCompat });
  const stepDone = taskSteps(where, options, test.targets.data.length);
  const { seconds } = await timed(() => model.fit(train.inputs, train.targets));
  const targets = test.targets.data;
  const prediction = await predicted(where, model, test.inputs, targets.length);
  const made = targetDraws(prediction, draws, randomSource(seed).fork('draws'));
  const logs = new Float64Array(targets.length);
  for (let i = 0; i < targets.length; i++) {
    logs[i] = kernelLogDensity(
      Float64Array.from(made, (draw) => draw[i]),
      targets[i],
    );
    await stepDone();
  }
  const nll = -logs.reduce((sum, value) => sum + value, 0) / logs.length;
  const logUnit = targetTransform.std.reduce((sum, std) => sum + Math.log(std), 0) / targetTransform.std.length;
  return {
    task: 'conditional_density_estimation',
    dataset: dataset.name,
    split,
    scores: { nll, nllUnnormalized: nll + logUnit, fitSeconds: seconds },
    arrays: {},
  };
}

function kernelLogDensity(draws: Float64Array, target: number): number {
  const size = draws.length;
  const mean = draws.reduce((sum, x) => sum + x, 0) / size;
  const std = Math.sqrt(draws.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / size);
  const width = 1.06 * std * Math.exp(-Math.log(size) / 5);
  const logs = draws.map((x) => -0.5 * ((target - x) / width) * ((target - x) / width));
  return logSumExp(logs) - Math.log(size * width) - 0.5 * Math.log(2 * Math.PI);
}
