import type { RawArrays } from '@subspace/core';
import {
  argumentError,
  requireFinite,
  requireKnownOptions,
  requireNonNegative,
  requirePositive,
} from '@subspace/core/internals';
import { standardizeSplit } from '@subspace/datasets';
import type { FloatRows } from '../model.ts';
import { gaussianNll, regressionScores } from '../scores.ts';
import { inOwnUnits, type RegressionTaskOptions } from './regression-task.ts';
import { predicted, requireModel, splitOf } from './task-data.ts';
import type { TaskResult } from './task-result.ts';
import { type TaskStepsOptions, taskSteps } from './task-steps.ts';

export interface AdversarialTaskOptions extends RegressionTaskOptions, TaskStepsOptions {
  /** How far each feature is moved, in its own units; a list has one for each feature. Several attacks are compared. */
  readonly epsilons: readonly (number | readonly number[])[];
  /** Where features stay, in their own units: [0, 255] of pixels. Default: anywhere. */
  readonly range?: readonly [number, number];
  /** Step of the differences that gradients are taken by, in standard deviations of a feature. Default 1e-3. */
  readonly step?: number;
}

/** `arrays`: RMSE and NLL in the data's own units, one for each of `epsilons`. */
export type AdversarialResult = TaskResult<{
  /** Without an attack. */
  readonly rmse: number;
  readonly nll: number;
  /** Under the last of the attacks. */
  readonly attackedRmse: number;
  readonly attackedNll: number;
}>;

/**
 * Robustness to the fast gradient sign method: x + ε·sign(∂NLL/∂x), feature by feature, in the data's own units (the original clamps inputs that are already standardised).
 *
 * Gradients are central differences of the model's own predictions, so that any model can be attacked: 2·D predictions of all test rows.
 *
 * @throws as `regressionTask`, and on lists of another length than there are features
 * @see Goodfellow, Shlens and Szegedy (2015), "Explaining and harnessing adversarial examples"
 * @example
 * ```ts
 * import { loadUci } from '@subspace/datasets/node';
 * import { adversarialTask } from '@subspace/uci';
 *
 * const model = {
 *   fit: () => {},
 *   predict: ({ data, shape: [rows] }) => ({
 *     mean: Float64Array.from({ length: rows }, (_, i) => data[6 * i + 5]),
 *     variance: new Float64Array(rows).fill(0.5),
 *   }),
 * };
 * const options = { dataset: await loadUci('yacht'), split: 1, model };
 * const { arrays } = await adversarialTask({ ...options, epsilons: [0, 0.01, 0.02] });
 * arrays.rmse[2] > arrays.rmse[0]; // true
 * ```
 */
export async function adversarialTask(options: AdversarialTaskOptions): Promise<AdversarialResult> {
  const where = 'adversarialTask';
  const own = ['epsilons', 'range', 'step', 'signal', 'onProgress'];
  requireKnownOptions(where, options, ['dataset', 'split', 'splits', 'model', 'paperCompat', ...own]);
  const { dataset, model, split, paperCompat = false, epsilons, range, step = 1e-3 } = options;
  requireModel(where, model);
  requirePositive(where, 'step', step);
  const chosen = splitOf(where, options);
  const parts = standardizeSplit(dataset, chosen, { paperCompat });
  const { train, test, inputTransform, targetTransform } = parts;
  const features = inputTransform.mean.length;
  const moves = readEpsilons(where, epsilons, features);
  if (range) requireFinite(where, 'range', range);
  const stepDone = taskSteps(where, options, features);
  await model.fit(train.inputs, train.targets);
  const targets = test.targets.data;
  const predict = (inputs: FloatRows) => predicted(where, model, inputs, targets.length);

  const signs = await gradientSigns(test.inputs, step, stepDone, async (inputs) => {
    const { mean, variance } = await predict(inputs);
    return rowSums(test.inputs.shape[0], targets.length, (i) => gaussianNll(targets[i] - mean[i], variance[i]));
  });
  const truth = targetTransform.invert(test.targets).data;
  const scored = async (inputs: FloatRows) => regressionScores(inOwnUnits(await predict(inputs), parts), truth);
  const clean = await scored(test.inputs);
  const attacked: { rmse: number; nll: number }[] = [];
  const raw = rawRows(dataset.inputs, chosen.test);
  for (const move of moves) {
    const moved = raw.map((x, i) => {
      const at = x + move[i % features] * signs[i];
      return range ? Math.min(range[1], Math.max(range[0], at)) : at;
    });
    attacked.push(await scored(inputTransform.apply({ data: moved, shape: test.inputs.shape })));
  }
  const last = attacked[attacked.length - 1];
  return {
    task: 'adversarial_robustness',
    dataset: dataset.name,
    split,
    scores: { rmse: clean.rmse, nll: clean.nll, attackedRmse: last.rmse, attackedNll: last.nll },
    arrays: {
      rmse: Float64Array.from(attacked, ({ rmse }) => rmse),
      nll: Float64Array.from(attacked, ({ nll }) => nll),
    },
  };
}

function readEpsilons(
  where: string,
  epsilons: readonly (number | readonly number[])[],
  features: number,
): readonly (readonly number[])[] {
  if (!Array.isArray(epsilons) || epsilons.length === 0) {
    throw argumentError(where, 'epsilons is empty, expected at least one number, or list of numbers');
  }
  return epsilons.map((epsilon: number | readonly number[], k) => {
    const each = typeof epsilon === 'number' ? new Array<number>(features).fill(epsilon) : epsilon;
    if (each.length !== features) {
      throw argumentError(
        where,
        `epsilons[${k}] has length ${each.length}, expected ${features}, one for each feature`,
      );
    }
    each.forEach((value) => {
      requireNonNegative(where, `epsilons[${k}]`, value);
    });
    return each;
  });
}

/** Of each feature of each row: whether the loss of the row goes up with it (1), down (−1) or stays (0). */
async function gradientSigns(
  inputs: FloatRows,
  step: number,
  stepDone: () => void | Promise<void>,
  loss: (inputs: FloatRows) => Promise<Float64Array>,
): Promise<Float64Array> {
  const rows = inputs.shape[0];
  const features = inputs.data.length / rows;
  const signs = new Float64Array(inputs.data.length);
  for (let feature = 0; feature < features; feature++) {
    const moved = (by: number) =>
      loss({ data: inputs.data.map((x, i) => (i % features === feature ? x + by : x)), shape: inputs.shape });
    const [up, down] = [await moved(step), await moved(-step)];
    up.forEach((value, row) => {
      signs[row * features + feature] = Math.sign(value - down[row]);
    });
    await stepDone();
  }
  return signs;
}

function rowSums(rows: number, length: number, value: (i: number) => number): Float64Array {
  const sums = new Float64Array(rows);
  for (let i = 0; i < length; i++) sums[Math.floor((i * rows) / length)] += value(i);
  return sums;
}

function rawRows({ data, shape }: RawArrays, rows: Int32Array): Float64Array {
  const width = data.length / shape[0];
  const made = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    for (let k = 0; k < width; k++) made[i * width + k] = Number(data[row * width + k]);
  });
  return made;
}
