import { sgld } from '@subspace/sgmcmc';
import { describe, expect, it } from 'vitest';
import { data, likelihood, line, means, precision, priorStd } from './line.ts';
import { moments } from './moments.ts';

const options = { likelihood, priorStd, batchSize: 8, learningRate: 0.1, draws: 5, seed: 1 };

describe('sgld', () => {
  it('keeps a draw an epoch after as long a warmup as half of them, unless told otherwise', async () => {
    const steps: number[] = [];
    const network = line((step) => steps.push(step));
    const sampler = await sgld(network, data, options);
    // Batches of 8, 8 and 4 rows.
    expect(steps.length).toBe(7 + 5 * 3);
    expect([sampler.size, sampler.members.length, sampler.loss.length]).toEqual([5, 5, 5]);
    steps.length = 0;
    await sgld(network, data, { ...options, warmup: 2, thin: 4 });
    expect(steps.length).toBe(2 + 5 * 4);
  });

  it('thins one chain: more draws of it are the same chain seen more often', async () => {
    const often = await sgld(line(), data, { ...options, draws: 12, warmup: 0, thin: 1 });
    const seldom = await sgld(line(), data, { ...options, draws: 3, warmup: 0, thin: 4 });
    expect(seldom.members).toEqual([3, 7, 11].map((i) => often.members[i]));
    const rows = [8, 8, 4, 8];
    const mean = rows.reduce((sum, count, i) => sum + count * often.loss[i], 0) / 28;
    expect(seldom.loss[0]).toBeCloseTo(mean, 12);
  });

  it('gives the same draws for the same seed, and others for another', async () => {
    const [one, again, other] = [
      await sgld(line(), data, options),
      await sgld(line(), data, options),
      await sgld(line(), data, { ...options, seed: 2 }),
    ];
    expect(again.members).toEqual(one.members);
    expect(other.members).not.toEqual(one.members);
  });

  it('takes a schedule, from the step to the rate', async () => {
    const asked: number[] = [];
    const falling = await sgld(line(), data, {
      ...options,
      warmup: 0,
      thin: 1,
      learningRate(step) {
        asked.push(step);
        return 0.1;
      },
    });
    expect(asked).toEqual([0, 1, 2, 3, 4]);
    expect(falling.members).toEqual((await sgld(line(), data, { ...options, warmup: 0, thin: 1 })).members);
    const still = await sgld(line(), data, { ...options, learningRate: () => 0 });
    expect(still.members[4]).toEqual(new Float32Array(2));
  });

  it('preconditioned, divides drift and the square of the noise by the size of gradients', async () => {
    // At a rate so small that nothing moves, G = 1/(ε + |g|) from the first step on, and the noise shows it.
    const learningRate = 1e-12;
    const steep = { ...options, batchSize: data.size, warmup: 0, thin: 1, draws: 1, learningRate };
    const plain = await sgld(line(), data, steep);
    const scaled = await sgld(line(), data, { ...steep, preconditioner: 'rmsprop' });
    const { gradient } = line().lossAndGradient(new Float32Array(2), data, all, likelihood) as {
      gradient: Float32Array;
    };
    for (const i of [0, 1]) {
      const size = Math.abs(gradient[i]) / data.size;
      const ratio = scaled.members[0][i] / plain.members[0][i];
      expect(ratio).toBeCloseTo(1 / Math.sqrt(1e-5 + size), 4);
    }
  });

  it('preconditioned, comes near the posterior: what G changes from step to step is all that is left', async () => {
    const sampler = await sgld(line(), data, {
      ...{ ...options, batchSize: 10, draws: 2000, warmup: 2000, thin: 20 },
      ...{ learningRate: 0.002, preconditioner: { decay: 0.999, epsilon: 1e-5 }, seed: 'preconditioned' },
    });
    for (const weight of [0, 1]) {
      const found = moments(sampler, weight, means()[weight]);
      expect(Math.abs(found.mean - means()[weight])).toBeLessThan(4 * found.meanError + 0.02);
      expect(Math.abs(found.variance * precision() - 1)).toBeLessThan(0.15 + 4 * found.varianceError * precision());
    }
  });

  it.each([
    [{ draws: 0 }, 'draws is 0, expected an integer of at least 1'],
    [{ thin: 1.5 }, 'thin is 1.5, expected an integer of at least 1'],
    [{ warmup: -1 }, 'warmup is -1, expected an integer of at least 0'],
    [{ learningRate: Number.NaN }, 'learningRate is NaN, expected a finite number of at least 0'],
    [{ learningRate: () => -1 }, 'learningRate(0) is -1, expected a finite number of at least 0'],
    [{ priorStd: 0 }, 'priorStd is 0, expected a finite number greater than 0'],
    [{ temperature: 0 }, 'temperature is 0, expected a finite number greater than 0'],
    [{ batchSize: 0 }, 'batchSize is 0, expected an integer of at least 1'],
    [{ seed: undefined }, 'seed is undefined, expected a finite number or a string'],
    [{ preconditioner: 'adam' }, `preconditioner is "adam", expected 'none', 'rmsprop' or { decay, epsilon }`],
    [{ preconditioner: { decay: 1 } }, 'preconditioner.decay is 1, expected 0 ≤ preconditioner.decay < 1'],
    [{ preconditioner: { epsilon: 0 } }, 'preconditioner.epsilon is 0, expected a finite number greater than 0'],
    [{ stepSize: 1 }, 'option stepSize is unknown, expected one of likelihood, priorStd,'],
  ])('names what is wrong: %o', async (wrong, message) => {
    const promise = sgld(line(), data, { ...options, ...wrong } as typeof options);
    await expect(promise).rejects.toThrow(`sgld: ${message}`);
    await expect(promise).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

const all = Int32Array.from({ length: data.size }, (_, i) => i);
