import { createContext, runInContext } from 'node:vm';
import {
  type Arrays,
  arraysDataset,
  type Dataset,
  fit,
  gaussianLikelihood,
  type Likelihood,
  memoryStore,
  type Network,
  sample,
  sgd,
  subspace,
  subspacePosterior,
  type TrainerState,
} from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { accuracy, brierScore } from '@subspace/metrics';
import { nuts } from '@subspace/nuts';
import { layersNetwork, tensorLikelihood, useBackend } from '@subspace/tfjs';
import { meanField } from '@subspace/vi';
import { bits } from '@subspace-internal/testing';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';

/** The same numbers in an array of another realm, as Jest, `vm` and iframes have: `instanceof` does not know it. */
const realm = createContext({});
function foreign<T extends Float32Array | Float64Array | Int32Array | Uint8Array>(values: T): T {
  const kind = Object.prototype.toString.call(values).slice(8, -1);
  const Constructor = runInContext(kind, realm) as new (values: T) => T;
  return new Constructor(values);
}

it('another realm has arrays of its own', () => {
  expect(foreign(Float32Array.of(1))).not.toBeInstanceOf(Float32Array);
});

beforeAll(async () => {
  await useBackend('wasm');
});

type Realm = <T extends Float32Array | Float64Array | Int32Array | Uint8Array>(values: T) => T;
const own: Realm = (values) => values;

const inputs = Float32Array.of(0.1, 0.2, -0.3, 0.4, 0.5, -0.6, 0.7, 0.8);
const targets = Float32Array.of(0.5, -0.7, 0.9, 1.6);
const dataOf = (from: Realm): Dataset =>
  arraysDataset({
    inputs: { data: from(inputs), shape: [4, 2] },
    targets: { data: from(targets), shape: [4] },
    rowWeights: from(Float32Array.of(1, 2, 1, 2)),
  });
const gaussian = gaussianLikelihood({ variance: 0.1 });

const engines: Readonly<Record<string, { create(): Network; readonly custom: Likelihood }>> = {
  dense: {
    create: () => denseNetwork({ sizes: [2, 3, 1], activation: 'tanh', seed: 1, threads: 1 }),
    custom: { kind: 'custom', logDensity: (outputs, target) => -Math.abs(outputs[0] - target[0]) },
  },
  tfjs: {
    create: () => {
      const weights = [tf.tensor2d([0.1, 0.5, -0.3, 0.2, -0.4, 0.7], [2, 3]), tf.tensor1d([0.1, 0.2, 0.3])];
      const hidden = layers.dense({ units: 3, activation: 'tanh', inputShape: [2], weights });
      return layersNetwork(sequential({ layers: [hidden, layers.dense({ units: 1, kernelInitializer: 'ones' })] }));
    },
    custom: tensorLikelihood({
      logDensity: (outputs, target) =>
        tf.neg(tf.sum<tf.Tensor1D>(tf.abs(tf.sub(outputs, tf.reshape(target, [-1, 1]))), 1)),
    }),
  },
};

