import { readMat } from '@subspace/datasets';
import { describe, expect, it } from 'vitest';

/** Of SciPy: savemat({ a: 2×3 of float64, i8, i64: 2⁴⁰ and −3, f4, t: 2×3×4 of uint16, txt, c: complex, lg: logical, empty: 0×3, cell }). */
const PLAIN =
  'TUFUTEFCIDUuMCBNQVQtZmlsZSBQbGF0Zm9ybTogcG9zaXgsIENyZWF0ZWQgb246IFNhdCBOb3YgMjggMTQ6MjE6MjIgMjAyNgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABSU0OAAAAYAAAAAYAAAAIAAAABgAAAAAAAAAFAAAACAAAAAIAAAADAAAAAQABAGEAAAAJAAAAMAAAAAAAAAAAAAAAAAAAAAAACEAAAAAAAADwPwAAAAAAABBAAAAAAAAAAEAAAAAAAAAUQA4AAAAwAAAABgAAAAgAAAAIAAAAAAAAAAUAAAAIAAAAAQAAAAIAAAABAAIAaTgAAAEAAgD/AgAADgAAAEAAAAAGAAAACAAAAA4AAAAAAAAABQAAAAgAAAABAAAAAgAAAAEAAwBpNjQADAAAABAAAAAAAAAAAAEAAP3/////////DgAAADgAAAAGAAAACAAAAAcAAAAAAAAABQAAAAgAAAABAAAAAgAAAAEAAgBmNAAABwAAAAgAAAAAAMA/AAAgQA4AAABoAAAABgAAAAgAAAALAAAAAAAAAAUAAAAMAAAAAgAAAAMAAAAEAAAAAAAAAAEAAQB0AAAABAAAADAAAAAAAAwABAAQAAgAFAABAA0ABQARAAkAFQACAA4ABgASAAoAFgADAA8ABwATAAsAFwAOAAAAMAAAAAYAAAAIAAAABAAAAAAAAAAFAAAACAAAAAEAAAACAAAAAQADAHR4dAAQAAIAaGkAAA4AAABIAAAABgAAAAgAAAAGCAAAAAAAAAUAAAAIAAAAAQAAAAEAAAABAAEAYwAAAAkAAAAIAAAAAAAAAAAA8D8JAAAACAAAAAAAAAAAAABADgAAADAAAAAGAAAACAAAAAkCAAAAAAAABQAAAAgAAAABAAAAAgAAAAEAAgBsZwAAAgACAAEAAAAOAAAAOAAAAAYAAAAIAAAABgAAAAAAAAAFAAAACAAAAAAAAAADAAAAAQAAAAUAAABlbXB0eQAAAAkAAAAAAAAADgAAAKAAAAAGAAAACAAAAAEAAAAAAAAABQAAAAgAAAABAAAAAgAAAAEABABjZWxsDgAAADgAAAAGAAAACAAAAA4AAAAAAAAABQAAAAgAAAABAAAAAQAAAAEAAAAAAAAADAAAAAgAAAABAAAAAAAAAA4AAAAwAAAABgAAAAgAAAAEAAAAAAAAAAUAAAAIAAAAAQAAAAEAAAABAAAAAAAAABAAAQB4AAAA';
/** The same with do_compression=True. */
const COMPRESSED =
  'TUFUTEFCIDUuMCBNQVQtZmlsZSBQbGF0Zm9ybTogcG9zaXgsIENyZWF0ZWQgb246IFNhdCBOb3YgMjggMTQ6MjE6MjIgMjAyNgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABSU0PAAAANwAAAHic42NgYEgAYjYg5oDSIMAK5TMBMTMQMwJhIpDmBGIDBnTA4QChP9hDaAEonwFKizgAAIrlA4wPAAAAJQAAAHic42NgYDAAYjYg5oBiEGCFshmBmAlMMzFkWkDo/0ABAB4eAg0PAAAAMAAAAHic42NgYHAAYjYg5gBiPgYIYIXyGYGYCUwzM2SamTDwANkCUDUgyb//IQAAW48JZQ8AAAAuAAAAeJzjY2BgsABiNiDmAGJ2BghghfIZgZgJTDMxpJlA5DnAKg7YMzAoOAAAKoMCdw8AAABLAAAAeJwtjIcNgEAMxExvz9NhDcZiAPYXFpDIUnKRE4FLSqml46tCgqSSSf7niX3/+/kmwXnUXb30ehMNm17050zLrj9Qsfj74AGCtgJoDwAAACsAAAB4nONjYGAwAGI2IOYAYhYGCGCF8hmBmAlMMzOUVJQwCAB5GZkMDAAkqQKoDwAAACsAAAB4nONjYGDwAGI2IOYA0SACCFihfEY4ZmRIBtKcUHEI+GCPymdwAABK5QJ4DwAAACgAAAB4nONjYGAwAGI2IOYAYk4mBjBghfIZgZgJTDMx5KSD2ExgMQAcxwFDDwAAACgAAAB4nONjYGCwAGI2IOaA0iDACuWDADMQM0LFUnMLSiqBNCdUDgA2UwKpDwAAAEAAAAB4nONjYGBYAMRsQMwBxIwMEMCKxGcC0ywMyak5OXxAtgWSej4s6hmRzOFBMxek3gBJPwsB/QJAVgWQBgCXBAPj';

