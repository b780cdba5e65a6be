import { readFileSync } from 'node:fs';
import { readNpz } from '@subspace/torch';
import { describe, expect, it } from 'vitest';
import { zip } from './zip.ts';

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`./fixtures/${name}.npz`, import.meta.url)));

describe('readNpz', () => {
  it.each(['savez', 'savez_compressed'])('reads what numpy.%s writes', async (name) => {
    expect(await readNpz(new Blob([fixture(name)]))).toEqual(
      new Map<string, object>([
        ['a', { data: Float32Array.of(0, 1, 2, 3, 4, 5), shape: [2, 3] }],
        ['b', { data: Float64Array.of(1, -2), shape: [2] }],
      ]),
    );
  });

  it('refuses what is no array, no archive, damaged, and too large', async () => {
    await expect(readNpz(zip([{ name: 'a.txt', bytes: new Uint8Array(3) }]))).rejects.toThrow(
      'has a.txt, expected .npy',
    );
    await expect(readNpz(zip([{ name: 'a.npy', bytes: new Uint8Array(3) }]))).rejects.toThrow('\\x93NUMPY');
    await expect(readNpz(new Uint8Array(100))).rejects.toThrow('no directory');
    const bytes = fixture('savez');
    bytes[200] ^= 1;
    await expect(readNpz(bytes)).rejects.toThrow('the checksum of a.npy is wrong');
    const limits = { memberBytes: 200 };
    await expect(readNpz(fixture('savez_compressed'), { limits })).rejects.toThrow('limits.memberBytes allows 200');
  });
});
