import { type CheckpointStore, memoryStore, randomSource } from '@subspace/core';
import { regressionDataset, regressionFeatures } from '@subspace/datasets';
import { denseNetwork } from '@subspace/dense';
import { functionRHat } from '@subspace/diagnostics';
import { describe, expect, it } from 'vitest';
import { type FullChainOptions, fullChain } from '../src/full-posterior.ts';

const random = randomSource('lines');
const x = Float64Array.from({ length: 30 }, (_, i) => i / 5 - 3);
const y = x.map((at) => 0.5 + at + 0.1 * random.normal());
const { inputs, targets } = regressionDataset(x, y).arrays!;
const options: Omit<FullChainOptions, 'seed'> = {
  data: { inputs, targets },
  ...{ noiseVariance: 0.01, priorStd: 3, epochs: 20, warmup: 50, draws: 200, steps: [10, 40] },
  inputs: regressionFeatures([-2, 0, 2]),
};
/** Of a network without hidden layers: a + b·x/2 + c·(x/2)². */
const chain = async (seed: string, more: Partial<FullChainOptions> = {}) => {
  const network = denseNetwork({ sizes: [2, 1], seed, threads: 1 });
  try {
    return await fullChain(network, { ...options, ...more, seed });
  } finally {
    network.dispose();
  }
};

describe('a chain over all weights', () => {
  it('agrees with another one, and with the line that the data are of', async () => {
    const chains = [await chain('a'), await chain('b')];
    for (const { functions, acceptance, gradients } of chains) {
      expect(functions).toHaveLength(200);
      expect(acceptance).toBeGreaterThan(0.6);
      expect(gradients).toBeGreaterThanOrEqual(200 * 10);
      [-2, 0, 2].forEach((at, p) => {
        const mean = functions.reduce((sum, said) => sum + said[p] / functions.length, 0);
        // The posterior's standard deviation there is some 0.03.
        expect(Math.abs(mean - (0.5 + at))).toBeLessThan(0.12);
      });
    }
    expect(Math.max(...functionRHat(chains.map(({ functions }) => functions)))).toBeLessThan(1.05);
  });

  it('that was cancelled gives what it has, and goes on to the same draws', async () => {
    const whole = await chain('a');
    const store = memoryStore();
    const signal = { aborted: false };
    // After some steps, and not after some time: each is saved.
    let saved = 0;
    const cancelling: CheckpointStore = {
      ...store,
      async append(...entry) {
        saved++;
        if (saved === 80) signal.aborted = true;
        await store.append(...entry);
      },
    };
    const part = await chain('a', { signal, checkpoint: { store: cancelling, every: 1 } });
    expect(part.functions.length).toBeGreaterThan(0);
    expect(part.functions.length).toBeLessThan(200);
    expect(whole.functions.slice(0, part.functions.length)).toEqual(part.functions);
    const rest = await chain('a', { checkpoint: { store, resume: true } });
    expect(rest.functions).toEqual(whole.functions);
  });
});
