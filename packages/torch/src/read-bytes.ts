import { type ByteSource, byteReader } from './async-buffer.ts';

/**
 * All bytes of a source, for readers that take a whole file: `readSafetensors` and `readNpy` of @subspace/core.
 *
 * @throws if the source gives fewer bytes than it says
 * @example
 * ```ts
 * import { readSafetensors, writeSafetensors } from '@subspace/core';
 * import { readBytes } from '@subspace/torch';
 *
 * const file = new Blob([writeSafetensors({ bias: { data: Float32Array.of(1), shape: [1] } }) as Uint8Array<ArrayBuffer>]);
 * readSafetensors(await readBytes(file)).tensors.get('bias')!.data; // Float32Array [1]
 * ```
 */
export async function readBytes(source: ByteSource): Promise<Uint8Array> {
  const file = byteReader('readBytes', source);
  return file.read(0, file.byteLength);
}
