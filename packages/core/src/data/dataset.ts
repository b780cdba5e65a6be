import {
  argumentError,
  requireCount,
  requireKnownOptions,
  requireLength,
  requireNonNegative,
  requireOptions,
} from '../argument.ts';
import type { MaybePromise } from '../density/maybe-promise.ts';
import type { RandomSource } from '../random/random-source.ts';
import { isFloat32Array } from '../typed-array.ts';

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
 * the log density of their rows (default 1). The arrays are kept, not copied.
 * @throws on empty data, a length that does not fit its shape, different numbers of rows, or a value that is not finite
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
export function arraysDataset(parts: { inputs: Arrays; targets: Arrays; rowWeights?: Float32Array }): Dataset {
  requireOptions('arraysDataset', 'parts', parts);
  requireKnownOptions('arraysDataset', parts, ['inputs', 'targets', 'rowWeights']);
  const { inputs, targets, rowWeights } = parts;
  requireArrays('arraysDataset', 'inputs', inputs);
  requireArrays('arraysDataset', 'targets', targets);
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

/** Throws unless the array is not empty, fits its shape, and is finite. */
export function requireArrays(where: string, name: string, arrays: Arrays): void {
  if (!arrays?.data || !Array.isArray(arrays.shape)) {
    throw argumentError(where, `${name} is no array, expected { data: Float32Array, shape: [N, …] }`);
  }
  const kind = Object.prototype.toString.call(arrays.data).slice(8, -1);
  if (!['Float32Array', 'Uint8Array', 'Int32Array'].includes(kind)) {
    throw argumentError(where, `${name}.data is of type ${kind}, expected Float32Array, Uint8Array or Int32Array`);
  }
  if (arrays.shape.length === 0 || arrays.shape[0] === 0)
    throw argumentError(where, `${name} is empty, expected at least one row`);
  arrays.shape.forEach((length, axis) => {
    requireCount(where, `${name}.shape[${axis}]`, length);
  });
  const length = arrays.shape.reduce((product, axis) => product * axis, 1);
  if (arrays.data.length !== length) {
    throw argumentError(
      where,
      `${name}.data has length ${arrays.data.length}, expected ${length} for shape [${arrays.shape.join(', ')}]`,
    );
  }
  if (kind === 'Float32Array') requireFiniteCells(where, `${name}.data`, arrays);
}

/** Throws at the first NaN or infinity of an array [N, …], naming its row and column, from 0. */
export function requireFiniteCells(where: string, name: string, { data, shape }: Arrays): void {
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) continue;
    const place: number[] = [];
    for (let rest = i, axis = shape.length - 1; axis >= 0; rest = Math.floor(rest / shape[axis]), axis--) {
      place.unshift(rest % shape[axis]);
    }
    const [row, ...within] = place;
    const column = within.length === 0 ? '' : `, column ${within.length === 1 ? within[0] : `[${within.join(', ')}]`}`;
    throw argumentError(where, `${name}[${i}] is ${data[i]}, expected a finite number (row ${row}${column}, from 0)`);
  }
}

function floats(arrays: Arrays): Arrays & { readonly data: Float32Array } {
  const data = isFloat32Array(arrays.data) ? arrays.data : Float32Array.from(arrays.data);
  return { data, shape: arrays.shape };
}
