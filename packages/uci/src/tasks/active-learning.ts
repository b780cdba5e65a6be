import { argumentError, requireCount, requireKnownOptions } from '@subspace/core/internals';
import { paperSplits, standardize } from '@subspace/datasets';
import type { ClassificationModel, RegressionModel } from '../model.ts';
import { gaussianNll } from '../scores.ts';
import {
  labelsOf,
  predicted,
  predictedClasses,
  requireModel,
  requireTaskData,
  rowsOf,
  type TaskData,
} from './task-data.ts';
import type { TaskResult } from './task-result.ts';
import { type TaskStepsOptions, taskSteps } from './task-steps.ts';

export interface ActiveLearningOptions<Model> extends TaskStepsOptions {
  readonly dataset: TaskData;
  /** Which order the rows are in, counted from 1: that of the original's split, all its rows. */
  readonly split: number;
  readonly model: Model;
  /** How many labels to ask for, one after each fit. Default 10. */
  readonly iterations?: number;
  /** Labels that are there from the start. Default 3. */
  readonly initial?: number;
}

/**
 * Active learning of numbers: at each step the model is fitted to the rows that have a label, and asks for that of the row whose prediction has the largest variance.
 *
 * Inputs are standardised by all rows, since these are there without labels; targets by the rows that have one. `arrays` has a score for each step, of the
 * rows without a label (`test…`), with one (`train…`), and of all (`total…`): log likelihoods and RMSE, in units of the standard deviation of all targets.
 *
 * @throws as `regressionTask`
 * @see Salimbeni, `bayesian_benchmarks`, where the row just asked for counts as one with a label already when a step is scored
 * @example
 * ```ts
 * import { loadUci } from '@subspace/datasets/node';
 * import { activeLearningTask } from '@subspace/uci';
 *
 * const model = {
 *   fit: () => {},
 *   predict: ({ shape: [rows] }) => ({ mean: new Float64Array(rows), variance: new Float64Array(rows).fill(1) }),
 * };
 * const { arrays } = await activeLearningTask({ dataset: await loadUci('yacht'), split: 1, model, iterations: 4 });
 * arrays.testRmse.length; // 4
 * ```
 */
export async function activeLearningTask(
  options: ActiveLearningOptions<RegressionModel>,
): Promise<TaskResult<{ readonly rmse: number; readonly nll: number }>> {
  const where = 'activeLearningTask';
  const { order, initial, iterations } = requireActive(where, options);
  const { dataset, model, split } = options;
  const inputs = rowsOf(standardize(dataset.inputs).arrays, order);
  const size = order.length;
  const width = dataset.targets.data.length / size;
  if (width !== 1) throw argumentError(where, `dataset.targets have ${width} columns, expected one`);
  const targets = Float64Array.from(order, (row) => Number(dataset.targets.data[row]));
  const unit = standardize({ data: targets, shape: [size] }).transform.std[0];
  const labelled = Array.from({ length: size }, (_, i) => i < initial);
  const series = seriesOf(iterations, ['Loglik', 'Rmse']);
  const stepDone = taskSteps(where, options, iterations);
  for (let step = 0; step < iterations; step++) {
    const known = rowsWhere(labelled, true);
    const { arrays, transform } = standardize({ data: targets, shape: [size] }, { rows: known });
    await model.fit(rowsOf(inputs, known), rowsOf(arrays, known));
    const { mean, variance } = await predicted(where, model, inputs, size);
    const [shift, scale] = [transform.mean[0], transform.std[0]];
    const error = (i: number) => (targets[i] - (mean[i] * scale + shift)) / unit;
    const spread = (i: number) => (variance[i] * scale * scale) / (unit * unit);
    series.add(step, labelled, {
      Loglik: (rows) => average(rows, (i) => -gaussianNll(error(i), spread(i))),
      Rmse: (rows) => Math.sqrt(average(rows, (i) => error(i) * error(i))),
    });
    labelled[largest(labelled, (i) => variance[i])] = true;
    await stepDone();
  }
  const { arrays } = series;
  const scores = { rmse: arrays.testRmse[iterations - 1], nll: -arrays.testLoglik[iterations - 1] };
  return { task: 'active_learning_continuous', dataset: dataset.name, split, scores, arrays };
}

