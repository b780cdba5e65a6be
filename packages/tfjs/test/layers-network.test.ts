import { randomSource } from '@subspace/core';
import { layersNetwork } from '@subspace/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { describeBackends, expectClose } from './backends.ts';
import {
  branchedModel,
  denseModel,
  disposeModel,
  heteroscedasticModel,
  imageModel,
  randomData,
  randomWeights,
} from './networks.ts';

const everyModel: [string, () => LayersModel, number[]][] = [
  ['dense layers', () => denseModel([2, 5, 3], 'relu'), [2]],
  ['a custom layer', () => heteroscedasticModel([2, 5, 2]), [2]],
  ['shared layers and a nested model', branchedModel, [3]],
  ['convolutions and batch norm', () => imageModel('max'), [5, 5, 2]],
  [
    'a sequential model inside another, activations apart, no bias',
    () =>
      sequential({
        layers: [
          denseModel([2, 4, 3]),
          layers.activation({ activation: 'relu' }),
          layers.dense({ units: 2, useBias: false }),
        ],
      }),
    [2],
  ],
  [
    'activations that are not written out',
    () =>
      sequential({
        layers: [
          layers.dense({ units: 4, activation: 'selu', inputShape: [2] }),
          layers.dense({ units: 2, activation: 'elu' }),
        ],
      }),
    [2],
  ],
];

