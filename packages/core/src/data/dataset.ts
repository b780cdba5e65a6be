import {
  argumentError,
  requireKnownOptions,
  requireLength,
  requireNonNegative,
  requireOptions,
  show,
} from '../argument.ts';
import type { MaybePromise } from '../density/maybe-promise.ts';
import type { RandomSource } from '../random/random-source.ts';
import { isFloat32Array } from '../typed-array.ts';
import { ENGINE_KINDS, engineArrays, type RawArrays, requireArraysOf } from './raw-arrays.ts';

export type NumericArray = Float32Array | Uint8Array | Int32Array;

/** A dense array, row major; the first axis is the rows of the data. */
export interface Arrays {
  readonly data: NumericArray;
  readonly shape: readonly number[];
}

/** Rows of inputs and targets that a network is trained and scored on. */
export interface Dataset {
  /** N, the number of rows. */
  readonly size: number;
  /** Shape of one input row. */
  readonly inputShape: readonly number[];
  /** Shape of one target row. */
  readonly targetShape: readonly number[];
  /** Everything in memory: the fast path. uint8 images stay uint8. */
  readonly arrays?: { readonly inputs: Arrays; readonly targets: Arrays; readonly rowWeights?: Float32Array };
  /** Rows as floats, augmented if a stream is given; may read from disk. */
  gather(rows: Int32Array, random?: RandomSource): MaybePromise<{ inputs: Arrays; targets: Arrays }>;
}

/**
 * A data set in memory.
 *
 * @param parts inputs [N, …]; targets [N] or [N, …]: floats for regression, Int32 labels for classification; `rowWeights` [N] multiply
 * the log density of their rows (default 1). Float32, uint8 and int32 arrays are kept, not copied. Float64 becomes float32, rounded to nearest; other
 * integers, those of 8 bytes too, become int32.
 * @throws on empty data, a length that does not fit its shape, different numbers of rows, a value that is not finite, an integer that int32 does not hold,
 * or a number that float32 rounds by more than a thousandth of what its column spans (seconds since 1970, say: standardize first)
 * @example
 * ```ts
 * import { arraysDataset } from '@subspace/core';
 *
 * const data = arraysDataset({
 *   inputs: { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] },
 *   targets: { data: Float32Array.of(0.5, 1.5), shape: [2] },
 * });
 * data.size; // 2
 * ```
 */
export function arraysDataset(parts: { inputs: RawArrays; targets: RawArrays; rowWeights?: Float32Array }): Dataset {
  requireOptions('arraysDataset', 'parts', parts);
  requireKnownOptions('arraysDataset', parts, ['inputs', 'targets', 'rowWeights']);
  const { rowWeights } = parts;
  const inputs = engineArrays('arraysDataset', 'inputs', parts.inputs);
  const targets = engineArrays('arraysDataset', 'targets', parts.targets);
  const size = inputs.shape[0];
  if (targets.shape[0] !== size) {
    throw argumentError('arraysDataset', `targets have ${targets.shape[0]} rows, expected ${size} as the inputs`);
  }
  if (rowWeights) {
    requireLength('arraysDataset', 'rowWeights', rowWeights, size);
    rowWeights.forEach((weight, i) => {
      requireNonNegative('arraysDataset', `rowWeights[${i}]`, weight);
    });
  }
  return {
    size,
    inputShape: inputs.shape.slice(1),
    targetShape: targets.shape.slice(1),
    arrays: { inputs, targets, rowWeights },
    gather: (rows) => ({ inputs: gatherRows(floats(inputs), rows), targets: gatherRows(targets, rows) }),
  };
}

/** The rows of an array, in the order given, as a new array of the same type. */
export function gatherRows<T extends Arrays>(
  arrays: T,
  rows: ArrayLike<number>,
): Arrays & { readonly data: T['data'] } {
  const width = arrays.shape.slice(1).reduce((product, length) => product * length, 1);
  const data = new (arrays.data.constructor as new (length: number) => T['data'])(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (!(row >= 0 && row < arrays.shape[0])) {
      throw argumentError('gather', `rows[${i}] is ${row}, expected a row from 0 to ${arrays.shape[0] - 1}`);
    }
    for (let j = 0; j < width; j++) data[i * width + j] = arrays.data[row * width + j];
  }
  return { data, shape: [rows.length, ...arrays.shape.slice(1)] };
}

/** Throws unless `data` is what `arraysDataset` makes, or a data set of one's own. */
export function requireDataset(where: string, data: Dataset): void {
  if (typeof data?.gather !== 'function') {
    throw argumentError(where, `data is ${show(data)}, expected a data set: arraysDataset({ inputs, targets })`);
  }
}

/** Throws unless the array is one that engines compute with, not empty, fits its shape, and is finite. */
export function requireArrays(where: string, name: string, arrays: Arrays): void {
  requireArraysOf(where, name, arrays, ENGINE_KINDS);
}

function floats(arrays: Arrays): Arrays & { readonly data: Float32Array } {
  const data = isFloat32Array(arrays.data) ? arrays.data : Float32Array.from(arrays.data);
  return { data, shape: arrays.shape };
}
