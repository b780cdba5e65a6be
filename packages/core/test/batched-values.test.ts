import { logDensity, type Vector } from '@subspace/core';
import { batchedValues } from '@subspace/core/internals';
import { describe, expect, it } from 'vitest';

/** Sizes of the batches that a density is asked for. */
async function sizes(count: number, wait: (batch: number) => void): Promise<number[]> {
  const points = Array.from({ length: count }, (_, i) => Float64Array.of(i));
  const found: number[] = [];
  const line = logDensity(1, (z) => -z[0]);
  const values = (batch: readonly Vector[]) => {
    found.push(batch.length);
    wait(batch.length);
    return line.values(batch);
  };
  const answers = await batchedValues('here', { ...line, values }, points);
  expect([...answers]).toEqual(points.map(([z]) => -z));
  return found;
}
const busy = (milliseconds: number) => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
};

describe('batchedValues', () => {
  it('asks for equally many points for each of an engine’s threads: powers of two, but for the last', async () => {
    for (const wait of [() => {}, (batch: number) => busy(0.1 * batch)]) {
      const all = await sizes(1000, wait);
      expect(all.slice(0, -1).filter((size) => !Number.isInteger(Math.log2(size)))).toEqual([]);
      expect(all.reduce((a, b) => a + b)).toBe(1000);
    }
  });

  it('asks for one point at a time where one takes long', async () => {
    expect(await sizes(5, () => busy(9))).toEqual([1, 1, 1, 1, 1]);
  });
});
