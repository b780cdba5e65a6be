import { argumentError, requireCount, requireLength, show } from '../argument.ts';
import type { Chunks } from './checkpoint-store.ts';
import { fromHalf, toHalf } from './half-float.ts';

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

export interface SafetensorsTensor {
  /** Row major. */
  readonly data: TensorData;
  readonly shape: readonly number[];
}

/** What a `.safetensors` file holds. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  /** Texts by name: the format's `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A tensor to write; `half` stores floats as F16, rounded to nearest. */
export type WritableTensor = SafetensorsTensor & { readonly half?: boolean };

/** The reference implementation reads no larger header either. */
const LARGEST_HEADER = 100_000_000;

/** Bytes in one chunk at most: converted or copied at a time. */
const PIECE = 2 ** 24;

type TypedArrayConstructor = { readonly BYTES_PER_ELEMENT: number; new (buffer: ArrayBuffer): TensorData };

const TYPES: Readonly<Record<string, TypedArrayConstructor>> = {
  F64: Float64Array,
  F32: Float32Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U64: BigUint64Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
  F16: Uint16Array,
  BF16: Uint16Array,
};

/**
 * Bytes of a `.safetensors` file: eight bytes of header length, the header as JSON, the data of all tensors, little-endian.
 *
 * @param tensors by name, in the order to write; NaN, infinities and −0 are kept bit for bit
 * @param metadata texts by name
 * @throws on a shape that does not fit its data
 * @see https://github.com/huggingface/safetensors
 * @example
 * ```ts
 * import { readSafetensors, writeSafetensors } from '@subspace/core';
 *
 * const bytes = writeSafetensors({ weights: { data: Float32Array.of(1, NaN), shape: [2] } }, { author: 'me' });
 * readSafetensors(bytes).tensors.get('weights'); // { data: Float32Array [1, NaN], shape: [2] }
 * ```
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, SafetensorsTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const chunks = [...safetensorsChunks('writeSafetensors', Object.entries(tensors), metadata)];
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** The same bytes chunk by chunk, without ever holding all. Chunks may be views of the tensors. */
export function* safetensorsChunks(
  where: string,
  tensors: Iterable<readonly [string, WritableTensor]>,
  metadata: Readonly<Record<string, string>>,
): Generator<Uint8Array, void, undefined> {
  const header = new Map<string, object>();
  if (Object.keys(metadata).length > 0) header.set('__metadata__', metadata);
  const all = [...tensors];
  let offset = 0;
  for (const [name, { data, shape, half }] of all) {
    if (header.has(name) || name === '__metadata__') {
      throw argumentError(where, `tensor ${show(name)} has a name that is taken, expected another one`);
    }
    shape.forEach((length, axis) => {
      requireCount(where, `shape[${axis}] of ${name}`, length, 0);
    });
    requireLength(where, name, data as ArrayLike<unknown>, product(shape));
    const bytes = half ? 2 * data.length : data.byteLength;
    header.set(name, {
      dtype: half ? 'F16' : typeName(where, name, data),
      shape,
      data_offsets: [offset, offset + bytes],
    });
    offset += bytes;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(json.length / 8) * 8;
  const start = new Uint8Array(8 + padded).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(padded), true);
  start.set(json, 8);
  yield start;
  for (const [, { data, half }] of all) {
    if (half) {
      for (let from = 0; from < data.length; from += PIECE / 2) {
        yield bytesOf(Uint16Array.from(data.subarray(from, from + PIECE / 2) as Float32Array, toHalf));
      }
    } else {
      const bytes = bytesOf(data);
      for (let from = 0; from < bytes.length; from += PIECE) yield bytes.subarray(from, from + PIECE);
    }
  }
}

/**
 * Reads a `.safetensors` file of any program. Half-precision floats (F16, BF16) come as `Float32Array`, booleans as `Uint8Array`.
 *
 * @param bytes the whole file; they are copied
 * @throws if it is no such file, is truncated or too long, or holds another type of number
 * @example
 * ```ts
 * import { readSafetensors, writeSafetensors } from '@subspace/core';
 *
 * const { tensors, metadata } = readSafetensors(writeSafetensors({ labels: { data: Int32Array.of(3, 1), shape: [2] } }, { made: 'today' }));
 * tensors.get('labels')!.data; // Int32Array [3, 1]
 * metadata.made; // 'today'
 * ```
 */
export function readSafetensors(bytes: Uint8Array | ArrayBuffer): Safetensors {
  const parser = safetensorsParser('readSafetensors');
  parser.push(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes));
  return parser.finish();
}

