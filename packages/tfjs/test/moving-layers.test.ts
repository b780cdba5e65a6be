import { categoricalLikelihood, randomSource, sgd } from '@subspace/core';
import { layersNetwork, useBackend } from '@subspace/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from './backends.ts';
import { disposeModel, randomData, randomSubspace, randomWeights } from './networks.ts';

const likelihood = categoricalLikelihood();
const data = randomData(9, [5, 5, 2], { classes: 3 });
const points = [Float64Array.of(0, 0), Float64Array.of(0.3, -0.2)];

const bases = {
  conv2d: () => layers.conv2d({ filters: 3, kernelSize: 2, activation: 'relu', inputShape: [5, 5, 2] }),
  'depthwise conv2d': () => layers.depthwiseConv2d({ kernelSize: 2, activation: 'relu', inputShape: [5, 5, 2] }),
};

/** A frozen base, which shrinks images and pools them, under a dense head. */
function transferModel(base: keyof typeof bases): LayersModel {
  const frozen = sequential({ layers: [bases[base](), layers.maxPooling2d({ poolSize: 2 })] });
  frozen.trainable = false;
  const net = sequential({
    layers: [frozen, layers.flatten(), layers.dense({ units: 4, activation: 'tanh' }), layers.dense({ units: 3 })],
  });
  const random = randomSource(7);
  for (const { val } of net.nonTrainableWeights as unknown as { val: tf.Variable }[]) {
    tf.tidy(() => val.assign(tf.tensor(Float32Array.from({ length: val.size }, random.normal), val.shape)));
  }
  return net;
}

describe('a frozen base under a dense head', () => {
  for (const base of Object.keys(bases) as (keyof typeof bases)[]) {
    it(`has on wasm the training, the gradients and the curvature that it has on cpu: ${base}`, async () => {
      const found: number[][] = [];
      for (const backend of ['cpu', 'wasm'] as const) {
        await useBackend(backend);
        const net = transferModel(base);
        const network = layersNetwork(net);
        const target = network.subspaceLikelihood(randomSubspace(network.layout, 2, 3), data, likelihood);
        const [, { value, gradient }] = await target.valuesAndGradients(points);
        const curvature = await target.gaussNewton?.(points[1]);
        target.dispose();

        network.writeWeights(randomWeights(network.layout, 5));
        const trainer = network.trainer(data, likelihood, sgd({ momentum: 0.9 }));
        for (let step = 0; step < 3; step++) await trainer.step(Int32Array.of(step, 4, 8), 0.1, randomSource(1));
        trainer.dispose();
        found.push([value, ...gradient, ...(curvature ?? []), ...(await network.readWeights())]);
        disposeModel(net);
      }
      expectClose(found[1], found[0], { relative: 1e-4 });
    });
  }
});

describe('a base that moves', () => {
  beforeAll(async () => {
    await useBackend('wasm');
  });

  it('is refused on wasm by every call that needs its gradient, with the way that works', () => {
    const net = sequential({ layers: [bases.conv2d(), layers.flatten(), layers.dense({ units: 3 })] });
    const network = layersNetwork(net);
    const target = network.subspaceLikelihood(randomSubspace(network.layout, 2, 3), data, likelihood);
    const weights = randomWeights(network.layout, 1);
    const calls: Record<string, () => unknown> = {
      trainer: () => network.trainer(data, likelihood, sgd()),
      lossAndGradient: () => network.lossAndGradient(weights, data, Int32Array.of(0), likelihood),
      jacobian: () => network.jacobian(weights, data.arrays.inputs),
      valuesAndGradients: () => target.valuesAndGradients(points),
      minibatch: () => target.minibatch?.(points, Int32Array.of(0)),
      gaussNewton: () => target.gaussNewton?.(points[0]),
    };
    for (const [name, call] of Object.entries(calls)) {
      expect(call).toThrow(
        new RegExp(
          `^${name}: the wasm backend has no gradient of layer conv2d_\\w+ \\(Conv2D\\); .*useBackend\\('cpu'\\)`,
        ),
      );
    }
    target.dispose();
    disposeModel(net);
  });

  it('trains on cpu, and is then sampled and predicted on wasm, the same network', async () => {
    await useBackend('cpu');
    const net = sequential({ layers: [bases.conv2d(), layers.flatten(), layers.dense({ units: 3 })] });
    const network = layersNetwork(net);
    network.writeWeights(randomWeights(network.layout, 5));
    const trainer = network.trainer(data, likelihood, sgd());
    await trainer.step(Int32Array.of(0, 1, 2), 0.1, randomSource(1));
    trainer.dispose();
    const { inputs } = data.arrays;
    const { data: outputs } = await network.predict(inputs);
    const plane = randomSubspace(network.layout, 2, 3);
    const onCpu = network.subspaceLikelihood(plane, data, likelihood);
    const values = await onCpu.values(points);
    onCpu.dispose();

    await useBackend('wasm');
    expectClose((await network.predict(inputs)).data, outputs, { relative: 1e-5 });
    const onWasm = network.subspaceLikelihood(plane, data, likelihood);
    expectClose(await onWasm.values(points), values, { relative: 1e-5 });
    onWasm.dispose();
    disposeModel(net);
  });
});
