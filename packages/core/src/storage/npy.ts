import { argumentError } from '../argument.ts';
import { fromHalf } from './half-float.ts';

/** An array as NumPy saved it, row major. */
export interface NpyArray {
  readonly data:
    | Float32Array
    | Float64Array
    | Int8Array
    | Int16Array
    | Int32Array
    | Uint8Array
    | Uint16Array
    | Uint32Array;
  readonly shape: readonly number[];
}

/**
 * Reads a `.npy` file: what `numpy.save` writes, format versions 1 to 3.
 *
 * Floats of 2, 4 and 8 bytes, integers of 1 to 8 bytes and booleans, of either byte order, in C or Fortran order. Floats of 2 bytes come as
 * `Float32Array`, integers of 8 bytes as `Float64Array`, booleans as `Uint8Array`. No code is executed. The bytes are copied.
 *
 * @param bytes the whole file
 * @throws if it is no `.npy` file, is truncated or too long, holds another type (objects, strings, complex numbers), or an integer beyond 2⁵³
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @example
 * ```ts
 * import { readNpy } from '@subspace/core';
 *
 * // What numpy.save(file, numpy.array([1, 2.5], dtype='<f4')) writes.
 * const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }".padEnd(117) + '\n';
 * const bytes = new Uint8Array(128 + 8);
 * bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
 * bytes.set(new TextEncoder().encode(header), 10);
 * bytes.set(new Uint8Array(Float32Array.of(1, 2.5).buffer), 128);
 * readNpy(bytes); // { data: Float32Array [1, 2.5], shape: [2] }
 * ```
 */
export function readNpy(bytes: Uint8Array | ArrayBuffer): NpyArray {
  const file = ArrayBuffer.isView(bytes) ? bytes : new Uint8Array(bytes);
  const { header, start } = readHeader(file);
  const { descr, fortranOrder, shape } = parseHeader(header);
  const match = /^([<>|=])([fiub])([1248])$/.exec(descr);
  const read = match && READERS[match[2] + match[3]];
  if (!read) {
    throw argumentError(
      'readNpy',
      `the file holds type ${JSON.stringify(descr)}, expected floats, integers or booleans`,
    );
  }
  const count = shape.includes(0) ? 0 : shape.reduce((product, length) => product * length, 1);
  const expected = count * Number(match[3]);
  const came = file.length - start;
  if (came !== expected) {
    throw argumentError(
      'readNpy',
      `the file has ${came} bytes of data, expected ${expected} for shape (${shape.join(', ')}) of type ${descr}`,
    );
  }
  const view = new DataView(file.buffer, file.byteOffset + start, expected);
  const data = read(view, count, match[1] !== '>');
  return { data: fortranOrder ? rowMajor(data, shape) : data, shape };
}

/** Magic, version, length of the header, header: a Python dictionary written out. */
function readHeader(file: Uint8Array): { header: string; start: number } {
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  if (!magic.every((byte, i) => file[i] === byte)) {
    throw argumentError('readNpy', 'the file does not begin with \\x93NUMPY, expected a .npy file');
  }
  const version = file[6];
  if (!(version >= 1 && version <= 3)) {
    throw argumentError('readNpy', `the file has format version ${version}, expected 1, 2 or 3`);
  }
  const lengthBytes = version === 1 ? 2 : 4;
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const begin = 8 + lengthBytes;
  const length = file.length < begin ? Infinity : version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = begin + length;
  if (start > file.length) {
    throw argumentError(
      'readNpy',
      `the file ends after ${file.length} bytes, within its header, expected a whole file`,
    );
  }
  return { header: new TextDecoder('utf-8').decode(file.subarray(begin, start)), start };
}

/** Texts in either kind of quotes: NumPy writes single ones, other programs double ones. */
function parseHeader(header: string): { descr: string; fortranOrder: boolean; shape: readonly number[] } {
  const descr = /(['"])descr\1\s*:\s*(['"])([^'"]*)\2/.exec(header)?.[3];
  const order = /(['"])fortran_order\1\s*:\s*(True|False)\b/.exec(header)?.[2];
  const tuple = /(['"])shape\1\s*:\s*\(([\d\s,L]*)\)/.exec(header)?.[2];
  if (descr === undefined || order === undefined || tuple === undefined) {
    throw argumentError(
      'readNpy',
      `the header is ${JSON.stringify(header.slice(0, 200))}, expected descr (a plain type), fortran_order and shape`,
    );
  }
  const lengths = tuple.split(',').filter((length) => length.trim() !== '');
  const shape = lengths.map((length) => (/^\s*\d{1,15}L?\s*$/.test(length) ? Number.parseInt(length, 10) : Number.NaN));
  if (shape.some(Number.isNaN)) throw argumentError('readNpy', `the shape is (${tuple}), expected integers`);
  return { descr, fortranOrder: order === 'True', shape };
}

/** The numbers of an array whose first axis runs fastest, in the order in which the last one does. */
function rowMajor(data: NpyArray['data'], shape: readonly number[]): NpyArray['data'] {
  // An axis of length 1 moves nothing.
  const lengths = shape.filter((length) => length !== 1);
  let size = 1;
  const strides = lengths.map((length) => {
    const stride = size;
    size *= length;
    return stride;
  });
  const index = lengths.map(() => 0);
  let from = 0;
  return data.map(() => {
    const value = data[from];
    for (let axis = lengths.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < lengths[axis]) break;
      from -= strides[axis] * lengths[axis];
      index[axis] = 0;
    }
    return value;
  });
}

type Reader = (view: DataView, count: number, littleEndian: boolean) => NpyArray['data'];

const READERS: Readonly<Record<string, Reader>> = {
  f2: (view, count, little) => Float32Array.from({ length: count }, (_, i) => fromHalf(view.getUint16(2 * i, little))),
  f4: (view, count, little) => Float32Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, little)),
  f8: (view, count, little) => Float64Array.from({ length: count }, (_, i) => view.getFloat64(8 * i, little)),
  i1: (view, count) => Int8Array.from({ length: count }, (_, i) => view.getInt8(i)),
  i2: (view, count, little) => Int16Array.from({ length: count }, (_, i) => view.getInt16(2 * i, little)),
  i4: (view, count, little) => Int32Array.from({ length: count }, (_, i) => view.getInt32(4 * i, little)),
  i8: (view, count, little) => Float64Array.from({ length: count }, (_, i) => safe(view.getBigInt64(8 * i, little))),
  u1: (view, count) => Uint8Array.from({ length: count }, (_, i) => view.getUint8(i)),
  u2: (view, count, little) => Uint16Array.from({ length: count }, (_, i) => view.getUint16(2 * i, little)),
  u4: (view, count, little) => Uint32Array.from({ length: count }, (_, i) => view.getUint32(4 * i, little)),
  u8: (view, count, little) => Float64Array.from({ length: count }, (_, i) => safe(view.getBigUint64(8 * i, little))),
  b1: (view, count) => Uint8Array.from({ length: count }, (_, i) => view.getUint8(i)),
};

function safe(value: bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw argumentError('readNpy', `the file holds the integer ${value}, expected integers below 2^53`);
}