describeBackends('layersNetwork', () => {
  for (const [name, make, inputShape] of everyModel) {
    it(`predicts as the model does, with its own weights and with others: ${name}`, async () => {
      const net = make();
      const network = layersNetwork(net);
      const { inputs } = randomData(7, inputShape, { means: 1 }).arrays;
      const byModel = () =>
        tf.tidy(() => [...(net.predict(tf.tensor(inputs.data, [...inputs.shape])) as tf.Tensor).dataSync()]);
      const first = await network.predict(inputs);
      expect(first.shape).toEqual([7, ...(net.outputs[0].shape.slice(1) as number[])]);
      expectClose(first.data, byModel(), { absolute: 1e-5 });

      const weights = randomWeights(network.layout, 3);
      const before = await network.readWeights();
      const other = await network.predict(inputs, { weights });
      expect(await network.readWeights()).toEqual(before);
      expect((await network.predict(inputs)).data).toEqual(first.data);
      network.writeWeights(weights);
      expect(await network.readWeights()).toEqual(weights);
      expectClose(other.data, byModel(), { absolute: 1e-5 });
      network.dispose();
      expectClose(other.data, byModel(), { absolute: 1e-5 });
      disposeModel(net);
    });
  }

  it('lists the trainable weights in the model’s order, with unique names and TensorFlow’s shapes', () => {
    const net = sequential({
      layers: [
        layers.conv2d({ name: 'conv', filters: 3, kernelSize: 2, inputShape: [4, 4, 2] }),
        layers.batchNormalization({ name: 'norm' }),
        layers.flatten(),
        layers.dense({ name: 'frozen', units: 2, trainable: false }),
        layers.dense({ name: 'dense', units: 5 }),
      ],
    });
    const { layout } = layersNetwork(net);
    expect(layout.entries.map(({ name, shape }) => [name, shape])).toEqual([
      ['conv/kernel', [2, 2, 2, 3]],
      ['conv/bias', [3]],
      ['norm/gamma', [3]],
      ['norm/beta', [3]],
      ['dense/kernel', [2, 5]],
      ['dense/bias', [5]],
    ]);
    expect(layout.size).toBe(24 + 3 + 3 + 3 + 10 + 5);
    disposeModel(net);
  });

  it('counts a shared layer once', () => {
    const net = branchedModel();
    const { layout } = layersNetwork(net);
    expect(layout.size).toBe(16 + 20 + 20 + 20 + 10);
    expect(new Set(layout.entries.map(({ name }) => name)).size).toBe(layout.entries.length);
    disposeModel(net);
  });

  it('keeps dropout off in evaluation, and draws it from a stream where asked', async () => {
    const net = sequential({
      layers: [
        layers.dropout({ rate: 0.5, inputShape: [400] }),
        layers.dense({ units: 1, useBias: false, kernelInitializer: 'ones' }),
      ],
    });
    const network = layersNetwork(net);
    const inputs = { data: new Float32Array(400).fill(1), shape: [1, 400] };
    expect((await network.predict(inputs)).data[0]).toBe(400);
    const drawn = async (seed: number) => (await network.predict(inputs, { dropout: randomSource(seed) })).data[0];
    expect(await drawn(0)).toBe(await drawn(0));
    expect(await drawn(1)).not.toBe(await drawn(2));
    // 400 entries are each 0 or 2: standard deviation 20 about 400; four standard errors of a mean of 50.
    let sum = 0;
    for (let seed = 0; seed < 50; seed++) sum += await drawn(seed);
    expect(Math.abs(sum / 50 - 400)).toBeLessThan((4 * 20) / Math.sqrt(50));
    disposeModel(net);
  });

  it('predicts with statistics that it is given, and leaves the model’s alone', async () => {
    const net = imageModel();
    const network = layersNetwork(net);
    const { inputs } = randomData(4, [5, 5, 2], { classes: 3 }).arrays;
    const before = (await network.predict(inputs)).data;
    const other = [Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)];
    const moved = (await network.predict(inputs, { statistics: other })).data;
    expect(moved).not.toEqual(before);
    expect((await network.predict(inputs)).data).toEqual(before);
    expect(() => network.predict(inputs, { statistics: [other[0]] })).toThrow(
      'predict: statistics has length 1, expected 2',
    );
    disposeModel(net);
  });

  it('refreshes statistics over part of the data, without changing the model', async () => {
    const net = imageModel();
    const network = layersNetwork(net);
    const data = randomData(12, [5, 5, 2], { classes: 3 });
    const weights = randomWeights(network.layout, 1);
    const before = net.getWeights().map((tensor) => [...tensor.dataSync()]);
    const half = await network.refreshStatistics?.(weights, data, { fraction: 0.5, batchSize: 3 });
    const first = randomData(12, [5, 5, 2], { classes: 3 }).arrays;
    const alone = await network.refreshStatistics?.(
      weights,
      {
        ...data,
        size: 6,
        arrays: { inputs: { data: first.inputs.data.slice(0, 300), shape: [6, 5, 5, 2] }, targets: first.targets },
      },
      { batchSize: 3 },
    );
    expect(half).toEqual(alone);
    expect(net.getWeights().map((tensor) => [...tensor.dataSync()])).toEqual(before);
    expect(() => network.refreshStatistics?.(weights, data, { fraction: 0 })).toThrow(
      'refreshStatistics: fraction is 0',
    );
    disposeModel(net);
    const dense = denseModel([2, 3, 1]);
    expect(layersNetwork(dense).refreshStatistics).toBeUndefined();
    disposeModel(dense);
  });

  it('predicts uint8 images as numbers', async () => {
    const net = denseModel([3, 1]);
    const network = layersNetwork(net);
    const bytes = await network.predict({ data: Uint8Array.of(1, 2, 255), shape: [1, 3] });
    const floats = await network.predict({ data: Float32Array.of(1, 2, 255), shape: [1, 3] });
    expect(bytes).toEqual(floats);
    disposeModel(net);
  });

  it('rejects what it cannot be a network of, and wrong inputs', () => {
    expect(() => layersNetwork({} as LayersModel)).toThrow('layersNetwork: model is no layers model');
    expect(() => layersNetwork(sequential())).toThrow('layersNetwork: model is not built');
    const [a, b] = [input({ shape: [2] }), input({ shape: [2] })];
    const both = model({
      inputs: [a, b],
      outputs: layers.dense({ units: 1 }).apply(layers.add().apply([a, b])) as SymbolicTensor,
    });
    expect(() => layersNetwork(both)).toThrow('model has 2 inputs, expected 1');
    const c = input({ shape: [2] });
    const outputs = [layers.dense({ units: 1 }).apply(c), layers.dense({ units: 1 }).apply(c)] as SymbolicTensor[];
    const two = model({ inputs: c, outputs });
    expect(() => layersNetwork(two)).toThrow('model has 2 outputs, expected 1');
    const none = sequential({ layers: [layers.activation({ activation: 'relu', inputShape: [2] })] });
    expect(() => layersNetwork(none)).toThrow('model has no trainable weights');
    const net = denseModel([2, 3, 1]);
    const network = layersNetwork(net);
    expect(() => network.predict({ data: new Float32Array(3), shape: [1, 3] })).toThrow(
      'inputs have shape [1, 3], expected [N, 2]',
    );
    expect(() => network.predict({ data: Float32Array.of(1, Number.NaN), shape: [1, 2] })).toThrow(
      'inputs.data[1] is NaN',
    );
    expect(() => network.writeWeights(new Float32Array(1))).toThrow('writeWeights: weights has length 1, expected 13');
    const { inputs } = randomData(2, [2], { means: 1 }).arrays;
    expect(() => network.predict(inputs, { weights: new Float32Array(1) })).toThrow(
      'predict: weights has length 1, expected 13',
    );
    expect(() => network.predict(inputs, { weight: 1 } as object)).toThrow('option weight is unknown');
    for (const one of [both, two, none, net]) disposeModel(one);
  });
});
