import {
  categoricalLikelihood,
  type Dataset,
  gaussianLikelihood,
  randomSource,
  sgd,
  type Trainer,
} from '@subspace/core';
import { layersNetwork, tensorLikelihood, useBackend } from '@subspace/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';

const random = randomSource(1);
const draw = (length: number) => Float32Array.from({ length }, random.normal);
const inputs = { data: draw(24), shape: [12, 2] };
const targets = { data: draw(12), shape: [12] };
const rowsOf = (rows: Int32Array) => ({
  inputs: { data: draw(2 * rows.length), shape: [rows.length, 2] },
  targets: { data: draw(rows.length), shape: [rows.length] },
});
/** A data set without arrays in memory, whose rows `change` spoils. */
const gathered = (change: (rows: ReturnType<typeof rowsOf>) => ReturnType<typeof rowsOf>): Dataset => ({
  size: 12,
  inputShape: [2],
  targetShape: [],
  gather: (rows) => change(rowsOf(rows)),
});
const inMemory: Dataset = { ...gathered((rows) => rows), arrays: { inputs, targets } };
const broken = tensorLikelihood({
  logDensity: (outputs) => {
    tf.mul(outputs, 2);
    throw new Error('the density is broken');
  },
});
const z = Float64Array.of(0.1, -0.2);

function network(batchNorm: boolean, outputs = 1) {
  const model = sequential();
  model.add(layers.dense({ units: 3, inputShape: [2], activation: 'tanh' }));
  if (batchNorm) model.add(layers.batchNormalization());
  model.add(layers.dense({ units: outputs }));
  const net = layersNetwork(model);
  const shift = net.readWeights() as Float32Array;
  const basis = [0, 1].map(() => draw(shift.length));
  return { model, net, plane: { layout: net.layout, shift, basis } };
}

beforeAll(async () => {
  await useBackend('cpu');
});

describe('a call that fails', () => {
  for (const batchNorm of [undefined, 'batch-statistics', 'refresh'] as const) {
    it(`leaves no tensor behind when the likelihood throws (batch norm: ${batchNorm ?? 'none'})`, () => {
      const { model, net, plane } = network(batchNorm !== undefined);
      const before = tf.memory().numTensors;
      const target = net.subspaceLikelihood(plane, inMemory, broken, { batchSize: 5, batchNorm });
      const open = tf.memory().numTensors;
      const calls = [
        () => target.values([z]),
        () => target.valuesAndGradients([z]),
        () => target.pointwise(z),
        () => target.minibatch([z], Int32Array.of(0, 3)),
      ];
      for (const call of calls) {
        expect(call).toThrow('the density is broken');
        expect(tf.memory().numTensors, String(call)).toBe(open);
      }
      expect(() => target.gaussNewton(z)).toThrow();
      expect(tf.memory().numTensors).toBe(open);
      target.dispose();
      const trainer = net.trainer(inMemory, broken, sgd());
      expect(() => trainer.step(Int32Array.of(0, 1), 0.1, random)).toThrow('the density is broken');
      trainer.dispose();
      expect(tf.memory().numTensors).toBe(before);
      model.dispose();
    });
  }

  it('leaves no tensor behind when the data fail in the middle of a pass', async () => {
    const { model, net, plane } = network(true);
    const before = tf.memory().numTensors;
    for (let failing = 0; failing < 6; failing++) {
      let count = 0;
      const data = gathered((rows) => {
        if (count++ === failing) throw new Error('the disk is gone');
        return rows;
      });
      expect(() => net.refreshStatistics!(plane.shift, data, { batchSize: 2 })).toThrow('the disk is gone');
      count = 0;
      const target = net.subspaceLikelihood(plane, data, gaussianLikelihood({ variance: 1 }), {
        batchSize: 3,
        batchNorm: 'refresh',
      });
      expect(() => target.valuesAndGradients([z])).toThrow('the disk is gone');
      target.dispose();
      expect(tf.memory().numTensors, `batch ${failing}`).toBe(before);
    }
    model.dispose();
  });
});

