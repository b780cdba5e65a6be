import {
  arraysDataset,
  type Dataset,
  type FloatArrays,
  type RawArrays,
  type Standardization,
  standardize,
} from '@subspace/core';
import { argumentError, requireArraysOf, requireKnownOptions, requireOptions } from '@subspace/core/internals';
import type { Split } from './splits.ts';

/** Rows of a split, in the order of its row numbers, standardised. */
export interface SplitPart {
  readonly inputs: FloatArrays;
  readonly targets: FloatArrays;
  /** The two, as `fit` takes them. */
  readonly data: Dataset;
}

export interface StandardizedSplit {
  readonly train: SplitPart;
  readonly test: SplitPart;
  readonly inputTransform: Standardization;
  /** Back to the data's own units: of targets, and by `invertPrediction` of predictions and their variances. */
  readonly targetTransform: Standardization;
}

/**
 * Training and test rows of a split, standardised by the training rows: inputs and targets.
 *
 * @param data inputs and targets [N, …], as `loadUci` and `inputsAndTargets` give them
 * @param options `paperCompat`: as the original code has it, mean and standard deviation of all rows, test rows too, and 10⁻⁶ more than the standard deviation
 * @throws on arrays that are empty, not finite, or of different numbers of rows, and on rows that do not exist
 * @example
 * ```ts
 * import { paperSplits, standardizeSplit } from '@subspace/datasets';
 * import { yacht } from '@subspace/datasets/yacht';
 *
 * const { train, test, targetTransform } = standardizeSplit(yacht(), paperSplits(308)[0]);
 * train.data.size; // 277
 * targetTransform.mean; // [10.64…], of the training rows
 * targetTransform.invert(test.targets).data[0]; // 1.83, in the data's own units
 * ```
 */
export function standardizeSplit(
  data: { readonly inputs: RawArrays; readonly targets: RawArrays },
  split: Split,
  options: { readonly paperCompat?: boolean } = {},
): StandardizedSplit {
  requireOptions('standardizeSplit', 'data', data);
  requireOptions('standardizeSplit', 'split', split);
  requireKnownOptions('standardizeSplit', options, ['paperCompat']);
  requireArraysOf('standardizeSplit', 'inputs', data.inputs);
  requireArraysOf('standardizeSplit', 'targets', data.targets);
  const [size] = data.inputs.shape;
  if (data.targets.shape[0] !== size) {
    throw argumentError(
      'standardizeSplit',
      `targets have ${data.targets.shape[0]} rows, expected ${size} as the inputs`,
    );
  }
  const by = options.paperCompat ? { paperCompat: true } : { rows: split.train };
  const inputs = standardize(data.inputs, by);
  const targets = standardize(data.targets, by);
  const part = (rows: ArrayLike<number>): SplitPart => {
    const parts = { inputs: rowsOf(inputs.arrays, rows), targets: rowsOf(targets.arrays, rows) };
    return { ...parts, data: arraysDataset(parts) };
  };
  return {
    train: part(split.train),
    test: part(split.test),
    inputTransform: inputs.transform,
    targetTransform: targets.transform,
  };
}

function rowsOf(arrays: FloatArrays, rows: ArrayLike<number>): FloatArrays {
  const width = arrays.data.length / arrays.shape[0];
  const data = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    if (!(Number.isInteger(rows[i]) && rows[i] >= 0 && rows[i] < arrays.shape[0])) {
      throw argumentError(
        'standardizeSplit',
        `the split has row ${rows[i]}, expected rows from 0 to ${arrays.shape[0] - 1}`,
      );
    }
    data.set(arrays.data.subarray(rows[i] * width, (rows[i] + 1) * width), i * width);
  }
  return { data, shape: [rows.length, ...arrays.shape.slice(1)] };
}
