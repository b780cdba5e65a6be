import { fit, memoryStore, predictRegression, randomSource, sgd } from '@subspace/core';
import { type FastGeometricEnsembleOptions, fastGeometricEnsemble } from '@subspace/curves';
import { bits } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { likelihood, sineData, smallNetwork } from './solutions.ts';

const options = (changes: Partial<FastGeometricEnsembleOptions> = {}): FastGeometricEnsembleOptions => ({
  ...{ members: 3, cycle: 4, learningRate: { highest: 1e-3, lowest: 1e-4 }, likelihood, batchSize: 10 },
  ...{ optimizer: sgd({ momentum: 0.9 }), seed: 1, ...changes },
});

describe('fastGeometricEnsemble', () => {
  it('takes weights where the rate is lowest, as a run of fit would', async () => {
    const network = smallNetwork();
    const sampler = await fastGeometricEnsemble(network, sineData(), options());
    expect(sampler.size).toBe(3);
    expect(sampler.loss.length).toBe(10);
    expect(await network.readWeights()).toEqual(sampler.members[2]);
    // Epochs 1, 5 and 9, before and after which the rate is the lowest of the cycle: t = 1/8, 3/8, 5/8, 7/8.
    const rates = [0.75, 0.25, 0.25, 0.75].map((share) => 1e-4 + 9e-4 * share);
    for (const [k, epochs] of [2, 6, 10].entries()) {
      const again = smallNetwork();
      const { optimizer, seed, batchSize } = options();
      const learningRate = (epoch: number) => rates[epoch % 4];
      await fit(again, sineData(), { likelihood, optimizer, seed, batchSize, epochs, learningRate });
      expect(bits(await again.readWeights())).toBe(bits(sampler.members[k]));
      again.dispose();
    }
    network.dispose();
  });

  it('is a sampler to predict with, each member once', async () => {
    const network = smallNetwork();
    const sampler = await fastGeometricEnsemble(network, sineData(), options());
    expect([...sampler.weights(10, randomSource(1))]).toEqual([...sampler.members]);
    const inputs = { data: Float32Array.of(0, 1), shape: [2, 1] };
    const { epistemicVariance } = await predictRegression(network, sampler, inputs, {
      likelihood,
      samples: 3,
      seed: 1,
    });
    expect(Math.min(...epistemicVariance)).toBeGreaterThan(0);
    network.dispose();
  });

  it('goes on bit for bit from a checkpoint', async () => {
    const run = async (changes: Partial<FastGeometricEnsembleOptions> = {}) => {
      const network = smallNetwork();
      try {
        return (await fastGeometricEnsemble(network, sineData(), options(changes))).members;
      } finally {
        network.dispose();
      }
    };
    const store = memoryStore();
    await run({ members: 2, checkpoint: { store } });
    expect(bits(await run({ checkpoint: { store, resume: true } }))).toBe(bits(await run()));
  });

  it('refuses cycles and rates that do not swing', async () => {
    const network = smallNetwork();
    const refused: readonly [Partial<FastGeometricEnsembleOptions>, string][] = [
      [{ members: 0 }, 'fastGeometricEnsemble: members is 0'],
      [{ cycle: 3 }, 'fastGeometricEnsemble: cycle is 3, expected an even number of epochs'],
      [{ learningRate: 0.1 as never }, 'fastGeometricEnsemble: learningRate is 0.1, expected an object'],
      [{ learningRate: { highest: 1, lowest: 2 } }, 'learningRate.lowest is 2, expected at most 1, the highest'],
      [{ learningRate: { highest: 1, lowest: 0 } }, 'learningRate.lowest is 0'],
      [{ epochs: 3 } as never, 'fastGeometricEnsemble: option epochs is unknown'],
    ];
    for (const [changes, message] of refused) {
      await expect(fastGeometricEnsemble(network, sineData(), options(changes))).rejects.toThrow(message);
    }
    network.dispose();
  });
});
