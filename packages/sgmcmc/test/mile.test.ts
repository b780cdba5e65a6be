import { arraysDataset, gaussianLikelihood, memoryStore, randomSource, weightPosterior } from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { mile } from '@subspace/sgmcmc';
import { bits } from '@subspace-internal/testing';
import { afterAll, describe, expect, it } from 'vitest';

const random = randomSource('mile');
const x = Float32Array.from({ length: 30 }, () => 2 * random.uniform() - 1);
const data = arraysDataset({
  inputs: { data: x, shape: [30, 1] },
  targets: { data: x.map((value) => value * value + 0.1 * random.normal()), shape: [30, 1] },
});
const likelihood = gaussianLikelihood({ variance: 0.01 });
const network = denseNetwork({ sizes: [1, 5, 1], activation: 'tanh', seed: 1 });
const other = denseNetwork({ sizes: [1, 5, 1], activation: 'tanh', seed: 2 });
const starts = [await network.readWeights(), await other.readWeights()];
const options = { starts, likelihood, priorStd: 1, draws: 20, warmup: 200, thin: 5, seed: 1 };
afterAll(() => {
  network.dispose();
  other.dispose();
});

describe('mile', () => {
  it('keeps what each chain draws, chain by chain, near the starts it came from', async () => {
    const sampler = await mile(network, data, options);
    expect([sampler.size, sampler.members.length, sampler.draws.positions.length]).toEqual([40, 40, 2]);
    expect(sampler.members[20]).toEqual(Float32Array.from(sampler.draws.positions[1][0]));
    expect(await network.readWeights()).toEqual(starts[0]);
    // The chains have climbed from untrained weights to where the posterior is.
    const posterior = weightPosterior(network, data, { likelihood, priorStd: 1 });
    const [before] = await posterior.values([Float64Array.from(starts[0])]);
    const [after] = await posterior.values([sampler.draws.positions[0][19]]);
    expect(after).toBeGreaterThan(before + 50);
    posterior.dispose();
  });

  it('is the same for the same seed, and goes on from a checkpoint', async () => {
    const store = memoryStore();
    const whole = await mile(network, data, options);
    const few = await mile(network, data, { ...options, draws: 8, checkpoint: { store } });
    expect(bits(few.members.slice(0, 8))).toBe(bits(whole.members.slice(0, 8)));
    const grown = await mile(network, data, { ...options, checkpoint: { store, resume: true } });
    expect(bits(grown.members)).toBe(bits(whole.members));
  });

  it.each([
    [{ starts: [] }, 'mile: starts are empty, expected the weights of at least one network'],
    [{ starts: [Float32Array.of(1)] }, 'mile: starts[0] has length 1, expected 16'],
    [{ starts: [starts[0], starts[0].map(() => Number.NaN)] }, 'mile: starts[1][0] is NaN, expected a finite number'],
    [{ thin: 0 }, 'mile: thin is 0, expected an integer of at least 1'],
    [{ members: starts }, 'mile: option members is unknown'],
    [{ scales: 'dense' }, 'mclmc: scales is "dense"'],
  ])('names what is wrong: %o', async (wrong, message) => {
    await expect(mile(network, data, { ...options, ...wrong } as typeof options)).rejects.toThrow(message);
  });
});
