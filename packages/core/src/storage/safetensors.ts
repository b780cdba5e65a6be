import { argumentError, requireCount, requireKnownOptions, requireLength, requireOptions, show } from '../argument.ts';
import type { Chunks } from './checkpoint-store.ts';
import { fromHalf, toHalf } from './half-float.ts';
import { parseSafetensorsHeader, TENSOR_TYPES, type TensorEntry } from './safetensors-header.ts';

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

/** What a file may hold, unless its reader asks for more: millions hold the thread for seconds. */
export const MOST_TENSORS = 100_000;

/**
 * Bytes of a `.safetensors` file: eight bytes of header length, the header as JSON, the data of all tensors, little-endian.
 *
 * @param tensors by name, in the order to write; NaN, infinities and −0 are kept bit for bit
 * @param metadata texts by name
 * @throws on a shape that does not fit its data, metadata that are not texts, and whatever else no program could read again
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
  requireOptions('writeSafetensors', 'tensors', tensors);
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
  requireTexts(where, metadata);
  const header = new Map<string, object>();
  if (Object.keys(metadata).length > 0) header.set('__metadata__', metadata);
  const all = [...tensors];
  let offset = 0;
  for (const [name, tensor] of all) {
    if (header.has(name) || name === '__metadata__') {
      throw argumentError(where, `tensor ${show(name)} has a name that is taken, expected another one`);
    }
    requireWellFormed(where, 'the name of a tensor', name);
    requireOptions(where, name, tensor);
    const { data, shape, half } = tensor;
    if (!Array.isArray(shape)) throw argumentError(where, `shape of ${name} is ${show(shape)}, expected [N, …]`);
    const type = typeName(where, name, data);
    shape.forEach((length, axis) => {
      requireCount(where, `shape[${axis}] of ${name}`, length, 0);
    });
    requireLength(where, name, data as ArrayLike<unknown>, product(shape));
    const bytes = half ? 2 * data.length : data.byteLength;
    header.set(name, {
      dtype: half ? 'F16' : type,
      shape,
      data_offsets: [offset, offset + bytes],
    });
    offset += bytes;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(json.length / 8) * 8;
  if (padded > LARGEST_HEADER) {
    const most = `${LARGEST_HEADER}: no program reads more`;
    throw argumentError(where, `names, shapes and metadata have ${padded} bytes, expected at most ${most}`);
  }
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
 * @param options `maxTensors` that the file may hold, by default 100,000: a header of millions would hold the thread for seconds
 * @throws if it is no such file, is truncated or too long, holds another type of number or too many tensors, or names something twice
 * @example
 * ```ts
 * import { readSafetensors, writeSafetensors } from '@subspace/core';
 *
 * const { tensors, metadata } = readSafetensors(writeSafetensors({ labels: { data: Int32Array.of(3, 1), shape: [2] } }, { made: 'today' }));
 * tensors.get('labels')!.data; // Int32Array [3, 1]
 * metadata.made; // 'today'
 * ```
 */
export function readSafetensors(
  bytes: Uint8Array | ArrayBuffer,
  options: { readonly maxTensors?: number } = {},
): Safetensors {
  requireOptions('readSafetensors', 'options', options);
  requireKnownOptions('readSafetensors', options, ['maxTensors']);
  const { maxTensors = MOST_TENSORS } = options;
  requireCount('readSafetensors', 'maxTensors', maxTensors, 0);
  const parser = safetensorsParser('readSafetensors', maxTensors);
  parser.push(ArrayBuffer.isView(bytes) ? bytes : new Uint8Array(bytes));
  return parser.finish();
}

/** Reads chunk by chunk. Memory grows with what has arrived, not with what a damaged header says. */
export async function readSafetensorsChunks(where: string, chunks: Chunks, maxTensors: number): Promise<Safetensors> {
  const parser = safetensorsParser(where, maxTensors);
  for await (const chunk of chunks) parser.push(chunk);
  return parser.finish();
}

function safetensorsParser(
  where: string,
  maxTensors: number,
): { push(chunk: Uint8Array): void; finish(): Safetensors } {
  const fail = (problem: string) => argumentError(where, `the file ${problem}, expected a whole .safetensors file`);
  const tensors = new Map<string, SafetensorsTensor>();
  let metadata: Readonly<Record<string, string>> = {};
  let entries: readonly TensorEntry[] | undefined;
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
      ({ entries, metadata } = parseSafetensorsHeader(bytes, maxTensors, fail));
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

function decode(type: string, buffer: ArrayBuffer): TensorData {
  const values = new TENSOR_TYPES[type](buffer);
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

function requireTexts(where: string, metadata: Readonly<Record<string, unknown>>): void {
  if (show(metadata) !== 'Object') throw argumentError(where, `metadata is ${show(metadata)}, expected texts by name`);
  for (const [name, text] of Object.entries(metadata)) {
    requireWellFormed(where, 'the name of a text of metadata', name);
    if (typeof text !== 'string') throw argumentError(where, `metadata.${name} is ${show(text)}, expected a text`);
    requireWellFormed(where, `metadata.${name}`, text);
  }
}

/** Half a pair of surrogates has no UTF-8: other programs refuse a file with one. */
function requireWellFormed(where: string, name: string, text: string): void {
  if (/\p{Surrogate}/u.test(text)) throw argumentError(where, `${name} is ${show(text)}, expected well-formed Unicode`);
}

/** By name, not `instanceof`: arrays may come from another realm. */
function typeName(where: string, name: string, data: TensorData): string {
  const kind = Object.prototype.toString.call(data).slice(8, -1);
  const type = Object.keys(TENSOR_TYPES).find((key) => TENSOR_TYPES[key].name === kind);
  if (!type) throw argumentError(where, `${name} is ${kind}, expected a typed array`);
  return type;
}

function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}

function product(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}
