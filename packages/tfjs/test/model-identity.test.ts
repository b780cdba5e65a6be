import { arraysDataset, fit, gaussianLikelihood, memoryStore, sgd, subspace } from '@subspace/core';
import { layersNetwork, useBackend } from '@subspace/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => {
  await useBackend('wasm');
});

const data = arraysDataset({
  inputs: { data: Float32Array.of(0.1, 0.2, -0.3, 0.4, 0.5, -0.6, 0.7, 0.8), shape: [4, 2] },
  targets: { data: Float32Array.of(1, 0, -1, 2), shape: [4] },
});

interface Choices {
  readonly activation?: 'relu' | 'tanh';
  readonly kernelInitializer?: 'glorotUniform' | 'heNormal';
  readonly crossed?: boolean;
  readonly base?: number;
  readonly batchNorm?: boolean;
}

/** Two branches of frozen and trainable layers, added or multiplied: a graph, a nested model, frozen weights. */
function branches(choices: Choices = {}): LayersModel {
  const { activation = 'relu', kernelInitializer = 'glorotUniform', crossed = false, base = 1, batchNorm } = choices;
  const inputs = input({ shape: [2] });
  const frozen = layers.dense({ units: 3, trainable: false, weights: [tf.fill([2, 3], base), tf.zeros([3])] });
  const nested = sequential({ layers: [layers.dense({ units: 3, activation, kernelInitializer, inputShape: [2] })] });
  const first = frozen.apply(inputs) as SymbolicTensor;
  const second = nested.apply(inputs) as SymbolicTensor;
  const joined = layers.concatenate().apply(crossed ? [second, first] : [first, second]) as SymbolicTensor;
  const normal = batchNorm ? (layers.batchNormalization().apply(joined) as SymbolicTensor) : joined;
  return model({ inputs, outputs: layers.dense({ units: 1 }).apply(normal) as SymbolicTensor });
}

describe('identity', () => {
  const identity = (choices?: Choices) => layersNetwork(branches(choices)).identity!(data);

  it('is the same for a model that is built again, however its weights begin', async () => {
    const once = await identity();
    expect(await identity()).toEqual(once);
    expect(await identity({ kernelInitializer: 'heNormal' })).toEqual(once);
  });

  it.each([{ activation: 'tanh' }, { crossed: true }, { base: 2 }, { batchNorm: true }] as const)(
    'differs with %o',
    async (choices) => {
      expect(await identity(choices)).not.toEqual(await identity());
    },
  );

  it('does not count running statistics, which training moves', async () => {
    const network = layersNetwork(branches({ batchNorm: true }));
    const before = await network.identity!(data);
    const likelihood = gaussianLikelihood({ variance: 1 });
    await fit(network, data, { likelihood, epochs: 1, batchSize: 4, optimizer: sgd(), learningRate: 0.1, seed: 1 });
    expect(await network.identity!(data)).toEqual(before);
  });

  it('of a likelihood names the policy of batch norm, where it matters', async () => {
    const likelihood = gaussianLikelihood({ variance: 1 });
    const of = async (batchNorm: boolean, options: object) => {
      const network = layersNetwork(branches({ batchNorm }));
      const { layout } = network;
      const plane = subspace({
        layout,
        shift: new Float32Array(layout.size),
        basis: [new Float32Array(layout.size).fill(1)],
      });
      const density = network.subspaceLikelihood(plane, data, likelihood, options);
      const known = await density.identity!();
      density.dispose();
      return known;
    };
    expect(await of(true, { batchNorm: 'refresh' })).not.toEqual(await of(true, {}));
    expect(await of(true, { batchSize: 2 })).not.toEqual(await of(true, {}));
    expect(await of(false, { batchSize: 2, batchNorm: 'refresh' })).toEqual(await of(false, {}));
  });
});

it('does not go on with the training of another model', async () => {
  const store = memoryStore();
  const train = (activation: 'relu' | 'tanh') => {
    const dense = layers.dense({ units: 3, activation, inputShape: [2], name: 'hidden' });
    const network = layersNetwork(sequential({ layers: [dense, layers.dense({ units: 1, name: 'output' })] }));
    const likelihood = gaussianLikelihood({ variance: 1 });
    const checkpoint = { store, resume: true };
    const options = { epochs: 2, batchSize: 2, optimizer: sgd(), learningRate: 0.1, seed: 1, checkpoint };
    return fit(network, data, { likelihood, ...options });
  };
  await train('relu');
  await train('relu');
  await expect(train('tanh')).rejects.toThrow(
    'fit: network.topology.config.layers[0].config.activation is "tanh", but the checkpoint was made with "relu"',
  );
});
