import { existsSync, mkdtempSync, rmSync, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawsFrom, gaussianLikelihood, loadPosterior, savePosterior, subspace, weightLayout } from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import { afterAll, describe, expect, it } from 'vitest';

/** Beyond what one read, one write or one buffer can hold. */
const CHUNKS = 530;
const CHUNK = 2 ** 22;

/** Memory, where a file system of it has room; a disk takes longer. */
const place = ['/dev/shm', tmpdir()].find((path) => {
  if (!existsSync(path)) return false;
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize > 2 * CHUNKS * CHUNK;
});

describe.skipIf(!place)('entries beyond 2 GiB', () => {
  const folder = place && mkdtempSync(join(place, 'subspace-large-'));
  const store = fileStore(folder ?? '-');
  afterAll(() => rmSync(folder!, { recursive: true }));

  it('are streamed by fileStore, and appended to', async () => {
    const chunk = new Uint8Array(CHUNK).fill(7);
    const number = new DataView(chunk.buffer);
    await store.write(
      'large',
      (function* () {
        for (let i = 0; i < CHUNKS; i++) {
          number.setUint32(CHUNK - 4, i);
          yield chunk;
        }
      })(),
    );
    await store.append('large', Uint8Array.of(1, 2, 3));
    expect(statSync(join(folder!, 'large')).size).toBe(CHUNKS * CHUNK + 3);
    expect(CHUNKS * CHUNK).toBeGreaterThan(2 ** 31);

    let offset = 0;
    for await (const piece of (await store.read('large'))!) {
      const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
      if (offset < CHUNKS * CHUNK) {
        expect(piece.length).toBe(CHUNK);
        expect(piece[0]).toBe(7);
        expect(view.getUint32(CHUNK - 4)).toBe(offset / CHUNK);
      } else expect([...piece]).toEqual([1, 2, 3]);
      offset += piece.length;
    }
    expect(offset).toBe(CHUNKS * CHUNK + 3);
    rmSync(join(folder!, 'large'));
  });

  // Takes 3.5 GB of memory and half a minute.
  it.skipIf(!process.env.SUBSPACE_LARGE)(
    'hold a posterior, with its manifest and checksum',
    { timeout: 300_000 },
    async () => {
      const layout = weightLayout([{ name: 'w', shape: [75_000_000] }]);
      const row = new Float32Array(layout.size).map((_, i) => i);
      const given = subspace({ layout, shift: row, basis: Array(7).fill(row) });
      await savePosterior(store, {
        network: 'large',
        subspace: given,
        draws: drawsFrom([[new Float64Array(7)]]),
        likelihood: gaussianLikelihood({ variance: 1 }),
      });
      expect(statSync(join(folder!, 'posterior')).size).toBeGreaterThan(2 ** 31);
      const { basis, shift } = (await loadPosterior(store)).subspace;
      expect(basis.length).toBe(7);
      for (const read of [shift, ...basis])
        expect(Buffer.compare(Buffer.from(read.buffer), Buffer.from(row.buffer))).toBe(0);
    },
  );
});
