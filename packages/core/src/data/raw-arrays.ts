import { argumentError, requireCount } from '../argument.ts';
import type { Arrays, NumericArray } from './dataset.ts';

/** Arrays as files hold them: `readNpy` gives such. */
export interface RawArrays {
  readonly data:
    | NumericArray
    | Float64Array
    | Int8Array
    | Int16Array
    | Uint16Array
    | Uint32Array
    | BigInt64Array
    | BigUint64Array;
  readonly shape: readonly number[];
}

/** What engines compute with. */
export const ENGINE_KINDS = ['Float32Array', 'Uint8Array', 'Int32Array'] as const;

const RAW_KINDS = [
  ...ENGINE_KINDS,
  ...['Float64Array', 'Int8Array', 'Int16Array', 'Uint16Array', 'Uint32Array', 'BigInt64Array', 'BigUint64Array'],
];

/** A number that float32 holds less exactly than that, of what its column spans, is refused. */
const PRECISION = 1e-3;
/** A column that spans less of its size is a constant with rounding errors. */
const CONSTANT = 1e-12;

/** Throws unless the array is not empty, fits its shape, is finite, and of one of the kinds. */
export function requireArraysOf(
  where: string,
  name: string,
  arrays: RawArrays,
  kinds: readonly string[] = RAW_KINDS,
): void {
  if (!arrays?.data || !Array.isArray(arrays.shape)) {
    throw argumentError(where, `${name} is no array, expected { data: Float32Array, shape: [N, …] }`);
  }
  const kind = kindOf(arrays);
  if (!kinds.includes(kind)) {
    const expected = `${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)}`;
    throw argumentError(where, `${name}.data is of type ${kind}, expected ${expected}`);
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
  if (kind.startsWith('Float')) requireFiniteCells(where, `${name}.data`, arrays);
}

/**
 * Arrays of kinds that engines compute with. Floats become float32, rounded to nearest; integers of other sizes become int32.
 *
 * @throws at the first number that int32 does not hold, that is beyond float32, or that float32 rounds by more than a thousandth of what its column spans
 */
export function engineArrays(where: string, name: string, arrays: RawArrays): Arrays {
  requireArraysOf(where, name, arrays);
  const { data, shape } = arrays;
  const kind = kindOf(arrays);
  if (kind === 'Float32Array' || kind === 'Uint8Array') return arrays as Arrays;
  const refuse = (i: number, expected: string) =>
    argumentError(where, `${name}.data[${i}] is ${data[i]}, expected ${expected} (${placeOf(i, shape)})`);
  const kept = kind === 'Float64Array' ? Float32Array.from(data as Float64Array) : integers(data, kind, refuse);
  requirePrecision(kept, shape, data, refuse);
  return { data: kept, shape };
}

type Refusal = (i: number, expected: string) => Error;

function integers(data: RawArrays['data'], kind: string, refuse: Refusal): Int32Array {
  if (kind === 'Int32Array') return data as Int32Array;
  return Int32Array.from({ length: data.length }, (_, i) => {
    const value = Number(data[i]);
    if (value === (value | 0)) return value;
    throw refuse(i, 'an integer from -2147483648 to 2147483647');
  });
}

/** Integers count too: engines compute with float32. */
function requirePrecision(
  kept: Float32Array | Int32Array,
  shape: readonly number[],
  data: RawArrays['data'],
  refuse: Refusal,
): void {
  const width = kept.length / shape[0];
  for (let column = 0; column < width; column++) {
    let [low, high, worst, error] = [Infinity, -Infinity, column, 0];
    for (let i = column; i < kept.length; i += width) {
      const value = Number(data[i]);
      const rounded = Math.fround(value);
      if (!Number.isFinite(rounded)) throw refuse(i, 'at most 3.4e38, the largest number of float32');
      [low, high] = [Math.min(low, value), Math.max(high, value)];
      if (Math.abs(rounded - value) > error) [worst, error] = [i, Math.abs(rounded - value)];
    }
    const span = high - low;
    if (span <= CONSTANT * Math.max(Math.abs(low), Math.abs(high)) || error <= PRECISION * span) continue;
    const problem = `a number that float32 holds to a thousandth of what its column spans (${span})`;
    throw refuse(worst, `${problem}: it would become ${Math.fround(Number(data[worst]))}; standardize first`);
  }
}

/** Throws at the first NaN or infinity of an array [N, …], naming its row and column, from 0. */
export function requireFiniteCells(where: string, name: string, { data, shape }: RawArrays): void {
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(Number(data[i]))) continue;
    throw argumentError(where, `${name}[${i}] is ${data[i]}, expected a finite number (${placeOf(i, shape)})`);
  }
}

function placeOf(i: number, shape: readonly number[]): string {
  const place: number[] = [];
  for (let rest = i, axis = shape.length - 1; axis >= 0; rest = Math.floor(rest / shape[axis]), axis--) {
    place.unshift(rest % shape[axis]);
  }
  const [row, ...within] = place;
  const column = within.length === 0 ? '' : `, column ${within.length === 1 ? within[0] : `[${within.join(', ')}]`}`;
  return `row ${row}${column}, from 0`;
}

/** By name, not `instanceof`: arrays may come from another realm. */
function kindOf({ data }: RawArrays): string {
  return Object.prototype.toString.call(data).slice(8, -1);
}
