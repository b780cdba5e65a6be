// Trains a small network and compares the gradient of its log likelihood in a plane with differences of its values.
import * as core from '@subspace/core';
import { arraysDataset, gaussianLikelihood, randomSource, sgd, subspace, subspacePosterior } from '@subspace/core';
import { layersNetwork, useBackend } from '@subspace/tfjs';
import { layers, sequential } from '@tensorflow/tfjs-layers';

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
const posterior = subspacePosterior(network, subspace({ layout: network.layout, shift, basis }), data, {
  likelihood,
  priorStd: 1,
});

const at = Float64Array.of(0.05, -0.02);
const [{ gradient }] = await posterior.valuesAndGradients([at]);
// Truncation falls with the square of the step, float32 outputs round to some 1e-6 nats: a step of
// 1e-3 left at most 4e-4 of 1 + |slope| over twelve seeds.
const step = 1e-3;
for (const k of [0, 1]) {
  const [up, down] = await posterior.values(
    [1, -1].map((sign) => at.map((value, i) => value + (i === k ? sign * step : 0))),
  );
  const slope = (up - down) / (2 * step);
  if (!(Math.abs(slope - gradient[k]) < 0.01 * (1 + Math.abs(slope))))
    throw new Error(`gradient ${gradient[k]}, slope ${slope}`);
}
