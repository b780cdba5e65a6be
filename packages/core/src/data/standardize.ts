import { argumentError, requireFinite, requireKnownOptions, requireLength, requirePositive } from '../argument.ts';
import type { FloatArrays } from './float-arrays.ts';
import { type RawArrays, requireArraysOf } from './raw-arrays.ts';

export interface StandardizeOptions {
  /** Rows that mean and standard deviation are taken from: those of training. Default all. */
  readonly rows?: ArrayLike<number>;
  /** As the original code has it: all rows, and 10⁻⁶ more than their standard deviation. Not beside `rows`. Default false. */
  readonly paperCompat?: boolean;
}

/** What of a `RegressionPrediction` has the units of targets: [N] or [N·F] each. */
export interface PredictedMoments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  readonly epistemicVariance?: Float64Array;
  readonly aleatoricVariance?: Float64Array;
  readonly members?: { readonly means: readonly Float64Array[]; readonly variances: readonly Float64Array[] };
}

/** (x − mean)/std, column by column; `mean` and `std` are plain numbers, to be saved and given to `standardization` again. */
export interface Standardization {
  /** One per column: [F]. */
  readonly mean: readonly number[];
  /** One per column: [F], each above zero. */
  readonly std: readonly number[];
  /** New arrays of the same shape, in units of `std` about `mean`. */
  apply(arrays: RawArrays): FloatArrays;
  /** New arrays of the same shape, in the units of before. */
  invert(arrays: RawArrays): FloatArrays;
  /**
   * Of a transform of targets: a prediction in the units of before, its variances and members with it. Means are shifted and scaled by `std`, variances scaled by `std²`; all in float64.
   *
   * @throws on moments that are not [N, F]
   */
  invertPrediction<P extends PredictedMoments>(prediction: P): P;
}

/**
 * Columns of mean 0 and standard deviation 1, by the rows given: hand it the training rows, so that nothing is learnt from the test rows.
 *
 * The standard deviation is that of the rows (divided by their number). A constant column gets mean = its value and standard deviation 1, and so becomes 0.
 * (The original code standardises over all rows, test rows included, and adds 10⁻⁶ to their standard deviation: `paperCompat`.)
 *
 * @param arrays [N, …], of any type of number: everything after the first axis is a column; not changed
 * @returns the arrays transformed, all N rows, and the transform
 * @throws on empty or non-finite arrays, and on rows that do not exist
 * @example
 * ```ts
 * import { standardize } from '@subspace/core';
 *
 * const inputs = { data: Float32Array.of(0, 5, 2, 5, 10, 7), shape: [3, 2] };
 * const { arrays, transform } = standardize(inputs, { rows: [0, 1] });
 * arrays.data; // Float32Array [-1, 0, 1, 0, 9, 2]
 * transform.mean; // [1, 5]
 * transform.std; // [1, 1]
 * ```
 */
export function standardize(
  arrays: RawArrays,
  options: StandardizeOptions = {},
): { readonly arrays: FloatArrays; readonly transform: Standardization } {
  requireKnownOptions('standardize', options, ['rows', 'paperCompat']);
  requireArraysOf('standardize', 'arrays', arrays);
  if (options.paperCompat && options.rows) {
    throw argumentError(
      'standardize',
      'rows is given beside paperCompat, expected one of the two: paperCompat takes all rows',
    );
  }
  const size = arrays.shape[0];
  const rows = options.rows ?? Int32Array.from({ length: size }, (_, i) => i);
  if (rows.length === 0) throw argumentError('standardize', 'rows is empty, expected at least one');
  for (let i = 0; i < rows.length; i++) {
    if (!(Number.isInteger(rows[i]) && rows[i] >= 0 && rows[i] < size)) {
      throw argumentError('standardize', `rows[${i}] is ${rows[i]}, expected a row from 0 to ${size - 1}`);
    }
  }
  const width = columns(arrays);
  const mean: number[] = [];
  const std: number[] = [];
  for (let column = 0; column < width; column++) {
    const values = Float64Array.from({ length: rows.length }, (_, i) => Number(arrays.data[rows[i] * width + column]));
    const moments = meanAndStd(values);
    mean.push(moments.mean);
    std.push(options.paperCompat ? (moments.constant ? 0 : moments.std) + 1e-6 : moments.std);
  }
  const transform = standardization(mean, std);
  return { arrays: transform.apply(arrays), transform };
}

