import { arraysDataset, fit, gaussianLikelihood, randomSource, sgd } from '@subspace/core';
import { evaluateCurve, fitCurve } from '@subspace/curves';
import { layersNetwork } from '@subspace/tfjs';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { describeBackends } from './backends.ts';
import { disposeModel } from './networks.ts';

describeBackends('ends of a curve of networks with batch norm', () => {
  it('are the networks they came from once both are refreshed, and not before', async () => {
    const random = randomSource('batch norm');
    const x = Float32Array.from({ length: 40 }, () => random.normal());
    const data = arraysDataset({
      inputs: { data: x, shape: [40, 1] },
      targets: { data: x.map((value) => Math.sin(2 * value)), shape: [40, 1] },
    });
    const likelihood = gaussianLikelihood({ variance: 0.1 });
    const training = { likelihood, batchSize: 10, optimizer: sgd({ momentum: 0.9 }), learningRate: 1e-3, seed: 1 };
    const solve = async () => {
      const hidden = layers.dense({ units: 8, inputShape: [1], kernelInitializer: 'zeros' });
      const model = sequential({
        layers: [hidden, layers.batchNormalization(), layers.reLU(), layers.dense({ units: 1 })],
      });
      const network = layersNetwork(model);
      network.writeWeights(Float32Array.from({ length: network.layout.size }, () => random.normal()));
      await fit(network, data, { ...training, epochs: 5 });
      return { model, network, weights: await network.readWeights() };
    };
    const [first, last] = [await solve(), await solve()];
    const { network } = first;
    const { inputs } = data.arrays!;
    const checkpoint = await network.predict(inputs);
    const curve = await fitCurve(network, data, { ...training, start: first.weights, end: last.weights, epochs: 5 });
    // Training a curve leaves network and running statistics alone.
    expect((await network.predict(inputs)).data).toEqual(checkpoint.data);

    const weights = curve.point(0);
    expect(weights).toEqual(first.weights);
    const atStart = await network.refreshStatistics!(weights, data);
    const refreshed = await network.predict(inputs, { weights, statistics: atStart });
    // Both: the network of the checkpoint, with its running statistics, and the curve's point at t = 0 after a refresh.
    const apart = Math.max(...checkpoint.data.map((value, i) => Math.abs(value - refreshed.data[i])));
    expect(apart).toBeGreaterThan(1e-3);
    const statistics = await network.refreshStatistics!(first.weights, data);
    expect((await network.predict(inputs, { statistics })).data).toEqual(refreshed.data);

    const found = await evaluateCurve(network, data, curve, { likelihood, points: 3, refresh: { data } });
    expect(found.curve.nll.values[0]).toBe(found.line.nll.values[0]);
    expect(found.curve.nll.values[2]).toBe(found.line.nll.values[2]);
    for (const { model, network: each } of [first, last]) {
      each.dispose();
      disposeModel(model);
    }
  });
}, ['cpu']);
