import { type CheckpointStore, memoryStore } from '@subspace/core';
import { describe, expect, it, vi } from 'vitest';
import { draw } from './resumable-run.ts';

const options = { draws: 300, warmup: 10, chains: 1, thin: 1 };

/** A run that saved at every step, in a store that gives its bytes in pieces of a size, from a buffer that it uses again. */
async function finishedRun(size: number): Promise<{ store: CheckpointStore; bytes: number; finished: unknown }> {
  const kept = memoryStore();
  const drawn = await draw(kept, { ...options, checkpoint: { store: kept, every: 1 } });
  const all: number[] = [];
  for await (const chunk of (await kept.read('draws-0'))!) for (const byte of chunk) all.push(byte);
  const store: CheckpointStore = {
    ...kept,
    async read(name) {
      const chunks = await kept.read(name);
      if (name !== 'draws-0') return chunks;
      return (async function* () {
        const buffer = new Uint8Array(size);
        for (let at = 0; at < all.length; at += size) {
          const piece = all.slice(at, at + size);
          buffer.set(piece);
          yield buffer.subarray(0, piece.length);
          buffer.fill(255);
        }
      })();
    },
  };
  return { store, bytes: all.length, finished: [drawn.positions, drawn.infos, drawn.divergent] };
}

describe('the log of draws', () => {
  it.each([1, 7, 64, 1000, 2 ** 20])('is read however it is cut: in pieces of %i bytes', async (size) => {
    const { store, finished } = await finishedRun(size);
    const resumed = await draw(store, options);
    expect([resumed.positions, resumed.infos, resumed.divergent]).toEqual(finished);
  });

  it('is copied a few times, not once for each of its records', async () => {
    const { store, bytes } = await finishedRun(2 ** 20);
    let copied = 0;
    const arrays = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
    const { set, slice } = arrays;
    const spies = [
      vi.spyOn(arrays, 'set').mockImplementation(function (this: Uint8Array, from, at) {
        copied += from.length;
        set.call(this, from, at);
      }),
      vi.spyOn(arrays, 'slice').mockImplementation(function (this: Uint8Array, from, to) {
        const part = slice.call(this, from, to);
        copied += part.length;
        return part;
      }),
    ];
    try {
      await draw(store, options);
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
    // 300 records: each byte would be copied 150 times.
    expect(bytes).toBeGreaterThan(50_000);
    expect(copied).toBeLessThan(5 * bytes);
  });
});
