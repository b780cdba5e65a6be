import { argumentError } from '@subspace/core/internals';

/** A data element of a MATLAB file: a type, and bytes. */
export interface MatElement {
  readonly type: number;
  readonly bytes: Uint8Array;
}

const COMPRESSED = 15;

/** The elements from byte `start` on, one after the other, each padded to eight bytes. */
export function* matElements(
  bytes: Uint8Array,
  start: number,
  littleEndian: boolean,
): Generator<MatElement, undefined, undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = start;
  while (at < bytes.length) {
    if (at + 8 > bytes.length) throw tooShort(at, 8, bytes.length);
    const word = view.getUint32(at, littleEndian);
    const small = word >>> 16;
    const type = small > 0 ? word & 0xffff : word;
    const length = small > 0 ? small : view.getUint32(at + 4, littleEndian);
    const begin = small > 0 ? at + 4 : at + 8;
    if (begin + length > bytes.length) throw tooShort(begin, length, bytes.length);
    yield { type, bytes: bytes.subarray(begin, begin + length) };
    const end = begin + length;
    // Compressed ones are not padded.
    at = small > 0 ? at + 8 : type === COMPRESSED ? end : start + 8 * Math.ceil((end - start) / 8);
  }
}

function tooShort(at: number, expected: number, length: number): Error {
  return argumentError(
    'readMat',
    `the file ends at byte ${length}, expected ${expected} from byte ${at} on: it is damaged or ends too soon`,
  );
}

/** The numbers of an element, whatever integers or floats they are stored as. */
export function numbersOf({ type, bytes }: MatElement, littleEndian: boolean): Float64Array {
  const reader = READERS[type];
  if (!reader) throw argumentError('readMat', `an element is of type ${type}, expected numbers`);
  const [size, read] = reader;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = Math.floor(bytes.length / size);
  const numbers = new Float64Array(length);
  for (let i = 0; i < length; i++) numbers[i] = read(view, size * i, littleEndian);
  return numbers;
}

export function textOf({ bytes }: MatElement): string {
  return new TextDecoder('latin1').decode(bytes);
}

type Reader = readonly [size: number, read: (view: DataView, at: number, littleEndian: boolean) => number];

const READERS: Readonly<Record<number, Reader>> = {
  1: [1, (view, at) => view.getInt8(at)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at, little) => view.getInt16(at, little)],
  4: [2, (view, at, little) => view.getUint16(at, little)],
  5: [4, (view, at, little) => view.getInt32(at, little)],
  6: [4, (view, at, little) => view.getUint32(at, little)],
  7: [4, (view, at, little) => view.getFloat32(at, little)],
  9: [8, (view, at, little) => view.getFloat64(at, little)],
  12: [8, (view, at, little) => safe(view.getBigInt64(at, little))],
  13: [8, (view, at, little) => safe(view.getBigUint64(at, little))],
};

function safe(value: bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw argumentError('readMat', `the file holds the integer ${value}, expected integers below 2^53`);
}
