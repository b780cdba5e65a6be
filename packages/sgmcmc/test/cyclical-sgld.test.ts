import { cyclicalSgld, sgld } from '@subspace/sgmcmc';
import { describe, expect, it } from 'vitest';
import { data, likelihood, line, means, priorStd } from './line.ts';

const options = { likelihood, priorStd, batchSize: 8, cycles: 3, cycleSteps: 20, learningRate: 0.2, seed: 1 };

describe('cyclicalSgld', () => {
  it('keeps the last weights of each cycle, and others at equal distances in its sampling stage', async () => {
    const every = await cyclicalSgld(line(), data, { ...options, exploration: 0, drawsPerCycle: 20 });
    expect(every.size).toBe(60);
    const some = await cyclicalSgld(line(), data, { ...options, exploration: 0, drawsPerCycle: 4 });
    expect(some.members).toEqual(
      [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60].map((steps) => every.members[steps - 1]),
    );
    expect((await cyclicalSgld(line(), data, options)).size).toBe(9);
  });

  it('is sgld at rates that fall along a cosine', async () => {
    const learningRate = (step: number) => 0.1 * (Math.cos((Math.PI * (step % 20)) / 20) + 1);
    const { cycles: _, cycleSteps: __, ...shared } = options;
    const plain = await sgld(line(), data, { ...shared, learningRate, draws: 60, warmup: 0, thin: 1 });
    const every = await cyclicalSgld(line(), data, { ...options, exploration: 0, drawsPerCycle: 20 });
    expect(every.members).toEqual(plain.members);
  });

  it('descends without noise until its sampling stage', async () => {
    const draws = await cyclicalSgld(line(), data, {
      ...options,
      batchSize: data.size,
      cycleSteps: 200,
      exploration: 0.99,
      drawsPerCycle: 1,
    });
    // Two noisy steps at next to no rate are left: the weights are at the mode.
    for (const member of draws.members) {
      means().forEach((mean, i) => {
        expect(Math.abs(member[i] - mean)).toBeLessThan(0.01);
      });
    }
  });

  it.each([
    [{ drawsPerCycle: 5 }, 'drawsPerCycle is 5, expected at most 4, the steps of a cycle'],
    [{ exploration: 1 }, 'exploration is 1, expected 0 ≤ exploration < 1'],
    [{ cycles: 0 }, 'cycles is 0, expected an integer of at least 1'],
    [{ learningRate: () => 0.1 }, 'learningRate is '],
  ])('names what is wrong: %o', async (wrong, message) => {
    await expect(cyclicalSgld(line(), data, { ...options, ...wrong } as typeof options)).rejects.toThrow(
      `cyclicalSgld: ${message}`,
    );
  });
});
