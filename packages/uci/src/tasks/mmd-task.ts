import { randomSource } from '@subspace/core';
import { requireCount, requireKnownOptions } from '@subspace/core/internals';
import { standardizeSplit } from '@subspace/datasets';
import { principalComponents } from './principal-components.ts';
import type { RegressionTaskOptions } from './regression-task.ts';
import { targetDraws } from './target-draws.ts';
import { predicted, requireModel, splitOf } from './task-data.ts';
import type { TaskResult } from './task-result.ts';
import { type TaskStepsOptions, taskSteps } from './task-steps.ts';

export interface MmdTaskOptions extends RegressionTaskOptions, TaskStepsOptions {
  readonly seed: number | string;
  /** Draws of the targets of each test row; so many that there are at most 5000 points. Default 100. */
  readonly draws?: number;
  /** Principal components of the test rows, inputs and targets, that are compared; 0 for all that there is. Default 2. */
  readonly components?: number;
}

/** More points than that, and their pairs take minutes. */
const POINTS = 5000;

/**
 * Maximum mean discrepancy between synthetic data, the test inputs with targets drawn from the model, and the test rows themselves: 0 for the same distribution.
 *
 * MMD² = mean k(a, a′) − 2·mean k(a, b) + mean k(b, b′) with k(a, b) = exp(−½‖a − b‖²), over standardised inputs and targets. (The original divides the first and
 * the last sum by each other's number of pairs, and takes the components of real and synthetic rows together, in which a target that never varies has none.)
 *
 * @throws as `regressionTask`
 * @see Gretton et al. (2012), "A kernel two-sample test", Equation (5)
 * @example
 * ```ts
 * import { loadUci } from '@subspace/datasets/node';
 * import { mmdTask } from '@subspace/uci';
 *
 * const model = {
 *   fit: () => {},
 *   predict: ({ shape: [rows] }) => ({ mean: new Float64Array(rows), variance: new Float64Array(rows).fill(1) }),
 * };
 * const { scores } = await mmdTask({ dataset: await loadUci('yacht'), split: 1, model, draws: 10, seed: 1 });
 * scores.mmd; // small, not 0
 * ```
 */
export async function mmdTask(options: MmdTaskOptions): Promise<TaskResult<{ readonly mmd: number }>> {
  const where = 'mmdTask';
  const own = ['seed', 'draws', 'components', 'signal', 'onProgress'];
  requireKnownOptions(where, options, ['dataset', 'split', 'splits', 'model', 'paperCompat', ...own]);
  const { dataset, model, split, paperCompat = false, seed, draws = 100, components = 2 } = options;
  requireModel(where, model);
  requireCount(where, 'draws', draws);
  requireCount(where, 'components', components, 0);
  const { train, test } = standardizeSplit(dataset, splitOf(where, options), { paperCompat });
  const rows = test.inputs.shape[0];
  const count = Math.max(1, Math.min(draws, Math.floor(POINTS / rows)));
  const stepDone = taskSteps(where, options, (2 * count + 1) * rows);
  await model.fit(train.inputs, train.targets);
  const prediction = await predicted(where, model, test.inputs, test.targets.data.length);
  const made = targetDraws(prediction, count, randomSource(seed).fork('draws'));
  const real = pointsOf(test.inputs.data, test.targets.data, rows);
  const synthetic = made.flatMap((targets) => pointsOf(test.inputs.data, targets, rows));
  const project = components > 0 ? principalComponents(real, components) : (point: Float64Array) => point;
  return {
    task: 'mmd',
    dataset: dataset.name,
    split,
    scores: { mmd: await squaredMmd(synthetic.map(project), real.map(project), stepDone) },
    arrays: {},
  };
}

function pointsOf(inputs: ArrayLike<number>, targets: ArrayLike<number>, rows: number): readonly Float64Array[] {
  const [d, m] = [inputs.length / rows, targets.length / rows];
  return Array.from({ length: rows }, (_, row) =>
    Float64Array.from({ length: d + m }, (_, k) => (k < d ? inputs[row * d + k] : targets[row * m + k - d])),
  );
}

async function squaredMmd(
  a: readonly Float64Array[],
  b: readonly Float64Array[],
  pointDone: () => void | Promise<void>,
): Promise<number> {
  const ofA = await meanKernel(a, a, pointDone);
  const between = await meanKernel(a, b, pointDone);
  return ofA - 2 * between + (await meanKernel(b, b, pointDone));
}

async function meanKernel(
  a: readonly Float64Array[],
  b: readonly Float64Array[],
  pointDone: () => void | Promise<void>,
): Promise<number> {
  let sum = 0;
  for (const one of a) {
    for (const other of b) {
      let squares = 0;
      for (let k = 0; k < one.length; k++) squares += (one[k] - other[k]) * (one[k] - other[k]);
      sum += Math.exp(-0.5 * squares);
    }
    await pointDone();
  }
  return sum / a.length / b.length;
}
