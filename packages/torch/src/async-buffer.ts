import type { MaybePromise } from '@subspace/core';
import { argumentError, show } from '@subspace/core/internals';

/**
 * Bytes that can be asked for in parts: a file (`fileBuffer` of @subspace/torch/node), a `Blob`, a URL with ranges (`urlBuffer`), memory.
 *
 * The habit of hyparquet, so that its buffers fit, too.
 */
export interface AsyncBuffer {
  readonly byteLength: number;
  /** Bytes from `start` to before `end`. */
  slice(start: number, end: number): MaybePromise<ArrayBuffer | Uint8Array>;
}

/** Bytes in memory, or what gives them in parts; a `Blob` has no `byteLength`, but `size` and `arrayBuffer`. */
export type ByteSource = AsyncBuffer | Uint8Array | ArrayBuffer | BlobLike;

/** What is used of a browser's `Blob` or `File`. */
export interface BlobLike {
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** Reads parts of a source, checked: as many bytes as were asked for. */
export interface ByteReader {
  readonly byteLength: number;
  read(start: number, end: number): Promise<Uint8Array>;
}

export function byteReader(where: string, source: ByteSource): ByteReader {
  const { byteLength, slice } = partsOf(where, source);
  return {
    byteLength,
    async read(start, end) {
      if (!(start >= 0 && start <= end && end <= byteLength)) {
        throw argumentError(
          where,
          `the file ends at byte ${byteLength}, expected bytes ${start} to ${end}: it is cut off or damaged`,
        );
      }
      const bytes = viewOf(await slice(start, end));
      if (bytes.length !== end - start) {
        throw argumentError(where, `the source gave ${bytes.length} bytes, expected ${end - start} from byte ${start}`);
      }
      return bytes;
    },
  };
}

function partsOf(where: string, source: ByteSource): AsyncBuffer {
  if (isBytes(source)) {
    const bytes = viewOf(source);
    return { byteLength: bytes.length, slice: (start, end) => bytes.subarray(start, end) };
  }
  if (typeof source === 'object' && source !== null && typeof source.slice === 'function') {
    if ('byteLength' in source && Number.isSafeInteger(source.byteLength)) return source as AsyncBuffer;
    if ('size' in source && Number.isSafeInteger(source.size)) {
      const blob = source as BlobLike;
      return { byteLength: blob.size, slice: (start, end) => blob.slice(start, end).arrayBuffer() };
    }
  }
  throw argumentError(where, `source is ${show(source)}, expected bytes, a Blob or { byteLength, slice(start, end) }`);
}

function isBytes(value: unknown): value is Uint8Array | ArrayBuffer {
  return ArrayBuffer.isView(value) || Object.prototype.toString.call(value) === '[object ArrayBuffer]';
}

function viewOf(bytes: Uint8Array | ArrayBuffer): Uint8Array {
  return ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
}
