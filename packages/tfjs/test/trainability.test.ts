import { gaussianLikelihood, randomSource, sgd } from '@subspace/core';
import { layersNetwork, useBackend } from '@subspace/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from './backends.ts';
import { disposeModel, randomData } from './networks.ts';

const recurrentInitializer = 'zeros';
const lstm = (dropout: { dropout?: number; recurrentDropout?: number }) =>
  layers.lstm({ units: 2, returnSequences: true, recurrentInitializer, ...dropout });

/** Layers of [4, 2] whose noise hides in a layer that they call. */
const hiding = {
  'an LSTM with dropout': { layer: () => lstm({ dropout: 0.5 }), error: /\(LSTM\) has noise/ },
  'an RNN of cells, one with dropout': {
    layer: () =>
      layers.rnn({
        returnSequences: true,
        cell: [
          layers.gruCell({ units: 2, recurrentInitializer }),
          layers.gruCell({ units: 2, recurrentInitializer, recurrentDropout: 0.5 }),
        ],
      }) as ReturnType<typeof lstm>,
    error: /\(RNN\) has noise/,
  },
  'a Bidirectional LSTM with dropout': {
    layer: () => layers.bidirectional({ layer: lstm({ recurrentDropout: 0.5 }), mergeMode: 'concat' }),
    error: /\(Bidirectional\) has noise/,
  },
  'TimeDistributed of Dropout': {
    layer: () => layers.timeDistributed({ layer: layers.dropout({ rate: 0.5 }) }),
    error: /\(TimeDistributed\) wraps Dropout/,
  },
  'TimeDistributed of a model with Dropout': {
    layer: () =>
      layers.timeDistributed({
        layer: sequential({
          layers: [layers.dense({ units: 2, inputShape: [2] }), layers.dropout({ rate: 0.5 })],
        }) as never,
      }),
    error: /\(TimeDistributed\) wraps Dropout/,
  },
};

/** Exchanges two columns, by an operation whose gradient wasm lacks. */
class Exchanged extends layers.Layer {
  static className = 'Exchanged';
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x] = [inputs].flat();
    return tf.gather(x, tf.tensor1d([1, 0], 'int32'), 1);
  }
}

describe('a custom layer whose gradient a backend lacks', () => {
  it('is refused with the kernel and the way that works', async () => {
    await useBackend('wasm');
    const net = sequential({
      layers: [layers.dense({ units: 2, inputShape: [3] }), new Exchanged({}), layers.dense({ units: 1 })],
    });
    const network = layersNetwork(net);
    const data = randomData(5, [3], { means: 1 });
    const weights = network.readWeights() as Float32Array;
    expect(() =>
      network.lossAndGradient(weights, data, Int32Array.of(0, 1), gaussianLikelihood({ variance: 1 })),
    ).toThrow(/^layersNetwork: the wasm backend has no kernel UnsortedSegmentSum, .*useBackend\('cpu'\)/);
    disposeModel(net);
  });
});

describe('noise that cannot be seeded', () => {
  beforeAll(async () => {
    await useBackend('cpu');
  });

  for (const [name, { layer, error }] of Object.entries(hiding)) {
    it(`is refused in training, and is off elsewhere: ${name}`, async () => {
      const net = sequential({
        layers: [layers.dense({ units: 2, inputShape: [4, 2] }), layer(), layers.flatten(), layers.dense({ units: 1 })],
      });
      const network = layersNetwork(net);
      const data = randomData(5, [4, 2], { means: 1 });
      const { inputs } = data.arrays;
      expect(() => network.trainer(data, gaussianLikelihood({ variance: 1 }), sgd())).toThrow(error);
      expect(() => network.predict(inputs, { dropout: randomSource(1) })).toThrow(error);

      const before = tf.memory().numTensors;
      const { data: outputs } = await network.predict(inputs);
      const row = { data: inputs.data.slice(0, 8), shape: [1, 4, 2] };
      expectClose((await network.predict(row)).data, outputs.slice(0, 1), { absolute: 1e-6 });
      expect(tf.memory().numTensors, 'tensors left behind').toBe(before);
      disposeModel(net);
    });
  }
});