describe('data that are gathered', () => {
  it('must be the rows asked for, finite, with labels in range', () => {
    const { model, net, plane } = network(false, 3);
    const likelihood = categoricalLikelihood();
    const labelled = (labels: (rows: number) => Int32Array) =>
      gathered(({ inputs: x }) => ({ inputs: x, targets: { data: labels(x.shape[0]) as never, shape: [x.shape[0]] } }));
    const step = (data: Dataset) => () => {
      const trainer: Trainer = net.trainer(data, likelihood, sgd());
      try {
        return trainer.step(Int32Array.of(0, 1, 2), 0.1, random);
      } finally {
        trainer.dispose();
      }
    };
    const good = (rows: number) => new Int32Array(rows);
    expect(step(labelled(good))).not.toThrow();
    expect(step(labelled((rows) => good(rows).fill(3)))).toThrow(
      'data.gather: targets[0] is 3, expected a label from 0 to 2',
    );
    expect(step(labelled(() => good(1)))).toThrow('data.gather: targets.data has length 1, expected 3');
    const short = gathered(() => rowsOf(Int32Array.of(0)));
    expect(step(short)).toThrow('data.gather: inputs have shape [1, 2], expected [3, 2]');
    const nan = gathered((rows) => {
      rows.inputs.data[1] = Number.NaN;
      return rows;
    });
    expect(step(nan)).toThrow('data.gather: inputs.data[1] is NaN');
    const wrong = labelled((rows) => good(rows).fill(-1));
    expect(() => net.lossAndGradient(plane.shift, wrong, Int32Array.of(0), likelihood)).toThrow('targets[0] is -1');
    model.dispose();
  });
});

describe('bad use', () => {
  it('of a disposed likelihood or trainer, of weights that are not finite, or of an unknown likelihood, is a clear error', () => {
    const { model, net, plane } = network(false);
    const likelihood = gaussianLikelihood({ variance: 1 });
    const target = net.subspaceLikelihood(plane, inMemory, likelihood);
    target.dispose();
    for (const call of [
      () => target.values([z]),
      () => target.valuesAndGradients([z]),
      () => target.pointwise(z),
      () => target.minibatch([z], Int32Array.of(0)),
      () => target.gaussNewton(z),
    ]) {
      expect(call).toThrow('the likelihood is disposed, expected one in use');
    }
    const trainer = net.trainer(inMemory, likelihood, sgd());
    trainer.dispose();
    trainer.dispose();
    expect(() => trainer.step(Int32Array.of(0), 0.1, random)).toThrow('step: the trainer is disposed');
    for (const call of [() => trainer.points(), () => trainer.state(), () => trainer.takeLoss()]) {
      expect(call).toThrow('the trainer is disposed, expected one in use');
    }
    const spoilt = plane.shift.map(() => Number.NaN);
    expect(() => net.writeWeights(spoilt)).toThrow('writeWeights: weights[0] is NaN');
    expect(() => net.trainer(inMemory, { kind: 'z' } as never, sgd())).toThrow('trainer: likelihood.kind is "z"');

    // With a network end its trainers and likelihoods.
    const [still, density] = [
      net.trainer(inMemory, likelihood, sgd()),
      net.subspaceLikelihood(plane, inMemory, likelihood),
    ];
    const tensors = tf.memory().numTensors;
    net.dispose();
    for (const call of [
      () => net.predict(inMemory.arrays!.inputs),
      () => net.readWeights(),
      () => net.writeWeights(plane.shift),
      () => net.trainer(inMemory, likelihood, sgd()),
      () => net.subspaceLikelihood(plane, inMemory, likelihood),
      () => net.lossAndGradient(plane.shift, inMemory, Int32Array.of(0), likelihood),
      () => net.jacobian(plane.shift, inMemory.arrays!.inputs),
      () => still.step(Int32Array.of(0), 0.1, random),
      () => density.values([z]),
    ]) {
      expect(call).toThrow('the network is disposed, expected one in use');
    }
    expect(tf.memory().numTensors).toBe(tensors);
    still.dispose();
    density.dispose();
    model.dispose();
  });

  it('of a network whose model is disposed is a clear error', () => {
    const { model, net, plane } = network(false);
    const density = net.subspaceLikelihood(plane, inMemory, gaussianLikelihood({ variance: 1 }));
    model.dispose();
    for (const call of [
      () => net.predict(inMemory.arrays!.inputs),
      () => net.readWeights(),
      () => density.values([z]),
    ]) {
      expect(call).toThrow('the model is disposed, expected one in use');
    }
    density.dispose();
    net.dispose();
  });
});
