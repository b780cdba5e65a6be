import { argumentError, show } from '../argument.ts';
import type { Chunks } from './checkpoint-store.ts';
import { crc32 } from './crc32.ts';
import { fromJson, type Json, toJson } from './plain-data.ts';
import {
  MOST_TENSORS,
  readSafetensorsChunks,
  type Safetensors,
  safetensorsChunks,
  type TensorData,
  type WritableTensor,
} from './safetensors.ts';

/**
 * An entry of a store: plain data as a safetensors file that other tools can read. Its metadata name format, version and kind and hold the data as
 * JSON (`manifest`), typed arrays are the tensors, and the last tensor is the checksum of all bytes before it.
 */
const ENTRY_VERSION = 1;

const CHECKSUM = 'checksum';

/**
 * Bytes of an entry, chunk by chunk; chunks may be views of the data.
 *
 * @param name of a tensor by where it was found: `state.rows[2]`, say
 * @param half typed arrays to be stored in half precision
 */
export function* entryChunks(
  where: string,
  kind: string,
  value: unknown,
  half?: ReadonlySet<unknown>,
): Generator<Uint8Array, void, undefined> {
  const tensors: [string, WritableTensor][] = [];
  const manifest = toJson(where, kind, value, (data) => {
    tensors.push([`tensor-${tensors.length}`, { data, shape: [data.length], half: half?.has(data) }]);
    return tensors.length - 1;
  });
  if (tensors.length >= MOST_TENSORS) {
    throw argumentError(
      where,
      `${kind} has ${tensors.length} typed arrays to save, expected less than ${MOST_TENSORS}`,
    );
  }
  // Wide numbers first, so that every tensor is aligned.
  tensors.sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  tensors.push([CHECKSUM, { data: new Uint8Array(4), shape: [4] }]);
  const metadata = { format: 'subspace', version: String(ENTRY_VERSION), kind, manifest: JSON.stringify(manifest) };
  let sum = 0;
  let waiting: Uint8Array | undefined;
  // The last chunk is the placeholder of the checksum.
  for (const chunk of safetensorsChunks(where, tensors, metadata)) {
    if (waiting) {
      sum = crc32(waiting, sum);
      yield waiting;
    }
    waiting = chunk;
  }
  const checksum = new Uint8Array(4);
  new DataView(checksum.buffer).setUint32(0, sum, true);
  yield checksum;
}

/** The plain data of an entry. Throws on anything but a whole, undamaged entry of the kind. */
export async function readEntry(where: string, kind: string, chunks: Chunks): Promise<unknown> {
  let sum = 0;
  let tail = new Uint8Array(0);
  const file = await readSafetensorsChunks(
    where,
    (async function* () {
      for await (const chunk of chunks) {
        // All but the last four bytes seen so far.
        const length = tail.length + chunk.length;
        if (length <= 4) tail = concatenated(tail, chunk);
        else {
          sum = crc32(tail.subarray(0, Math.min(tail.length, length - 4)), sum);
          if (chunk.length > 4) {
            sum = crc32(chunk.subarray(0, chunk.length - 4), sum);
            tail = new Uint8Array(chunk.subarray(-4));
          } else tail = concatenated(tail, chunk).slice(-4);
        }
        yield chunk;
      }
    })(),
    MOST_TENSORS,
  );
  return entryValue(where, kind, file, sum);
}

function entryValue(where: string, kind: string, { tensors, metadata }: Safetensors, sum: number): unknown {
  if (metadata.format !== 'subspace') {
    throw argumentError(where, `the file's format is ${show(metadata.format)}, expected "subspace"`);
  }
  const version = Number(metadata.version);
  if (version > ENTRY_VERSION) {
    const hint = `expected ${ENTRY_VERSION} or less: it was written by a newer @subspace/core`;
    throw argumentError(where, `the file has format version ${metadata.version}, ${hint}`);
  }
  const stored = tensors.get(CHECKSUM)?.data;
  if (stored?.byteLength !== 4 || version !== ENTRY_VERSION) throw damaged(where);
  if (new DataView(stored.buffer, stored.byteOffset, 4).getUint32(0, true) !== sum) throw damaged(where);
  if (metadata.kind !== kind) {
    throw argumentError(where, `the file holds ${show(metadata.kind)}, expected ${show(kind)}`);
  }
  // Behind a checksum that fits, anything wrong is a foreign file.
  try {
    return fromJson(JSON.parse(metadata.manifest) as Json, (index): TensorData => {
      const tensor = tensors.get(`tensor-${index}`);
      if (!tensor) throw damaged(where);
      return tensor.data;
    });
  } catch {
    throw damaged(where);
  }
}

function damaged(where: string): Error {
  return argumentError(where, 'the file is damaged (its checksum does not fit), expected one as it was written');
}

function concatenated(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
