import '@tensorflow/tfjs-backend-cpu';
import { readSafetensors, writeSafetensors } from '@subspace/core';
import { type DenseNetwork, denseNetwork } from '@subspace/dense';
import { layersNetwork, useBackend } from '@subspace/tfjs';
import { loadStateDict, type StateDict, stateDict } from '@subspace/torch';
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectPredictions, readPredictions, readWeights } from './model-files.ts';

const perceptron = (): DenseNetwork => denseNetwork({ sizes: [3, 5, 5, 2] });
const tensor = (shape: readonly number[], start = 1) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => start + i),
});
const dictOf = (shapes: Readonly<Record<string, readonly number[]>>): StateDict =>
  new Map(Object.entries(shapes).map(([name, shape], i) => [name, tensor(shape, 100 * i)]));

describe('into a dense network', () => {
  it.each(['perceptron', 'training', 'compiled', 'averaged', 'whole', 'lightning'])(
    '%s predicts what PyTorch does',
    async (file) => {
      const { inputs, outputs } = readPredictions(file);
      const network = perceptron();
      const { matched, missing, unused, statistics, weights } = await loadStateDict(network, await readWeights(file));
      expect(matched.length).toBe(6);
      expect([missing, unused, statistics]).toEqual([[], [], []]);
      expect(network.readWeights()).toEqual(weights);
      await expectPredictions(network, inputs, outputs);
    },
  );

  it('tanh by order', async () => {
    const { inputs, outputs } = readPredictions('sequential');
    const network = denseNetwork({ sizes: [3, 5, 5, 2], activation: 'tanh' });
    await loadStateDict(network, await readWeights('sequential'));
    await expectPredictions(network, inputs, outputs);
  });

  it('bfloat16 to its own precision', async () => {
    const { inputs, outputs } = readPredictions('half');
    const network = perceptron();
    await loadStateDict(network, await readWeights('half'));
    const { data } = network.predict(inputs) as { data: Float32Array };
    data.forEach((value, i) => {
      expect(Math.abs(value - outputs.data[i])).toBeLessThan(0.02);
    });
  });

  it('takes the tensors of a safetensors file', async () => {
    const bytes = writeSafetensors(Object.fromEntries(await readWeights('perceptron')));
    const network = perceptron();
    await loadStateDict(network, readSafetensors(bytes).tensors);
    const { inputs, outputs } = readPredictions('perceptron');
    await expectPredictions(network, inputs, outputs);
  });

  it('reads float64, and inputs that were flattened in another order', async () => {
    const network = denseNetwork({ sizes: [4, 1] });
    const dict = new Map([
      ['weight', { data: Float64Array.of(1, 2, 3, 4), shape: [1, 4] }],
      ['bias', { data: Float64Array.of(5), shape: [1] }],
    ]);
    expect((await loadStateDict(network, dict)).weights).toEqual(Float32Array.of(1, 2, 3, 4, 5));
    const { weights } = await loadStateDict(network, dict, { flatten: { 'linear0.weight': [2, 1, 2] } });
    expect(weights).toEqual(Float32Array.of(1, 3, 2, 4, 5));
  });
});