/**
 * Active learning of classes: at each step the classifier asks for the label of the row whose prediction has the largest entropy.
 *
 * `arrays` has log likelihood and accuracy for each step, of the rows without a label, with one, and of all.
 *
 * @throws as `classificationTask`
 * @example
 * ```ts
 * import { activeClassificationTask } from '@subspace/uci';
 *
 * const dataset = {
 *   name: 'toy',
 *   inputs: { data: Float64Array.from({ length: 40 }, (_, i) => i), shape: [40, 1] },
 *   targets: { data: Int32Array.from({ length: 40 }, (_, i) => (i < 20 ? 0 : 1)), shape: [40] },
 * };
 * const model = {
 *   fit: () => {},
 *   predict: ({ shape: [rows] }) => ({ classes: 2, probabilities: new Float64Array(2 * rows).fill(0.5) }),
 * };
 * const { arrays } = await activeClassificationTask({ dataset, split: 1, model, iterations: 5 });
 * arrays.totalAcc[0]; // 0.5
 * ```
 */
export async function activeClassificationTask(
  options: ActiveLearningOptions<ClassificationModel>,
): Promise<TaskResult<{ readonly accuracy: number; readonly nll: number }>> {
  const where = 'activeClassificationTask';
  const { order, initial, iterations } = requireActive(where, options);
  const { dataset, model, split } = options;
  const inputs = rowsOf(standardize(dataset.inputs).arrays, order);
  const size = order.length;
  const { labels: all, classes } = labelsOf(where, dataset.targets);
  const labels = Int32Array.from(order, (row) => all[row]);
  const labelled = Array.from({ length: size }, (_, i) => i < initial);
  const series = seriesOf(iterations, ['Loglik', 'Acc']);
  const stepDone = taskSteps(where, options, iterations);
  for (let step = 0; step < iterations; step++) {
    const known = rowsWhere(labelled, true);
    await model.fit(
      rowsOf(inputs, known),
      Int32Array.from(known, (i) => labels[i]),
    );
    const p = await predictedClasses(where, model, inputs, classes);
    const rowOf = (i: number) => p.subarray(i * classes, (i + 1) * classes);
    series.add(step, labelled, {
      Loglik: (rows) => average(rows, (i) => Math.log(rowOf(i)[labels[i]])),
      Acc: (rows) => average(rows, (i) => (rowOf(i).indexOf(Math.max(...rowOf(i))) === labels[i] ? 1 : 0)),
    });
    labelled[largest(labelled, (i) => rowOf(i).reduce((sum, q) => sum - q * Math.log(q), 0))] = true;
    await stepDone();
  }
  const { arrays } = series;
  const scores = { accuracy: arrays.testAcc[iterations - 1], nll: -arrays.testLoglik[iterations - 1] };
  return { task: 'active_learning_discrete', dataset: dataset.name, split, scores, arrays };
}

function requireActive(where: string, options: ActiveLearningOptions<unknown>) {
  requireKnownOptions(where, options, ['dataset', 'split', 'model', 'iterations', 'initial', 'signal', 'onProgress']);
  const { dataset, split, model, iterations = 10, initial = 3 } = options;
  requireTaskData(where, dataset);
  requireModel(where, model);
  requireCount(where, 'split', split);
  requireCount(where, 'iterations', iterations);
  requireCount(where, 'initial', initial);
  const size = dataset.inputs.shape[0];
  if (initial + iterations > size) {
    throw argumentError(
      where,
      `initial + iterations is ${initial + iterations}, expected at most ${size}, as there are rows`,
    );
  }
  const { train, test } = paperSplits(size, { count: split })[split - 1];
  return { order: Int32Array.from([...train, ...test]), initial, iterations };
}

/** Of rows with a label, without one, and of all: one array for each score, a number for each step. */
function seriesOf(iterations: number, scores: readonly string[]) {
  const arrays: Record<string, Float64Array> = {};
  for (const part of ['test', 'train', 'total']) {
    for (const score of scores) arrays[part + score] = new Float64Array(iterations);
  }
  return {
    arrays,
    add(
      step: number,
      labelled: readonly boolean[],
      scored: Readonly<Record<string, (rows: readonly number[]) => number>>,
    ) {
      const parts = { test: rowsWhere(labelled, false), train: rowsWhere(labelled, true), total: [...labelled.keys()] };
      for (const [part, rows] of Object.entries(parts)) {
        for (const [score, value] of Object.entries(scored)) arrays[part + score][step] = value(rows);
      }
    },
  };
}

function rowsWhere(flags: readonly boolean[], value: boolean): readonly number[] {
  return [...flags.keys()].filter((i) => flags[i] === value);
}

function average(rows: readonly number[], score: (i: number) => number): number {
  return rows.reduce((sum, i) => sum + score(i), 0) / rows.length;
}

/** The row without a label of which most is to be learnt. */
function largest(labelled: readonly boolean[], value: (i: number) => number): number {
  return rowsWhere(labelled, false).reduce((best, i) => (value(i) > value(best) ? i : best));
}
