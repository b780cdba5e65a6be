import {
  ensemble,
  fit,
  heteroscedasticGaussianLikelihood,
  type Network,
  predictRegression,
  sgd,
  type WeightSampler,
} from '@subspace/core';
import { type DenseNetwork, denseNetwork } from '@subspace/dense';
import { gaussianNll } from '@subspace/metrics';
import { cyclicalSgld, mile, sghmc, sgld } from '@subspace/sgmcmc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { yachtData } from '../src/yacht-network.ts';

const { data, test } = yachtData();
const likelihood = heteroscedasticGaussianLikelihood();
const options = { likelihood, priorStd: 1, seed: 1 };

describe('chains over all weights of networks trained on the yacht data', () => {
  let network: DenseNetwork;
  let starts: readonly Float32Array[];
  /** The training mean and variance for every row: what all must beat. */
  let chance: number;
  let ofEnsemble: number;

  const score = async (sampler: WeightSampler): Promise<number> => {
    const prediction = await predictRegression(network as Network, sampler, test.inputs, {
      likelihood,
      samples: 400,
      seed: 1,
    });
    return gaussianNll(prediction, test.targets);
  };

  beforeAll(async () => {
    network = denseNetwork({ sizes: [6, 50, 2], head: 'heteroscedastic', seed: 1 });
    starts = await Promise.all([1, 2, 3, 4].map(trained));
    network.writeWeights(starts[0]);
    const flat = {
      mean: new Float64Array(test.targets.length),
      variance: new Float64Array(test.targets.length).fill(1),
    };
    chance = gaussianNll(flat, test.targets);
    ofEnsemble = await score(ensemble(starts));
  });
  afterAll(() => network.dispose());

  it('mile predicts better than the ensemble it starts from', async () => {
    const sampler = await mile(network, data, { ...options, starts, draws: 200, warmup: 2000, thin: 10 });
    expect(await score(sampler)).toBeLessThan(ofEnsemble - 0.3);
  });

  it('chains over minibatches, at the rate of training, predict far better than the mean of all rows', async () => {
    const chain = { ...options, batchSize: 30, learningRate: 1e-3, draws: 200, thin: 50 };
    const cycles = { ...options, batchSize: 30, learningRate: 1e-3, cycles: 10, cycleSteps: 1000, drawsPerCycle: 10 };
    for (const run of [
      () => sgld(network, data, chain),
      () => sgld(network, data, { ...chain, preconditioner: 'rmsprop' }),
      () => sghmc(network, data, chain),
      () => cyclicalSgld(network, data, cycles),
    ]) {
      expect(await score(await run())).toBeLessThan(chance - 2);
    }
  });
});

async function trained(seed: number): Promise<Float32Array> {
  const member = denseNetwork({ sizes: [6, 50, 2], head: 'heteroscedastic', seed });
  const optimizer = sgd({ momentum: 0.9, weightDecay: 1e-3 });
  await fit(member, data, { likelihood, epochs: 1000, batchSize: 30, optimizer, learningRate: 1e-3, seed });
  const weights = await member.readWeights();
  member.dispose();
  return weights;
}
