import {
  type Arrays,
  arraysDataset,
  type Dataset,
  gaussianLikelihood,
  type Network,
  randomSource,
} from '@subspace/core';
import { layersNetwork, useBackend } from '@subspace/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from './backends.ts';
import { type LayerCase, layerTable, modelTable, optionTable } from './every-layer.ts';
import { disposeModel, randomData, randomWeights } from './networks.ts';

const likelihood = gaussianLikelihood({ variance: 1 });
const rows = Int32Array.of(0, 1, 2);
const step = 1e-3;
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i], 0);
const along = (weights: Float32Array, direction: Float32Array, factor: number) =>
  weights.map((w, i) => w + factor * direction[i]);

const cases = [
  ...Object.entries(layerTable).flatMap(([name, list]) =>
    list.map((one) => ({ ...one, name: one.title ? `${name}, ${one.title}` : name })),
  ),
  ...[...optionTable, ...modelTable].map((one) => ({ ...one, name: one.title })),
];

function dataOf(net: LayersModel, { integers }: LayerCase): Dataset & { arrays: { inputs: Arrays } } {
  const data = randomData(rows.length, net.inputs[0].shape.slice(1) as number[], { means: 2 });
  const { inputs, targets } = data.arrays;
  if (!integers) return data;
  const numbers = inputs.data.map((x) => Math.min(integers, Math.floor(2 * Math.abs(x))));
  return arraysDataset({ inputs: { ...inputs, data: numbers }, targets }) as typeof data;
}

/** Weights that are not in the layout, the same in every model of one case. */
function seedFrozenWeights(net: LayersModel): void {
  const random = randomSource(3);
  for (const { val } of net.nonTrainableWeights as unknown as { val: tf.Variable }[]) {
    tf.tidy(() => val.assign(tf.tensor(Float32Array.from({ length: val.size }, random.uniform), val.shape)));
  }
}

describe('the table of layers', () => {
  it('has every layer that TensorFlow.js exports', () => {
    const noLayers = ['Layer', 'RNN', 'RNNCell', 'input'];
    const exported = Object.keys(layers).filter((name) => !noLayers.includes(name));
    expect(Object.keys(layerTable).sort()).toEqual(exported.sort());
  });
});

/** Outputs are the model's, twice. */
async function expectOutputs(network: Network, net: LayersModel, { data, shape }: Arrays): Promise<void> {
  const expected = tf.tidy(() => (net.predict(tf.tensor(data, [...shape])) as tf.Tensor).dataSync());
  const { data: outputs } = await network.predict({ data, shape });
  expectClose(outputs, expected, { absolute: 1e-6, relative: 1e-6 });
  expect((await network.predict({ data, shape })).data).toEqual(outputs);
}

/** The gradient of the loss, along a direction, is a finite difference. */
async function expectGradient(network: Network, data: Dataset, weights: Float32Array): Promise<void> {
  const { gradient } = await network.lossAndGradient(weights, data, rows, likelihood);
  const direction = randomWeights(network.layout, 2, 1);
  const loss = async (factor: number) =>
    (await network.lossAndGradient(along(weights, direction, factor), data, rows, likelihood)).loss;
  const slope = ((await loss(step)) - (await loss(-step))) / (2 * step);
  expectClose([dot(gradient, direction)], [slope], { relative: 5e-3, absolute: 5e-3 });
}

/** So is the derivative of the outputs along a direction, by the Jacobian, or it is refused. */
async function expectTangent(network: Network, inputs: Arrays, weights: Float32Array, refused = false): Promise<void> {
  const jacobian = network.jacobian(weights, inputs);
  const direction = randomWeights(network.layout, 4, 1);
  if (refused) {
    expect(() => jacobian.times(direction)).toThrow(/^jacobian: TensorFlow.js has no second derivative of layer /);
  } else {
    const moved = await jacobian.times(direction);
    const [up, down] = await Promise.all(
      [step, -step].map((factor) => network.predict(inputs, { weights: along(weights, direction, factor) })),
    );
    const slopes = Array.from(up.data, (x, i) => (x - down.data[i]) / (2 * step));
    expectClose(moved.data, slopes, { relative: 5e-3, absolute: 5e-3 });
  }
  jacobian.dispose();
}

for (const backend of ['cpu', 'wasm'] as const) {
  describe(`a network on ${backend}`, () => {
    beforeAll(async () => {
      await useBackend(backend);
    });

    for (const one of cases) {
      it(`is its model with right gradients, or refused by name: ${one.name}`, async () => {
        const net = one.model();
        const before = tf.memory().numTensors;
        if (one.refused) {
          expect(() => layersNetwork(net)).toThrow(one.refused);
          expect(() => layersNetwork(net)).toThrow(/^layersNetwork: layer /);
          disposeModel(net);
          return;
        }
        const network = layersNetwork(net);
        seedFrozenWeights(net);
        const data = dataOf(net, one);
        const weights = randomWeights(network.layout, 1);
        network.writeWeights(weights);
        await expectOutputs(network, net, data.arrays.inputs);
        const gradient = () => network.lossAndGradient(weights, data, rows, likelihood);
        if (one.untrainable) {
          expect(gradient).toThrow(/^lossAndGradient: TensorFlow.js has no gradient of layer /);
        } else if (backend === 'wasm' && one.refusedOnWasm) {
          expect(gradient).toThrow(/^lossAndGradient: the wasm backend has no gradient of layer .* use the cpu/);
          expect(gradient).toThrow(one.refusedOnWasm);
        } else {
          await expectGradient(network, data, weights);
          await expectTangent(network, data.arrays.inputs, weights, one.onlyOnce);
        }
        expect(tf.memory().numTensors, 'tensors left behind').toBe(before);
        disposeModel(net);
      });
    }
  });
}
