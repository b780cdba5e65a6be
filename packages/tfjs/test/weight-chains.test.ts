import { gaussianLikelihood, predictRegression } from '@subspace/core';
import { sghmc, sgld } from '@subspace/sgmcmc';
import { layersNetwork } from '@subspace/tfjs';
import { layers, type Sequential, sequential } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { describeBackends } from './backends.ts';
import { disposeModel, randomData } from './networks.ts';

const likelihood = gaussianLikelihood({ variance: 0.5 });

function normModel(): Sequential {
  return sequential({
    layers: [
      layers.dense({ units: 4, activation: 'tanh', inputShape: [2] }),
      layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5 }),
      layers.dense({ units: 1 }),
    ],
  });
}

describeBackends('chains over the weights of a network with batch norm', () => {
  it('take gradients at statistics of the epoch, and leave the network with its own', async () => {
    const model = normModel();
    const network = layersNetwork(model);
    const data = randomData(20, [2], { means: 1 });
    const { inputs } = data.arrays;
    const [weights, before] = [await network.readWeights(), await network.predict(inputs)];
    const options = { likelihood, priorStd: 1, batchSize: 8, learningRate: 0.01, draws: 3, warmup: 0, seed: 1 };
    const written: (readonly Float32Array[])[] = [];
    const watched = {
      ...network,
      writeStatistics(statistics: readonly Float32Array[]) {
        written.push(statistics.map((values) => values.slice()));
        network.writeStatistics!(statistics);
      },
    };
    const sampler = await sgld(watched, data, options);
    // Those of the weights at the start of each of the three epochs.
    expect(written.length).toBe(3);
    const starts = [weights, ...sampler.members.slice(0, 2)];
    for (const [epoch, start] of starts.entries()) {
      expect(written[epoch]).toEqual(await network.refreshStatistics!(start, data));
    }
    expect(await network.readWeights()).toEqual(weights);
    expect((await network.predict(inputs)).data).toEqual(before.data);
    expect((await sgld(network, data, options)).members).toEqual(sampler.members);

    const prediction = await predictRegression(network, sampler, inputs, {
      likelihood,
      samples: 3,
      seed: 1,
      refresh: { data },
    });
    expect(prediction.mean.every(Number.isFinite)).toBe(true);
    await expect(sghmc(network, data, { ...options, batchSize: 1 })).rejects.toThrow(
      'sghmc: batchSize is 1, expected at least 2: batch norm has no statistics of a single row',
    );
    network.dispose();
    disposeModel(model);
  });
});
