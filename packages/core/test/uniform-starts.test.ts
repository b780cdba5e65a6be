import { logDensity, memoryStore, sample, sampleIterator, type ValueAlgorithm, type Vector } from '@subspace/core';
import { describe, expect, it } from 'vitest';

/** Keeps its start, and says where it was asked. */
function still(density: (z: Vector) => number, dim = 3): ValueAlgorithm<Vector, object> & { readonly asked: Vector[] } {
  const asked: Vector[] = [];
  const target = logDensity(dim, (z) => {
    asked.push(z);
    return density(z);
  });
  return {
    name: 'still',
    needs: 'values',
    target,
    asked,
    position: (state) => state,
    *init(_random, z) {
      yield z;
      return z;
    },
    *step(_random, state) {
      yield state;
      return { state, info: {} };
    },
  };
}

const options = { draws: 1, warmup: 0, seed: 1, initial: 'uniform' } as const;

describe("starts with initial: 'uniform'", () => {
  it('are uniform on (−2, 2), one for each chain, the same for the same seed', async () => {
    const { positions } = await sample(
      still(() => 0),
      { ...options, chains: 400 },
    );
    const values = positions.flat().flatMap((z) => Array.from(z));
    expect(new Set(values).size).toBe(1200);
    expect(values.every((value) => value > -2 && value < 2)).toBe(true);
    // Mean 0 and variance 4/3, of 1200: four standard errors.
    const mean = values.reduce((sum, value) => sum + value, 0) / 1200;
    const variance = values.reduce((sum, value) => sum + value ** 2, 0) / 1200;
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(4 / 3 / 1200));
    expect(Math.abs(variance - 4 / 3)).toBeLessThan(4 * Math.sqrt((16 / 5 - 16 / 9) / 1200));

    const again = await sample(
      still(() => 0),
      { ...options, chains: 2 },
    );
    expect(again.positions).toEqual(positions.slice(0, 2));
    const iterated: Vector[] = [];
    for await (const { position } of sampleIterator(
      still(() => 0),
      { ...options, chains: 2 },
    ))
      iterated.push(position);
    expect(iterated).toEqual(positions.slice(0, 2).flat());
  });

  it('are drawn again where the density is −∞, NaN or ∞', async () => {
    for (const bad of [-Infinity, Number.NaN]) {
      const algorithm = still((z) => (z[0] > 0 ? 0 : bad));
      const { positions } = await sample(algorithm, { ...options, chains: 20 });
      expect(positions.flat().every((z) => z[0] > 0)).toBe(true);
      expect(algorithm.asked.some((z) => z[0] < 0)).toBe(true);
    }
  });

  it('are drawn again where a gradient is not finite', async () => {
    const target = logDensity(1, ([x]) => ({ value: 0, gradient: Float64Array.of(x > 0 ? 0 : Number.NaN) }));
    const { positions } = await sample(
      {
        name: 'still',
        needs: 'gradients',
        target,
        position: (state: Vector) => state,
        *init(_random, z) {
          yield z;
          return z;
        },
        *step(_random, state) {
          yield state;
          return { state, info: {} };
        },
      },
      { ...options, chains: 20 },
    );
    expect(positions.flat().every(([x]) => x > 0)).toBe(true);
  });

  it('are those of the run that a checkpoint goes on with', async () => {
    const checkpoint = { store: memoryStore(), resume: true };
    await sample(
      still(() => 0),
      { ...options, chains: 2, checkpoint },
    );
    const more = await sample(
      still(() => 0),
      { ...options, draws: 3, chains: 2, checkpoint },
    );
    expect(more.positions).toEqual(
      (
        await sample(
          still(() => 0),
          { ...options, draws: 3, chains: 2 },
        )
      ).positions,
    );
  });

  it('are given up after 100 tries', async () => {
    const algorithm = still(() => -Infinity);
    await expect(sample(algorithm, { ...options, chains: 2 })).rejects.toThrow(
      'sample: the log density or its gradient is not finite at 100 starts, uniform on (−2, 2), of chain 0',
    );
    expect(algorithm.asked.length).toBe(200);
    await expect(
      sample(
        still(() => 0),
        { ...options, initial: 'anywhere' as never },
      ),
    ).rejects.toThrow("initial is \"anywhere\", expected 'prior', 'uniform' or one position per chain");
  });
});
