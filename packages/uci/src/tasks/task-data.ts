import type { MaybePromise, RawArrays } from '@subspace/core';
import { argumentError, requireArraysOf, requireCount, requireOptions, show } from '@subspace/core/internals';
import { paperSplits, type Split } from '@subspace/datasets';
import type { FloatRows, PredictedClasses, PredictedTargets } from '../model.ts';

/** A data set with a name: what `loadUci` gives is one. */
export interface TaskData {
  readonly name: string;
  /** [N, …], in the data's own units. */
  readonly inputs: RawArrays;
  /** [N] or [N, M]; of classes, numbers from 0. */
  readonly targets: RawArrays;
}

export interface SplitOptions {
  readonly dataset: TaskData;
  /** Which one, counted from 1. */
  readonly split: number;
  /** The splits that `split` counts: `dataset.splits`, say. Default: those of the original code, `paperSplits(N)`. */
  readonly splits?: readonly Split[];
}

/** The rows of the split that is asked for. */
export function splitOf(where: string, { dataset, split, splits }: SplitOptions): Split {
  requireTaskData(where, dataset);
  requireCount(where, 'split', split);
  const size = dataset.inputs.shape[0];
  if (!splits) return paperSplits(size, { count: split })[split - 1];
  if (split > splits.length) {
    throw argumentError(where, `split is ${split}, expected at most ${splits.length}, as there are splits`);
  }
  const { train, test } = splits[split - 1];
  const wrong = [...train, ...test].find((row) => !(Number.isInteger(row) && row >= 0 && row < size));
  if (wrong === undefined) return splits[split - 1];
  throw argumentError(where, `splits[${split - 1}] has row ${wrong}, expected rows from 0 to ${size - 1}`);
}

export function requireTaskData(where: string, dataset: TaskData): void {
  requireOptions(where, 'dataset', dataset);
  if (typeof dataset.name !== 'string')
    throw argumentError(where, `dataset.name is ${show(dataset.name)}, expected a text`);
  requireArraysOf(where, 'dataset.inputs', dataset.inputs);
  requireArraysOf(where, 'dataset.targets', dataset.targets);
  const rows = dataset.inputs.shape[0];
  if (dataset.targets.shape[0] === rows) return;
  throw argumentError(where, `dataset.targets have ${dataset.targets.shape[0]} rows, expected ${rows} as the inputs`);
}

export function requireModel(where: string, model: unknown): void {
  const { fit, predict } = (model ?? {}) as { fit?: unknown; predict?: unknown };
  if (typeof fit === 'function' && typeof predict === 'function') return;
  throw argumentError(
    where,
    `model is ${show(model)}, expected an object with fit(inputs, targets) and predict(inputs)`,
  );
}

/** What the model says, if it is as long as the targets and its variances are above zero. */
export async function predicted(
  where: string,
  model: { predict(inputs: FloatRows): MaybePromise<PredictedTargets> },
  inputs: FloatRows,
  length: number,
): Promise<PredictedTargets> {
  const prediction = await model.predict(inputs);
  requireOptions(where, "the model's prediction", prediction);
  const { mean, variance, members, samples = [] } = prediction;
  requireNumbers(where, 'mean', mean, length, false);
  requireNumbers(where, 'variance', variance, length, true);
  for (const draw of samples) requireNumbers(where, 'samples', draw, length, false);
  for (const one of members?.means ?? []) requireNumbers(where, 'members.means', one, length, false);
  for (const one of members?.variances ?? []) requireNumbers(where, 'members.variances', one, length, true);
  return prediction;
}

/** Probabilities that sum to one, clipped to [1e-12, 1 − 1e-12] as in the original: one wrong certainty is not worth infinitely much. */
export async function predictedClasses(
  where: string,
  model: { predict(inputs: FloatRows): MaybePromise<PredictedClasses> },
  inputs: FloatRows,
  classes: number,
): Promise<Float64Array> {
  const rows = inputs.shape[0];
  const prediction = await model.predict(inputs);
  requireOptions(where, "the model's prediction", prediction);
  if (prediction.classes !== classes) {
    throw argumentError(where, `the model has ${prediction.classes} classes, expected ${classes} as the labels`);
  }
  requireNumbers(where, 'probabilities', prediction.probabilities, rows * classes, false);
  const clipped = Float64Array.from(prediction.probabilities, (p) => Math.min(1 - CLIP, Math.max(CLIP, p)));
  for (let row = 0; row < rows; row++) {
    const one = clipped.subarray(row * classes, (row + 1) * classes);
    const sum = one.reduce((a, b) => a + b, 0);
    if (Math.abs(sum - 1) > 1e-3) {
      throw argumentError(where, `the model's probabilities of row ${row} sum to ${sum}, expected 1`);
    }
    for (let k = 0; k < classes; k++) one[k] /= sum;
  }
  return clipped;
}

const CLIP = 1e-12;

function requireNumbers(
  where: string,
  name: string,
  values: ArrayLike<number>,
  length: number,
  positive: boolean,
): void {
  if (values?.length !== length) {
    throw argumentError(where, `the model's ${name} has length ${values?.length}, expected ${length}`);
  }
  for (let i = 0; i < length; i++) {
    if (Number.isFinite(values[i]) && (!positive || values[i] > 0)) continue;
    throw argumentError(
      where,
      `the model's ${name}[${i}] is ${values[i]}, expected a finite number${positive ? ' greater than 0' : ''}`,
    );
  }
}

/** Seconds that it took, and what it gave. */
export async function timed<T>(work: () => MaybePromise<T>): Promise<{ readonly value: T; readonly seconds: number }> {
  const began = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - began) / 1000 };
}

/** Labels 0 … C−1. */
export function labelsOf(
  where: string,
  { data }: RawArrays,
): { readonly labels: Int32Array; readonly classes: number } {
  const labels = Int32Array.from({ length: data.length }, (_, i) => {
    const label = Number(data[i]);
    if (Number.isInteger(label) && label >= 0 && label < 1 << 20) return label;
    throw argumentError(where, `dataset.targets.data[${i}] is ${label}, expected a class: an integer from 0`);
  });
  return { labels, classes: labels.reduce((most, label) => Math.max(most, label), 0) + 1 };
}

/** Rows of an array of floats, in the order given. */
export function rowsOf({ data, shape }: FloatRows, rows: ArrayLike<number>): FloatRows {
  const width = data.length / shape[0];
  const made = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) made.set(data.subarray(rows[i] * width, (rows[i] + 1) * width), i * width);
  return { data: made, shape: [rows.length, ...shape.slice(1)] };
}
