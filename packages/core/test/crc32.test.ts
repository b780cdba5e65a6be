import { crc32 } from '@subspace/core/internals';
import { expect, it } from 'vitest';
import { crc32ByTables } from '../src/storage/crc32.ts';

it("is zlib's, natively and by tables, whole and in parts", () => {
  const text = new TextEncoder().encode('123456789');
  const bytes = Uint8Array.from({ length: 10_007 }, (_, i) => (i * 31 + (i >> 3)) & 255);
  for (const checksum of [crc32, crc32ByTables]) {
    expect(checksum(text)).toBe(0xcbf43926);
    expect(checksum(new Uint8Array(0))).toBe(0);
    expect(checksum(bytes.subarray(123), checksum(bytes.subarray(0, 123)))).toBe(checksum(bytes));
  }
  expect(crc32(bytes)).toBe(crc32ByTables(bytes));
});