/** Reads chunk by chunk. Memory grows with what has arrived, not with what a damaged header says. */
export async function readSafetensorsChunks(where: string, chunks: Chunks): Promise<Safetensors> {
  const parser = safetensorsParser(where);
  for await (const chunk of chunks) parser.push(chunk);
  return parser.finish();
}

interface Entry {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function safetensorsParser(where: string): { push(chunk: Uint8Array): void; finish(): Safetensors } {
  const fail = (problem: string) => argumentError(where, `the file ${problem}, expected a whole .safetensors file`);
  const tensors = new Map<string, SafetensorsTensor>();
  let metadata: Readonly<Record<string, string>> = {};
  let entries: readonly Entry[] | undefined;
  let headerLength: number | undefined;
  let current = 0;
  // Bytes of the part under way: header length, header, or one tensor.
  let pieces: Uint8Array[] = [];
  let held = 0;

  const wanted = () => {
    if (headerLength === undefined) return 8;
    if (!entries) return headerLength;
    return current < entries.length ? entries[current].end - entries[current].begin : undefined;
  };
  const complete = (bytes: Uint8Array<ArrayBuffer>) => {
    if (headerLength === undefined) {
      const length = new DataView(bytes.buffer).getBigUint64(0, true);
      if (length < 2n || length > BigInt(LARGEST_HEADER)) throw fail(`begins with a header of ${length} bytes`);
      headerLength = Number(length);
    } else if (!entries) {
      ({ entries, metadata } = parseHeader(bytes, fail));
    } else {
      const { name, type, shape } = entries[current++];
      tensors.set(name, { data: decode(type, bytes.buffer), shape });
    }
  };

  return {
    push(chunk) {
      let rest = chunk;
      for (let want = wanted(); want === 0 || rest.length > 0; want = wanted()) {
        if (want === undefined) throw fail('goes on after its last tensor');
        const taken = rest.subarray(0, want - held);
        // A copy, because whoever reads may use its buffer again. (`slice` of a Node `Buffer` would be none.)
        if (taken.length > 0) pieces.push(new Uint8Array(taken));
        held += taken.length;
        rest = rest.subarray(taken.length);
        if (held < want) return;
        const bytes = pieces.length === 1 ? (pieces[0] as Uint8Array<ArrayBuffer>) : joined(pieces, held);
        pieces = [];
        held = 0;
        complete(bytes);
      }
    },
    finish() {
      if (wanted() !== undefined) throw fail('is truncated');
      return { tensors, metadata };
    },
  };
}

function parseHeader(
  bytes: Uint8Array,
  fail: (problem: string) => Error,
): { entries: readonly Entry[]; metadata: Readonly<Record<string, string>> } {
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw fail('has a header that is no JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw fail('has a header that is no object');
  const { __metadata__: metadata = {}, ...rest } = header;
  const isTexts =
    typeof metadata === 'object' &&
    metadata !== null &&
    Object.values(metadata).every((text) => typeof text === 'string');
  if (!isTexts) throw fail('has metadata that are not texts');
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  const entries = Object.entries(rest).map(([name, value]): Entry => {
    const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
    const type = typeof dtype === 'string' && Object.hasOwn(TYPES, dtype) ? dtype : undefined;
    if (!type) throw fail(`holds ${show(name)} of type ${show(dtype)}`);
    if (!Array.isArray(shape) || !shape.every(isCount)) throw fail(`holds ${show(name)} without a shape`);
    if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
      throw fail(`holds ${show(name)} without offsets`);
    const [begin, end] = offsets as [number, number];
    const expected = product(shape) * TYPES[type].BYTES_PER_ELEMENT;
    if (end - begin !== expected) throw fail(`has ${end - begin} bytes of ${show(name)} instead of ${expected}`);
    return { name, type, shape: shape as number[], begin, end };
  });
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let offset = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== offset) throw fail(`has ${show(name)} at ${begin} instead of ${offset}`);
    offset = end;
  }
  return { entries, metadata: metadata as Record<string, string> };
}

function decode(type: string, buffer: ArrayBuffer): TensorData {
  const values = new TYPES[type](buffer);
  if (type === 'F16') return Float32Array.from(values as Uint16Array, fromHalf);
  if (type === 'BF16') {
    const bits = Uint32Array.from(values as Uint16Array, (half) => half << 16);
    return new Float32Array(bits.buffer);
  }
  return values;
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

/** By name, not `instanceof`: arrays may come from another realm. */
function typeName(where: string, name: string, data: TensorData): string {
  const kind = Object.prototype.toString.call(data).slice(8, -1);
  const type = Object.keys(TYPES).find((key) => TYPES[key].name === kind);
  if (!type) throw argumentError(where, `${name} is ${kind}, expected a typed array`);
  return type;
}

function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}

function product(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}
