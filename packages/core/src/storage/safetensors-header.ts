import { show } from '../argument.ts';
import { keyProblem } from './json-keys.ts';
import type { TensorData } from './safetensors.ts';

type TypedArrayConstructor = { readonly BYTES_PER_ELEMENT: number; new (buffer: ArrayBuffer): TensorData };

/** The arrays that numbers of each type are held in. */
export const TENSOR_TYPES: Readonly<Record<string, TypedArrayConstructor>> = {
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

/** Where a tensor is: bytes from `begin` to `end`, behind the header. */
export interface TensorEntry {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What a header says, in the order of the data. */
export interface SafetensorsHeader {
  readonly entries: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a header.
 *
 * @param maxTensors more tensors than that are refused before the rest is looked at
 * @param fail makes the error of a problem
 */
export function parseSafetensorsHeader(
  bytes: Uint8Array,
  maxTensors: number,
  fail: (problem: string) => Error,
): SafetensorsHeader {
  const { __metadata__: found, ...tensors } = headerObject(bytes, maxTensors, fail);
  // The reference implementation takes null for none.
  const metadata = found ?? {};
  const isTexts = show(metadata) === 'Object' && Object.values(metadata).every((text) => typeof text === 'string');
  if (!isTexts) throw fail('has metadata that are not texts');
  const named = Object.entries(tensors);
  if (named.length > maxTensors) throw fail(`holds ${named.length} tensors, more than ${maxTensors}`);
  const entries = named.map(([name, value]) => tensorEntry(name, value, fail));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let offset = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== offset) throw fail(`has ${show(name)} at ${begin} instead of ${offset}`);
    offset = end;
  }
  return { entries, metadata: metadata as Record<string, string> };
}

function headerObject(
  bytes: Uint8Array,
  maxTensors: number,
  fail: (problem: string) => Error,
): Record<string, unknown> {
  if (bytes[0] !== 0x7b) throw fail('has a header that is no object');
  let problem: string | undefined;
  let header: unknown;
  try {
    const json = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // The metadata have a name too.
    problem = keyProblem(json, maxTensors + 1);
    if (problem === undefined) header = JSON.parse(json);
  } catch {
    throw fail('has a header that is no JSON');
  }
  if (problem) throw fail(`has a header that ${problem}`);
  return header as Record<string, unknown>;
}

function tensorEntry(name: string, value: unknown, fail: (problem: string) => Error): TensorEntry {
  const isCount = (count: unknown): count is number => Number.isSafeInteger(count) && (count as number) >= 0;
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const type = typeof dtype === 'string' && Object.hasOwn(TENSOR_TYPES, dtype) ? dtype : undefined;
  if (!type) throw fail(`holds ${show(name)} of type ${show(dtype)}`);
  if (!Array.isArray(shape) || !shape.every(isCount)) throw fail(`holds ${show(name)} without a shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw fail(`holds ${show(name)} without offsets`);
  const [begin, end] = offsets as [number, number];
  const size = shape.reduce((product, length) => product * length, 1);
  const expected = size * TENSOR_TYPES[type].BYTES_PER_ELEMENT;
  if (end - begin !== expected) throw fail(`has ${end - begin} bytes of ${show(name)} instead of ${expected}`);
  return { name, type, shape: shape as number[], begin, end };
}