/**
 * The transform of given means and standard deviations: one that was saved.
 *
 * @param mean one per column
 * @param std one per column, each above zero
 * @throws on lengths that differ, means that are not finite, or standard deviations that are not positive
 * @example
 * ```ts
 * import { standardization } from '@subspace/core';
 *
 * const transform = standardization([10], [2]);
 * transform.apply({ data: Float32Array.of(14), shape: [1] }).data; // Float32Array [2]
 * transform.invert({ data: Float32Array.of(2), shape: [1, 1] }).data; // Float32Array [14]
 * transform.invertPrediction({ mean: Float64Array.of(2), variance: Float64Array.of(0.5) }); // mean [14], variance [2]
 * ```
 */
export function standardization(mean: readonly number[], std: readonly number[]): Standardization {
  requireFinite('standardization', 'mean', mean);
  requireLength('standardization', 'std', std, mean.length);
  std.forEach((value, column) => {
    requirePositive('standardization', `std[${column}]`, value);
  });
  const mapped = (where: string, arrays: RawArrays, f: (x: number, column: number) => number) => {
    const width = columns(arrays);
    if (width !== mean.length) {
      throw argumentError(where, `arrays have ${width} columns, expected ${mean.length}`);
    }
    const { data: values, shape } = arrays;
    const data = Float32Array.from({ length: values.length }, (_, i) => f(Number(values[i]), i % width));
    return { data, shape };
  };
  return {
    mean: [...mean],
    std: [...std],
    apply: (arrays) => mapped('Standardization.apply', arrays, (x, column) => (x - mean[column]) / std[column]),
    invert: (arrays) => mapped('Standardization.invert', arrays, (x, column) => x * std[column] + mean[column]),
    invertPrediction: (prediction) => inverted(prediction, mean, std),
  };
}

function inverted<P extends PredictedMoments>(prediction: P, mean: readonly number[], std: readonly number[]): P {
  const width = mean.length;
  const each = (name: string, values: Float64Array, f: (x: number, column: number) => number) => {
    if (values.length % width !== 0) {
      throw argumentError(
        'Standardization.invertPrediction',
        `${name} has length ${values.length}, expected ${width} for each row`,
      );
    }
    return values.map((x, i) => f(x, i % width));
  };
  const place = (name: string, values: Float64Array) => each(name, values, (x, c) => x * std[c] + mean[c]);
  const spread = (name: string, values: Float64Array) => each(name, values, (x, c) => x * std[c] * std[c]);
  const { epistemicVariance, aleatoricVariance, members } = prediction;
  return {
    ...prediction,
    mean: place('mean', prediction.mean),
    variance: spread('variance', prediction.variance),
    ...(epistemicVariance && { epistemicVariance: spread('epistemicVariance', epistemicVariance) }),
    ...(aleatoricVariance && { aleatoricVariance: spread('aleatoricVariance', aleatoricVariance) }),
    ...(members && {
      members: {
        means: members.means.map((values) => place('members.means', values)),
        variances: members.variances.map((values) => spread('members.variances', values)),
      },
    }),
  };
}

function columns(arrays: RawArrays): number {
  return arrays.shape.slice(1).reduce((product, length) => product * length, 1);
}

function meanAndStd(values: Float64Array): { mean: number; std: number; constant: boolean } {
  // Asked of the values, because the rounded mean of equal values may differ from them.
  if (values.every((x) => x === values[0])) return { mean: values[0], std: 1, constant: true };
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  // Squares of 1e200 would overflow, of 1e-200 vanish. A power of two rounds nothing.
  const largest = values.reduce((most, x) => Math.max(most, Math.abs(x - mean)), 0);
  const unit = 2 ** Math.floor(Math.log2(largest));
  const squares = values.reduce((sum, x) => sum + ((x - mean) / unit) * ((x - mean) / unit), 0);
  return { mean, std: unit * Math.sqrt(squares / values.length), constant: false };
}
