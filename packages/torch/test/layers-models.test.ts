import '@tensorflow/tfjs-backend-cpu';
import type { Arrays, Network } from '@subspace/core';
import { layersNetwork, useBackend } from '@subspace/tfjs';
import { type LoadStateDictOptions, loadStateDict } from '@subspace/torch';
import { input, type LayersModel, layers, model, sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { convolutions, depthwise } from './layers-models.ts';
import { channelsLast, expectPredictions, readPredictions, readWeights } from './model-files.ts';

const epsilon = 1e-5;
const named = (...names: readonly string[]) => {
  const [fc1, fc2, out] = names;
  return sequential({
    layers: [
      layers.dense({ units: 5, activation: 'relu', inputShape: [3], name: fc1 }),
      layers.dense({ units: 5, activation: 'relu', name: fc2 }),
      layers.dense({ units: 2, name: out }),
    ],
  });
};
function residual(): LayersModel {
  const image = input({ shape: [6, 8, 2] });
  const convolution = (name: string, kernelSize: number) =>
    layers.conv2d({ filters: 4, kernelSize, padding: 'same', useBias: false, name });
  const batchNorm = (name: string) => layers.batchNormalization({ epsilon, name });
  const first = layers.reLU().apply(batchNorm('bn1').apply(convolution('conv1', 3).apply(image)));
  const second = batchNorm('bn2').apply(convolution('conv2', 3).apply(first));
  const short = batchNorm('downsample.1').apply(convolution('downsample.0', 1).apply(image));
  const sum = layers.reLU().apply(layers.add().apply([second, short] as never));
  const outputs = layers.dense({ units: 3, name: 'fc' }).apply(layers.globalAveragePooling2d({}).apply(sum));
  return model({ inputs: image, outputs: outputs as never });
}

interface Case {
  readonly file: string;
  readonly model: () => LayersModel;
  readonly options?: LoadStateDictOptions;
  readonly by: readonly string[];
  readonly inputs?: (inputs: Arrays) => Arrays;
  readonly outputs?: (outputs: Arrays) => Arrays;
  readonly flattened?: readonly number[];
}

const cases: readonly Case[] = [
  {
    file: 'sequential',
    model: () =>
      sequential({
        layers: [
          layers.dense({ units: 5, activation: 'tanh', inputShape: [3] }),
          layers.dense({ units: 5, activation: 'tanh' }),
          layers.dense({ units: 2 }),
        ],
      }),
    by: ['shape', 'order', 'shape', 'order', 'shape', 'shape'],
  },
  { file: 'perceptron', model: () => named('fc1', 'fc2', 'out'), by: Array(6).fill('name') },
  {
    file: 'perceptron',
    model: () => named('out', 'other', 'head'),
    by: ['shape', 'order', 'shape', 'order', 'shape', 'shape'],
  },
  {
    file: 'convolutions',
    model: convolutions,
    inputs: channelsLast,
    by: Array(6).fill(['shape', 'order']).flat(),
    flattened: [5],
  },
  { file: 'residual', model: residual, inputs: channelsLast, by: Array(11).fill('name') },
  {
    file: 'depthwise',
    model: depthwise,
    inputs: channelsLast,
    by: Array(6).fill('shape'),
  },
  {
    file: 'depthwise',
    model: depthwise,
    inputs: channelsLast,
    // A pattern of TensorFlow's own names, as a function.
    options: {
      map: (entry) => (entry.startsWith('depthwise') ? `0.${/kernel/.test(entry) ? 'weight' : 'bias'}` : undefined),
    },
    by: ['map', 'map', 'shape', 'shape', 'shape', 'shape'],
  },
  {
    file: 'transposed',
    model: () =>
      sequential({
        layers: [
          layers.conv2dTranspose({ filters: 3, kernelSize: 2, strides: 2, activation: 'relu', inputShape: [6, 8, 2] }),
          layers.conv2d({ filters: 1, kernelSize: 2 }),
        ],
      }),
    inputs: channelsLast,
    outputs: channelsLast,
    by: Array(4).fill('shape'),
  },
  {
    file: 'signals',
    model: () =>
      sequential({
        layers: [
          layers.conv1d({ filters: 4, kernelSize: 3, activation: 'relu', inputShape: [8, 2] }),
          layers.flatten(),
          layers.dense({ units: 2 }),
        ],
      }),
    inputs: channelsLast,
    by: Array(4).fill('shape'),
    flattened: [4],
  },
  {
    file: 'words',
    model: () =>
      sequential({
        layers: [
          layers.embedding({ inputDim: 7, outputDim: 4, inputLength: 3 }),
          layers.flatten(),
          layers.dense({ units: 2 }),
        ],
      }),
    by: Array(3).fill('shape'),
  },
  {
    file: 'flattened-images',
    model: () =>
      sequential({ layers: [layers.flatten({ inputShape: [6, 8, 2] }), layers.dense({ units: 3, name: 'fc' })] }),
    options: { flatten: { 'fc/kernel': [2, 6, 8] } },
    inputs: channelsLast,
    by: ['shape', 'shape'],
    flattened: [2],
  },
];

for (const backend of ['cpu', 'wasm'] as const) {
  describe(`models of PyTorch as models of TensorFlow.js on ${backend}`, () => {
    beforeAll(async () => {
      await useBackend(backend);
    });

    it.each(cases)('$file', async ({ file, model, options, by, inputs, outputs, flattened = [] }) => {
      const same = (arrays: Arrays) => arrays;
      const expected = readPredictions(file);
      const layersModel = model();
      const network: Network = layersNetwork(layersModel);
      const report = await loadStateDict(network, await readWeights(file), options);
      expect(report.matched.map((match) => match.by)).toEqual(by);
      expect(Object.values(report.flattened)).toEqual(flattened);
      expect([report.missing, report.unused]).toEqual([[], []]);
      expect(await network.readWeights()).toEqual(report.weights);
      await expectPredictions(network, (inputs ?? same)(expected.inputs), (outputs ?? same)(expected.outputs));
      network.dispose();
      layersModel.dispose();
    });
  });
}
