import { argumentError, requireKnownOptions } from '@subspace/core/internals';
import { type ByteReader, type ByteSource, byteReader } from './async-buffer.ts';
import { readLegacyCheckpoint } from './legacy-checkpoint.ts';
import { type ReadLimits, requireLimits } from './limits.ts';
import type { PickleValue } from './pickle/pickle-value.ts';
import { readZipCheckpoint } from './zip-checkpoint.ts';

/** What a file of `torch.save` holds, as inert data. */
export type TorchObject = PickleValue;

export interface ReadTorchOptions {
  readonly limits?: ReadLimits;
  /** Whether the checksums of a zip archive are compared. Default true; false for files written under `torch.serialization.set_crc32_options(False)`. */
  readonly checksums?: boolean;
}

/**
 * Reads a `.pt` or `.pth` file of PyTorch 1.0 or newer. No code is executed: of the functions that a pickle names, only those that put tensors and
 * arrays together are known, and each other is an error with its name.
 *
 * Tensors come as `{ kind: 'tensor', type, shape, data }`, row major, as views of the bytes where they lie so; dictionaries as `Map`s, tuples as arrays,
 * objects of other classes as `{ kind: 'instance', module, name, state }`. A file is read in parts: the pickle, and then each storage once.
 *
 * @param source bytes, a `Blob`, `fileBuffer(path)`, `urlBuffer(url)`, or anything with `byteLength` and `slice(start, end)`
 * @throws on a file of another format, a damaged one, one that exceeds a limit, and one that asks for code
 * @see https://docs.pytorch.org/docs/stable/notes/serialization.html
 * @example
 * ```ts
 * import { readTorchCheckpoint } from '@subspace/torch';
 *
 * // What torch.save({'epoch': 7}, path) writes before PyTorch 1.6: a magic number, the protocol, the machine, the dictionary, no storages.
 * const text = '\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.\x80\x02}X\x05\0\0\0epochK\x07s.\x80\x02].';
 * const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
 * await readTorchCheckpoint(bytes); // Map { 'epoch' => 7 }
 * ```
 */
export async function readTorchCheckpoint(source: ByteSource, options: ReadTorchOptions = {}): Promise<TorchObject> {
  const where = 'readTorchCheckpoint';
  requireKnownOptions(where, options, ['limits', 'checksums']);
  const file = byteReader(where, source);
  const limits = requireLimits(where, options.limits ?? {}, file.byteLength);
  const head = await file.read(0, Math.min(512, file.byteLength));
  if (head[0] === 0x50 && head[1] === 0x4b) return readZipCheckpoint(where, file, limits, options.checksums ?? true);
  if (head[0] === 0x80) return readLegacyCheckpoint(where, file, limits);
  throw argumentError(
    where,
    `the file is ${formatOf(head, file)}, expected one of torch.save (a zip archive or a pickle)`,
  );
}

function formatOf(head: Uint8Array, { byteLength }: ByteReader): string {
  const text = String.fromCharCode(...head);
  if (byteLength === 0) return 'empty';
  if (text.slice(257, 262) === 'ustar')
    return 'a tar archive of before PyTorch 0.1.10, which torch does not read any more either';
  if (text.startsWith('\x89HDF')) return 'an HDF5 file';
  if (text.startsWith('\x93NUMPY')) return 'a .npy file: readNpy';
  if (text.slice(8, 9) === '{') return 'a safetensors file: readSafetensors';
  return `something that begins with ${JSON.stringify(text.slice(0, 8))}`;
}