describe.each(Object.entries(engines))('%s', (_name, { create, custom }) => {
  const results: Readonly<Record<string, (from: Realm) => Promise<unknown>>> = {
    predictions: async (from) => {
      const network = create();
      const weights = from((await network.readWeights()).map((x) => x / 2));
      const { data } = await network.predict({ data: from(inputs), shape: [4, 2] }, { weights });
      network.writeWeights(weights);
      return [data, await network.readWeights()];
    },
    'losses and Jacobians': async (from) => {
      const network = create();
      const weights = from(await network.readWeights());
      const jacobian = network.jacobian(weights, { data: from(inputs), shape: [4, 2] });
      const along = (await jacobian.times(from(weights.map(Math.abs)))).data;
      const back = await jacobian.transposeTimes({ data: from(targets), shape: [4, 1] });
      jacobian.dispose();
      const { loss, gradient } = await network.lossAndGradient(weights, dataOf(from), Int32Array.of(0, 2), gaussian);
      return [along, back, loss, gradient];
    },
    training: async (from) => {
      const network = create();
      const options = { epochs: 3, batchSize: 2, optimizer: sgd({ momentum: 0.9 }), learningRate: 0.1, seed: 1 };
      const { loss } = await fit(network, dataOf(from), { ...options, likelihood: gaussian });
      return [loss, await network.readWeights()];
    },
    'restored training': async (from) => {
      const network = create();
      const optimizer = sgd({ momentum: 0.9 });
      const first = network.trainer(dataOf(own), gaussian, optimizer);
      await first.step(Int32Array.of(0, 1), 0.1, null as never);
      const state = Object.entries(await first.state()).map(([key, value]) => [
        key,
        typeof value === 'object' ? from(value) : value,
      ]);
      first.dispose();
      const second = network.trainer(dataOf(from), gaussian, optimizer);
      second.restore(Object.fromEntries(state) as TrainerState);
      await second.step(from(Int32Array.of(2, 3)), 0.1, null as never);
      const points = await second.points();
      second.dispose();
      return points;
    },
    'training along a curve': async (from) => {
      const network = create();
      const weights = await network.readWeights();
      const points = [from(weights), from(weights.map((x) => -x))];
      const trainer = network.trainer(dataOf(from), gaussian, sgd(), { points });
      await trainer.step(Int32Array.of(0, 1), 0.1, null as never, Float64Array.of(0.3, 0.7));
      const moved = await trainer.points();
      trainer.dispose();
      return moved;
    },
    'likelihoods in a subspace, of a named kind and of the user': async (from) => {
      const network = create();
      const { layout } = network;
      const shift = from(await network.readWeights());
      const basis = [from(shift.map((_, i) => Math.sin(i))), from(shift.map((_, i) => Math.cos(i)))];
      const plane = subspace({ layout, shift, basis });
      const z = from(Float64Array.of(0.3, -0.2));
      const found: unknown[] = [];
      for (const likelihood of [gaussian, custom]) {
        const density = network.subspaceLikelihood(plane, dataOf(from), likelihood);
        found.push(await density.values([z]), await density.pointwise(z));
        if (likelihood === gaussian) found.push((await density.valuesAndGradients([z]))[0].gradient);
        density.dispose();
      }
      return found;
    },
    'chains and fits that are resumed': async (from) => {
      const network = create();
      const { layout } = network;
      const shift = from(await network.readWeights());
      const plane = subspace({ layout, shift, basis: [from(shift.map((_, i) => Math.sin(i)))] });
      const target = subspacePosterior(network, plane, dataOf(from), { likelihood: gaussian, priorStd: 1 });
      const checkpoint = { store: memoryStore(), resume: true };
      const chain = { warmup: 5, chains: 1, seed: 1, initial: [from(Float64Array.of(0.1))], checkpoint };
      await sample(nuts(target), { ...chain, draws: 3 });
      const draws = await sample(nuts(target), { ...chain, draws: 6 });
      const initial = from(Float64Array.of(0.1));
      const fitted = await meanField(target, { iterations: 20, evaluationDraws: 10, initial, seed: 1 });
      target.dispose();
      return [draws.positions, fitted.history];
    },
  };

  it.each(Object.entries(results))('%s are those of this realm', async (_what, result) => {
    expect(bits(await result(foreign))).toBe(bits(await result(own)));
  });
});

it('scores are those of this realm', () => {
  const scores = (from: Realm) => {
    const prediction = { classes: 2, probabilities: from(Float64Array.of(0.9, 0.1, 0.3, 0.7)) };
    const labels = from(Int32Array.of(0, 0));
    return [accuracy(prediction, labels), brierScore(prediction, labels)];
  };
  expect(scores(foreign)).toEqual(scores(own));
});

it('rows of a data set are those of this realm', () => {
  const rows = (from: Realm) => {
    const { inputs: gathered, targets: labels } = arraysDataset({
      inputs: { data: from(Uint8Array.of(1, 2, 3, 4)), shape: [2, 2] },
      targets: { data: from(Int32Array.of(0, 1)), shape: [2] },
    }).gather(Int32Array.of(1, 0)) as { inputs: Arrays; targets: Arrays };
    return [[...gathered.data], [...labels.data]];
  };
  expect(rows(foreign)).toEqual(rows(own));
});
