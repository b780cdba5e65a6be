// A small network, trained, and the posterior of a plane through its weights: the same numbers wherever it runs.
import * as core from '@subspace/core';
import { arraysDataset, gaussianLikelihood, randomSource, sgd, subspace, subspacePosterior } from '@subspace/core';
import { layersNetwork, useBackend } from '@subspace/tfjs';
import { layers, sequential } from '@tensorflow/tfjs-layers';

export async function planePosterior() {
  await useBackend('cpu');
  const random = randomSource(3);
  const x = Float32Array.from({ length: 40 }, () => 2 * random.uniform() - 1);
  const data = arraysDataset({
    inputs: { data: x, shape: [40, 1] },
    targets: { data: x.map((value) => Math.sin(3 * value)), shape: [40] },
  });
  const model = sequential({
    layers: [layers.dense({ units: 8, activation: 'tanh', inputShape: [1] }), layers.dense({ units: 1 })],
  });
  const network = layersNetwork(model);
  await network.writeWeights(Float32Array.from({ length: network.layout.size }, () => 0.5 * random.normal()));
  const likelihood = gaussianLikelihood({ variance: 0.1 });
  const optimizer = sgd({ momentum: 0.9 });
  await core.fit(network, data, {
    likelihood,
    epochs: 30,
    batchSize: 10,
    optimizer,
    learningRate: 1e-3,
    seed: 1,
  });
  const shift = await network.readWeights();
  const basis = [0, 1].map(() => shift.map(() => random.normal()));
  return subspacePosterior(network, subspace({ layout: network.layout, shift, basis }), data, {
    likelihood,
    priorStd: 1,
  });
}
