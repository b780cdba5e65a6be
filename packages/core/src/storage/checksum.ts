import { crc32 } from './crc32.ts';

/** Tells one array from another in an identity: CRC-32 of the bytes of all arrays, one behind the other. */
export function checksum(arrays: Iterable<ArrayBufferView>): string {
  let sum = 0;
  for (const { buffer, byteOffset, byteLength } of arrays)
    sum = crc32(new Uint8Array(buffer, byteOffset, byteLength), sum);
  return `crc32 ${sum.toString(16).padStart(8, '0')}`;
}
