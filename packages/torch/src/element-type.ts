import type { TensorData } from '@subspace/core';
import { fromHalf } from '@subspace/core/internals';

/** Numbers of a tensor: half precision and bfloat16 come as `Float32Array`, booleans as `Uint8Array`, integers of 64 bits exactly. */
export type ElementData = TensorData;

export type ElementTypeName =
  | 'float16'
  | 'bfloat16'
  | 'float32'
  | 'float64'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool';

interface ElementType {
  readonly name: ElementTypeName;
  /** Bytes of an element in a file. */
  readonly bytes: number;
  /** Elements of aligned, little-endian bytes: a view where the type has one. */
  view(buffer: ArrayBufferLike, offset: number, count: number): ElementData;
}

type ArrayConstructor = new (buffer: ArrayBufferLike, offset: number, count: number) => ElementData;

const direct = (name: ElementTypeName, bytes: number, type: ArrayConstructor): ElementType => ({
  name,
  bytes,
  view: (buffer, offset, count) => new type(buffer, offset, count),
});

/** Converts 16 bits to a number. */
const widened = (name: ElementTypeName, convert: (bits: Uint16Array) => Float32Array): ElementType => ({
  name,
  bytes: 2,
  view: (buffer, offset, count) => convert(new Uint16Array(buffer, offset, count)),
});

/** A bfloat16 is the upper half of a float32. */
function fromBrainFloat(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = bits[i] << 16;
  return new Float32Array(wide.buffer);
}

export const ELEMENT_TYPES: Readonly<Record<ElementTypeName, ElementType>> = {
  float16: widened('float16', (bits) => Float32Array.from(bits, fromHalf)),
  bfloat16: widened('bfloat16', fromBrainFloat),
  float32: direct('float32', 4, Float32Array as ArrayConstructor),
  float64: direct('float64', 8, Float64Array as ArrayConstructor),
  int8: direct('int8', 1, Int8Array as ArrayConstructor),
  int16: direct('int16', 2, Int16Array as ArrayConstructor),
  int32: direct('int32', 4, Int32Array as ArrayConstructor),
  int64: direct('int64', 8, BigInt64Array as ArrayConstructor),
  uint8: direct('uint8', 1, Uint8Array as ArrayConstructor),
  uint16: direct('uint16', 2, Uint16Array as ArrayConstructor),
  uint32: direct('uint32', 4, Uint32Array as ArrayConstructor),
  uint64: direct('uint64', 8, BigUint64Array as ArrayConstructor),
  bool: direct('bool', 1, Uint8Array as ArrayConstructor),
};

/**
 * Elements of bytes in a file: a view of them where the platform's order and alignment allow, a converted copy elsewhere. (The platforms that run
 * JavaScript are little-endian.)
 */
export function elementsOf(bytes: Uint8Array, name: ElementTypeName, bigEndian: boolean): ElementData {
  const type = ELEMENT_TYPES[name];
  const count = Math.floor(bytes.length / type.bytes);
  const swapped = bigEndian && type.bytes > 1;
  if (!swapped && bytes.byteOffset % type.bytes === 0) return type.view(bytes.buffer, bytes.byteOffset, count);
  const copy = bytes.slice(0, count * type.bytes);
  if (swapped) for (let i = 0; i < copy.length; i += type.bytes) copy.subarray(i, i + type.bytes).reverse();
  return type.view(copy.buffer, 0, count);
}
