import { type NpyArray, readNpy } from '@subspace/core';
import { argumentError, requireKnownOptions } from '@subspace/core/internals';
import { type ByteSource, byteReader } from './async-buffer.ts';
import { type ReadLimits, requireLimits } from './limits.ts';
import { zipArchive } from './zip-archive.ts';

/**
 * Reads a `.npz` file: what `numpy.savez` and `numpy.savez_compressed` write.
 *
 * @param source bytes, a `Blob`, `fileBuffer(path)`, `urlBuffer(url)`, or anything with `byteLength` and `slice(start, end)`
 * @param options `limits.memberBytes` that compressed arrays may inflate to, together; the others are of pickles, and none is read here
 * @returns the arrays by name, as `readNpy` of @subspace/core gives them
 * @throws on a file of another format, a damaged one, one that exceeds a limit, and arrays that `readNpy` does not read
 * @example
 * ```ts
 * import { readNpz } from '@subspace/torch';
 *
 * // An archive without members: numpy.savez(path).
 * const empty = new Uint8Array(22);
 * empty.set([0x50, 0x4b, 5, 6]);
 * await readNpz(empty); // Map {}
 * ```
 */
export async function readNpz(
  source: ByteSource,
  options: { readonly limits?: ReadLimits } = {},
): Promise<ReadonlyMap<string, NpyArray>> {
  const where = 'readNpz';
  requireKnownOptions(where, options, ['limits']);
  const file = byteReader(where, source);
  const archive = await zipArchive(where, file, requireLimits(where, options.limits ?? {}, file.byteLength), true);
  const arrays = new Map<string, NpyArray>();
  for (const member of archive.members.values()) {
    if (!member.name.endsWith('.npy'))
      throw argumentError(where, `the archive has ${member.name}, expected .npy files`);
    arrays.set(member.name.slice(0, -'.npy'.length), readNpy(await archive.read(member)));
  }
  return arrays;
}