describe('which tensor goes where', () => {
  const names = (matched: readonly { readonly tensor: string }[]) => matched.map((match) => match.tensor);

  it('names that fit some layers only, because one counts from 1, are not believed', async () => {
    const dict = dictOf({
      'linear1.weight': [3, 3],
      'linear1.bias': [3],
      'linear2.weight': [3, 3],
      'linear2.bias': [3],
      'linear3.weight': [3, 3],
      'linear3.bias': [3],
    });
    const { matched } = await loadStateDict(denseNetwork({ sizes: [3, 3, 3, 3] }), dict);
    expect(names(matched)).toEqual([...dict.keys()]);
    expect(matched.every(({ by }) => by === 'order' || by === 'name')).toBe(true);
  });

  it('names that fit some layers are believed where the rest lies between them', async () => {
    const dict = dictOf({
      'first.weight': [3, 3],
      'first.bias': [3],
      'linear1.weight': [3, 3],
      'linear1.bias': [3],
      'last.weight': [3, 3],
      'last.bias': [3],
    });
    const { matched } = await loadStateDict(denseNetwork({ sizes: [3, 3, 3, 3] }), dict);
    expect(matched.map(({ by }) => by)).toEqual(['order', 'order', 'name', 'name', 'order', 'order']);
    expect(names(matched)).toEqual([...dict.keys()]);
  });

  it('names in another order than the layers', async () => {
    const dict = dictOf({
      'linear1.bias': [3],
      'linear1.weight': [3, 3],
      'linear0.weight': [3, 3],
      'linear0.bias': [3],
    });
    const { matched } = await loadStateDict(denseNetwork({ sizes: [3, 3, 3] }), dict);
    expect(matched.map(({ by }) => by)).toEqual(Array(4).fill('name'));
  });

  it('what is in another order is told by its shape, and left over where that is shared', async () => {
    const shapes = {
      'b.weight': [1, 4],
      'b.bias': [1],
      'a.weight': [4, 2],
      'a.bias': [4],
    };
    const { matched } = await loadStateDict(denseNetwork({ sizes: [2, 4, 1] }), dictOf(shapes));
    expect(names(matched)).toEqual(['a.weight', 'a.bias', 'b.weight', 'b.bias']);
    expect(matched.map(({ by }) => by)).toEqual(Array(4).fill('shape'));
    const shared = dictOf({
      'b.weight': [2, 4],
      'b.bias': [2],
      'c.weight': [4, 2],
      'a.weight': [4, 2],
      'a.bias': [4],
      'c.bias': [4],
    });
    await expect(loadStateDict(denseNetwork({ sizes: [2, 4, 2] }), shared)).rejects.toThrow(
      'loadStateDict: the state dict does not fit the network; left over in the network: linear0.weight, linear0.bias; in the state dict: ' +
        'c.weight, a.weight, a.bias, c.bias. Say what goes where by `map`',
    );
  });

  it('by the caller’s map, an object or a function', async () => {
    const dict = dictOf({ 'x.weight': [3, 3], 'x.bias': [3], 'y.weight': [3, 3], 'y.bias': [3] });
    const map = { 'linear0.weight': 'y.weight', 'linear0.bias': 'y.bias' };
    const expected = ['y.weight', 'y.bias', 'x.weight', 'x.bias'];
    const network = denseNetwork({ sizes: [3, 3, 3] });
    const { matched, weights } = await loadStateDict(network, dict, { map });
    expect(names(matched)).toEqual(expected);
    expect(matched.map(({ by }) => by)).toEqual(['map', 'map', 'shape', 'shape']);
    expect(weights[0]).toBe(200);
    const layer = (entry: string) => entry.replace('linear0', 'y').replace('linear1', 'x');
    expect(names((await loadStateDict(network, dict, { map: layer })).matched)).toEqual(expected);
  });

  it('a weight that is no such weight of torch’s own is not taken for one', async () => {
    const dict = dictOf({ 'fc.weight_v': [1, 2], 'fc.weight_g': [1, 1], 'fc.bias': [1] });
    await expect(loadStateDict(denseNetwork({ sizes: [2, 1] }), dict)).rejects.toThrow(
      'left over in the network: linear0.weight; in the state dict: fc.weight_v, fc.weight_g',
    );
  });
});