const bytesOf = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'));

/** One variable as MATLAB writes it, with words of either byte order. */
function single(words: readonly number[], littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(124 + 4 * words.length);
  bytes.set(new TextEncoder().encode('MATLAB 5.0 MAT-file'.padEnd(124)));
  for (const [i, word] of words.entries()) new DataView(bytes.buffer).setUint32(124 + 4 * i, word, littleEndian);
  return bytes;
}

describe('readMat', () => {
  it.each([
    ['plain', PLAIN],
    ['compressed', COMPRESSED],
  ])('reads %s arrays of every type, row major, and names what else is there', async (_, base64) => {
    const { arrays, findings } = await readMat(bytesOf(base64));
    const plain = Object.fromEntries([...arrays].map(([name, { data, shape }]) => [name, { data: [...data], shape }]));
    expect(plain).toEqual({
      a: { data: [0, 1, 2, 3, 4, 5], shape: [2, 3] },
      i8: { data: [-1, 2], shape: [1, 2] },
      i64: { data: [2 ** 40, -3], shape: [1, 2] },
      f4: { data: [1.5, 2.5], shape: [1, 2] },
      t: { data: Array.from({ length: 24 }, (_, i) => i), shape: [2, 3, 4] },
      lg: { data: [1, 0], shape: [1, 2] },
      empty: { data: [], shape: [0, 3] },
    });
    expect(findings).toMatchObject([{ code: 'variables-left-out' }]);
    for (const kind of ['txt (a text)', 'c (complex numbers)', 'cell (a cell array)']) {
      expect(findings[0].problem).toContain(kind);
    }
  });

  it('reads either byte order, and elements small enough for their tag', async () => {
    const words = [0x4d490100, 14, 48, 6, 8, 6, 0, 5, 8, 1, 1];
    const little = single([...words, 0x00010001, 0x78, 0x00010002, 7], true);
    // "MI" after the version: in the order of the machine that wrote it.
    const big = single([0x01004d49, ...words.slice(1), 0x00010001, 0x78000000, 0x00010002, 0x07000000], false);
    for (const file of [little, big]) {
      expect([...(await readMat(file)).arrays]).toEqual([['x', { data: Float64Array.of(7), shape: [1, 1] }]]);
    }
  });

  it('refuses other versions, other files, and halves', async () => {
    const hdf = new Uint8Array(200);
    hdf.set(new TextEncoder().encode('MATLAB 7.3 MAT-file'));
    await expect(readMat(hdf)).rejects.toThrow(
      'the file is of version 7.3, which is HDF5 (MATLAB writes version 5 by save -v7)',
    );
    await expect(readMat(new Uint8Array(20))).rejects.toThrow(
      'the file has 20 bytes, expected a MATLAB file of version 5',
    );
    await expect(readMat(new Uint8Array(200).fill(49))).rejects.toThrow('the file does not begin like one');
    const plain = bytesOf(PLAIN);
    for (const end of [131, 150, 400, plain.length - 3]) {
      await expect(readMat(plain.subarray(0, end)), `${end}`).rejects.toThrow(/readMat: .*too soon/);
    }
    const packed = bytesOf(COMPRESSED);
    await expect(readMat(packed.subarray(0, -3))).rejects.toThrow(/readMat: .*too soon/);
    packed[160] ^= 0xff;
    await expect(readMat(packed)).rejects.toThrow('readMat: the zlib data are damaged');
  });

  it('refuses integers that float64 does not hold', async () => {
    const plain = bytesOf(PLAIN);
    const value = Buffer.from(plain).indexOf(Buffer.from(BigInt64Array.of(2n ** 40n).buffer));
    plain.set(new Uint8Array(BigInt64Array.of(2n ** 60n).buffer), value);
    await expect(readMat(plain)).rejects.toThrow(
      'the file holds the integer 1152921504606846976, expected integers below 2^53',
    );
  });
});
