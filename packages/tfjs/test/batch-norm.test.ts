import { arraysDataset, fit, gaussianLikelihood, randomSource, sgd } from '@subspace/core';
import { layersNetwork } from '@subspace/tfjs';
import { layers, type Sequential, sequential } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { describeBackends, expectClose } from './backends.ts';
import { disposeModel, randomData, randomSubspace, randomWeights } from './networks.ts';

const likelihood = gaussianLikelihood({ variance: 0.5 });
const z = Float64Array.of(0.3);

function normModel(): Sequential {
  return sequential({
    layers: [
      layers.dense({ units: 4, activation: 'tanh', inputShape: [2] }),
      layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5 }),
      layers.dense({ units: 1 }),
    ],
  });
}

/** The same rows, but for the last one's input. */
function withLastInput(rows: number, x: number) {
  const { inputs, targets } = randomData(rows, [2], { means: 1 }).arrays;
  const data = Float32Array.from(inputs.data);
  data.fill(x, data.length - 2);
  return arraysDataset({ inputs: { ...inputs, data }, targets });
}

describeBackends('batch norm', () => {
  it('sees the input of a row that is left over', async () => {
    const net = normModel();
    const network = layersNetwork(net);
    const plane = randomSubspace(network.layout, 1, 3);
    // The default batches of 128, and some of the caller's.
    for (const [rows, batchSize] of [
      [129, undefined],
      [257, undefined],
      [13, 6],
      [3, 2],
    ] as const) {
      const last = async (x: number) => {
        const target = network.subspaceLikelihood(plane, withLastInput(rows, x), likelihood, { batchSize });
        const values = await target.pointwise(z);
        expect((await target.values([z]))[0]).toBeCloseTo(
          values.reduce((a, b) => a + b),
          9,
        );
        target.dispose();
        return values[rows - 1];
      };
      expect(await last(0)).not.toBe(await last(1000));
    }
    disposeModel(net);
  });

  it('takes a row that is left over into the batch before it, in likelihoods and in statistics', async () => {
    const net = normModel();
    const network = layersNetwork(net);
    const data = randomData(7, [2], { means: 1 });
    const plane = randomSubspace(network.layout, 1, 3);
    for (const batchNorm of ['batch-statistics', 'refresh'] as const) {
      const valueIn = async (batchSize: number) => {
        const target = network.subspaceLikelihood(plane, data, likelihood, { batchSize, batchNorm });
        const [{ value, gradient }] = await target.valuesAndGradients([z]);
        target.dispose();
        return [value, ...gradient];
      };
      expect(await valueIn(6)).toEqual(await valueIn(7));
      expect(await valueIn(5)).not.toEqual(await valueIn(7));
    }
    const weights = randomWeights(network.layout, 1);
    const statistics = (batchSize: number) => network.refreshStatistics!(weights, data, { batchSize });
    expect(await statistics(6)).toEqual(await statistics(7));
    expect(await statistics(2)).not.toEqual(await statistics(7));
    disposeModel(net);
  });

  it('keeps running variances up where a row is left over in every epoch', async () => {
    const variances = async (rows: number) => {
      const net = normModel();
      const network = layersNetwork(net);
      network.writeWeights(randomWeights(network.layout, 5));
      await fit(network, randomData(rows, [2], { means: 1 }), {
        ...{ likelihood, epochs: 20, batchSize: 16, optimizer: sgd(), learningRate: 0, seed: 1 },
      });
      const variance = net.getWeights()[5].dataSync().slice();
      disposeModel(net);
      return variance;
    };
    const [even, leftOver] = [await variances(16), await variances(17)];
    // Data of another row are a little different; the variances of before went halfway to 0.
    expectClose(leftOver, even, { relative: 0.25 });
  });

  it('refuses to take statistics of one row', async () => {
    const net = normModel();
    const network = layersNetwork(net);
    const [one, several] = [randomData(1, [2], { means: 1 }), randomData(5, [2], { means: 1 })];
    const plane = randomSubspace(network.layout, 1, 3);
    const why = 'batch norm has no statistics of a single row';
    const options = { likelihood, epochs: 1, batchSize: 4, optimizer: sgd(), learningRate: 0.1, seed: 1 };
    await expect(fit(network, one, options)).rejects.toThrow(`fit: data.size is 1, expected at least 2: ${why}`);
    await expect(fit(network, several, { ...options, batchSize: 1 })).rejects.toThrow(
      `fit: batchSize is 1, expected at least 2: ${why}`,
    );
    const trainer = network.trainer(several, likelihood, sgd());
    expect(() => trainer.step(Int32Array.of(3), 0.1, randomSource(1))).toThrow(`step: rows.length is 1`);
    trainer.dispose();
    for (const batchNorm of ['batch-statistics', 'refresh'] as const) {
      expect(() => network.subspaceLikelihood(plane, one, likelihood, { batchNorm })).toThrow(
        `subspaceLikelihood: data.size is 1, expected at least 2: ${why}`,
      );
      expect(() => network.subspaceLikelihood(plane, several, likelihood, { batchNorm, batchSize: 1 })).toThrow(
        'subspaceLikelihood: batchSize is 1, expected at least 2',
      );
    }
    const weights = randomWeights(network.layout, 1);
    expect(() => network.refreshStatistics!(weights, one)).toThrow(
      'refreshStatistics: fraction · data.size is 1, expected at least 2',
    );
    expect(() => network.refreshStatistics!(weights, several, { fraction: 0.1 })).toThrow('fraction · data.size is 1');
    expect(() => network.refreshStatistics!(weights, several, { batchSize: 1 })).toThrow('batchSize is 1');
    // Evaluation takes rows one by one.
    await network.predict(one.arrays.inputs);
    await network.lossAndGradient(weights, several, Int32Array.of(2), likelihood);
    const target = network.subspaceLikelihood(plane, several, likelihood);
    expect(() => target.minibatch!([z], Int32Array.of(2))).toThrow('minibatch: rows.length is 1, expected at least 2');
    target.dispose();
    const refreshing = network.subspaceLikelihood(plane, several, likelihood, { batchNorm: 'refresh' });
    expect((await refreshing.minibatch!([z], Int32Array.of(2)))[0].value).toBeLessThan(0);
    refreshing.dispose();
    disposeModel(net);
  });
});