describe('errors', () => {
  const network = denseNetwork({ sizes: [2, 1] });
  const before = network.readWeights();
  const fc = dictOf({ 'fc.weight': [1, 2], 'fc.bias': [1] });
  const rejects = async (dict: unknown, options: object, message: string) => {
    await expect(loadStateDict(network, dict as StateDict, options)).rejects.toThrow(message);
    expect(network.readWeights()).toEqual(before);
  };

  it('name what is wrong, and leave the network as it was', async () => {
    await rejects(fc, { maps: {} }, 'loadStateDict: option maps is unknown');
    await rejects({ 'fc.weight': 1 }, {}, 'loadStateDict: dict is no Map');
    await rejects(
      fc,
      { map: { 'linear0.weight': 'w' } },
      'map gives "w" for linear0.weight, expected a name of the state dict',
    );
    await rejects(fc, { map: { w: 'fc.weight' } }, 'map has "w", expected names of the network\'s layout');
    await rejects(
      fc,
      { map: { 'linear0.weight': 'fc.bias' } },
      'fc.bias is [1], expected [1, 2] of floats for linear0.weight',
    );
    await rejects(
      dictOf({ a: [1, 2], b: [1] }),
      { map: () => 'a' },
      'a is [1, 2], expected [1] of floats for linear0.bias',
    );
    await rejects(
      fc,
      { flatten: { 'linear0.weight': [3, 2] } },
      'flatten["linear0.weight"] is [3,2], expected [channels, …space] with a product of 2',
    );
    await rejects(
      fc,
      { flatten: { 'linear0.bias': [1, 1] } },
      'flatten has "linear0.bias", expected the entry of a dense layer',
    );
    await rejects(
      new Map([...fc, ['fc.weight', { data: Float32Array.of(1, Number.NaN), shape: [1, 2] }]]),
      {},
      'fc.weight has NaN among its numbers, expected finite ones',
    );
    await rejects(new Map([...fc, ['bn.running_mean', tensor([1])]]), {}, 'the state dict has no bn.running_var');
    await rejects(
      new Map([...fc, ['bn.running_mean', tensor([1])], ['bn.running_var', tensor([1])]]),
      {},
      'in the state dict: bn.running_mean',
    );
  });

  it('of one tensor for two entries', async () => {
    const dict = dictOf({ a: [1, 1], b: [1], c: [1] });
    const map = { 'linear0.bias': 'b', 'linear1.bias': 'b' };
    await expect(loadStateDict(denseNetwork({ sizes: [1, 1, 1] }), dict, { map })).rejects.toThrow(
      'map gives "b" for linear0.bias and for linear1.bias, expected it once',
    );
  });

  it('integers are no weights', async () => {
    const dict = new Map([...fc, ['fc.weight', { data: Int32Array.of(1, 2), shape: [1, 2] }]]);
    await rejects(dict, {}, 'left over in the network: linear0.weight; in the state dict: fc.weight');
  });

  it('what is left over is in the report where that is allowed', async () => {
    const dict = dictOf({ 'fc.weight': [1, 2], 'head.weight': [7, 2] });
    const { matched, missing, unused } = await loadStateDict(denseNetwork({ sizes: [2, 1] }), dict, { strict: false });
    expect([matched.length, missing, unused]).toEqual([1, ['linear0.bias'], ['head.weight']]);
  });

  it('recurrent modules are refused by name', async () => {
    await expect(loadStateDict(denseNetwork({ sizes: [4, 2] }), await readWeights('recurrent'))).rejects.toThrow(
      'LSTM, GRU and RNN modules are not mapped',
    );
  });
});

describe('batch norm', () => {
  let model: LayersModel;
  beforeAll(async () => {
    await useBackend('cpu');
    model = sequential({
      layers: [layers.batchNormalization({ inputShape: [2], epsilon: 1e-5 }), layers.dense({ units: 1 })],
    });
  });
  const weights = { 'bn.weight': [2], 'bn.bias': [2], 'fc.weight': [1, 2], 'fc.bias': [1] };

  it('statistics that the state dict lacks are missing', async () => {
    await expect(loadStateDict(layersNetwork(model), dictOf(weights))).rejects.toThrow(
      'left over in the network: batch-norm statistics',
    );
  });

  it('statistics that the network cannot take leave its weights as they were', async () => {
    const network = layersNetwork(model);
    const before = await network.readWeights();
    const dict = dictOf({ ...weights, 'bn.running_mean': [3], 'bn.running_var': [3] });
    await expect(loadStateDict(network, dict)).rejects.toThrow('writeStatistics');
    expect(await network.readWeights()).toEqual(before);
  });

  it('modules without weights keep the order of the state dict', async () => {
    const two = sequential({
      layers: [
        layers.batchNormalization({ inputShape: [1], center: false, scale: false }),
        layers.dense({ units: 1 }),
        layers.batchNormalization({ center: false, scale: false }),
      ],
    });
    const dict = dictOf({
      '0.running_mean': [1],
      '0.running_var': [1],
      '1.weight': [1, 1],
      '1.bias': [1],
      '2.running_mean': [1],
      '2.running_var': [1],
    });
    const { batchNorms, statistics } = await loadStateDict(layersNetwork(two), dict);
    expect(batchNorms).toEqual(['0', '2']);
    expect(statistics.map(([value]) => value)).toEqual([0, 100, 400, 500]);
  });
});

describe('other files', () => {
  it('moments of SWAG and curves are sent where they are read', async () => {
    const network = perceptron();
    const swag = stateDict(
      new Map([
        ['n_models', tensor([1])],
        ['sq_mean', tensor([1])],
      ]),
    );
    await expect(loadStateDict(network, swag)).rejects.toThrow('moments are read by swagState');
    await expect(loadStateDict(network, dictOf({ 'coeff_layer.range': [3] }))).rejects.toThrow(
      'curves are read by curvePoints',
    );
  });
});
