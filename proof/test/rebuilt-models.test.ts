import {
  adam,
  arraysDataset,
  type FitOptions,
  fit,
  gaussianLikelihood,
  loadPosterior,
  memoryStore,
  type Network,
  predictRegression,
  sample,
  savePosterior,
  subspaceDraws,
  subspacePosterior,
} from '@subspace/core';
import { ellipticalSlice } from '@subspace/ess';
import { frequentDirectionsSubspace, multiSwag, pcaSubspace, randomSubspace, swagMoments } from '@subspace/swag';
import { layersNetwork, useBackend } from '@subspace/tfjs';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';

// TensorFlow.js numbers the layers of a program: the same code gives `dense_Dense1` the first time, and `dense_Dense3` the second.
const rebuilt = (names: readonly (string | undefined)[] = []): Network =>
  layersNetwork(
    sequential({
      layers: [
        layers.dense({ units: 4, activation: 'tanh', inputShape: [1], name: names[0] }),
        layers.batchNormalization({ name: names[1] }),
        layers.dense({ units: 1, name: names[2] }),
      ],
    }),
  );
const inputs = { data: Float32Array.of(-2, -1, 0, 1, 2, 3), shape: [6, 1] };
const data = arraysDataset({ inputs, targets: { data: Float32Array.of(1, 0.5, 0, 0.2, 0.4, 1), shape: [6, 1] } });
const likelihood = gaussianLikelihood({ variance: 0.1 });
const options = {
  likelihood,
  batchSize: 3,
  optimizer: adam(),
  learningRate: 0.01,
  seed: 1,
} satisfies Partial<FitOptions>;
const trained = async (network: Network, start?: Float32Array) => {
  if (start) network.writeWeights(start);
  const moments = swagMoments(network.layout, { rank: 4 });
  await fit(network, data, { ...options, epochs: 6, collect: { into: moments, from: 1 } });
  return moments;
};

describe('a model that is built again', () => {
  beforeAll(() => useBackend('cpu'));

  it('has other names, and is one with the first for MultiSWAG', async () => {
    const [first, second] = [rebuilt(), rebuilt()];
    expect(first.layout.entries[0].name).not.toBe(second.layout.entries[0].name);
    const both = multiSwag([await trained(first), await trained(second)]);
    expect(both.layout.size).toBe(first.layout.size);
    const mine = rebuilt(['first', 'norm', 'last']);
    const moments = await trained(mine);
    expect(() => multiSwag([moments, swagMoments(second.layout)])).toThrow(/expected first\/kernel \[1, 4\]/);
    const others = rebuilt(['first', 'norm', 'second']);
    expect(() => multiSwag([moments, swagMoments(others.layout)])).toThrow(
      'multiSwag: moments[1] has second/kernel [4, 1] as tensor 4, expected last/kernel [4, 1]',
    );
  });

  it('takes subspaces, draws, and posteriors that were saved', async () => {
    const [first, second] = [rebuilt(), rebuilt()];
    const subspace = pcaSubspace(await trained(first), { rank: 2 });
    const store = memoryStore();
    const posterior = subspacePosterior(first, subspace, data, { likelihood, priorStd: 1 });
    const draws = await sample(ellipticalSlice(posterior), { draws: 5, seed: 1 });
    await savePosterior(store, { network: 'small', subspace, draws, likelihood });
    const loaded = await loadPosterior(store);
    const again = subspacePosterior(second, loaded.subspace, data, { likelihood, priorStd: 1 });
    const z = Float64Array.of(0.3, -0.1);
    expect(await again.values([z])).toEqual(await posterior.values([z]));
    const predict = (network: Network) =>
      predictRegression(network, subspaceDraws(loaded.subspace, loaded.draws), inputs, {
        ...{ likelihood, samples: 5, seed: 1, refresh: { data } },
      });
    expect(await predict(second)).toEqual(await predict(first));
    expect(() => subspacePosterior(rebuilt(['a', 'b', 'c']), subspace, data, { likelihood, priorStd: 1 })).toThrow(
      /^subspacePosterior: subspace has dense_Dense\d+\/kernel \[1, 4\] as tensor 0, expected a\/kernel \[1, 4\]$/,
    );
    posterior.dispose();
    again.dispose();
  });

  it('goes on with training, and with sampling', async () => {
    const networks = [rebuilt(), rebuilt(), rebuilt()];
    const start = await networks[0].readWeights();
    for (const network of networks) network.writeWeights(start);
    const store = memoryStore();
    const run = (network: Network, epochs: number, resume: boolean) =>
      fit(network, data, {
        ...options,
        epochs,
        checkpoint: { store: resume ? store : memoryStore(), every: 1, resume },
      });
    const whole = await run(networks[0], 4, false);
    await run(networks[1], 2, true);
    expect(await run(networks[2], 4, true)).toEqual(whole);
    expect(await networks[2].readWeights()).toEqual(await networks[0].readWeights());
    await expect(run(rebuilt(['a', 'b', 'c']), 6, true)).rejects.toThrow(/^fit: layout\[0\]\.name is "a\/kernel"/);

    const chain = memoryStore();
    const sampled = (network: Network, draws: number) => {
      const subspace = randomSubspace(network.layout, start, { rank: 2, seed: 1 });
      const posterior = subspacePosterior(network, subspace, data, { likelihood, priorStd: 1 });
      return sample(ellipticalSlice(posterior), {
        draws,
        seed: 1,
        checkpoint: { store: chain, every: 1, resume: true },
      });
    };
    const before = await sampled(networks[1], 3);
    const after = await sampled(networks[2], 6);
    expect(after.positions[0].slice(0, 3)).toEqual(before.positions[0]);
  });

  it('goes on with moments and frequent directions', async () => {
    const [first, second] = [rebuilt(), rebuilt()];
    const moments = await trained(first);
    const restored = swagMoments(second.layout, { rank: 4 });
    restored.restore(moments.state());
    expect(restored.mean()).toEqual(moments.mean());
    const sketch = frequentDirectionsSubspace(first.layout, { rank: 2 });
    sketch.collect(await first.readWeights());
    frequentDirectionsSubspace(second.layout, { rank: 2 }).restore(sketch.state());
  });
});
