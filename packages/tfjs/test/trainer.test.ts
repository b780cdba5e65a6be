import {
  adam,
  categoricalLikelihood,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  type Likelihood,
  type Network,
  type Optimizer,
  randomSource,
  sgd,
  type TrainerState,
} from '@subspace/core';
import { layersNetwork, tensorLikelihood } from '@subspace/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { describeBackends, expectClose } from './backends.ts';
import { denseModel, disposeModel, heteroscedasticModel, imageModel, randomData, randomWeights } from './networks.ts';

const random = randomSource(1);
const batches = [Int32Array.of(3, 1, 7, 0), Int32Array.of(2, 2, 5), Int32Array.of(6, 4, 8, 1)];

/** PyTorch's definitions, in float64 and plain loops. */
function referenceOptimizer(optimizer: Optimizer, biases: readonly boolean[]) {
  const size = biases.length;
  const [first, second] = [new Float64Array(size), new Float64Array(size)];
  let count = 0;
  return (weights: Float64Array, gradient: ArrayLike<number>, rate: number): void => {
    count++;
    for (let i = 0; i < size; i++) {
      const own = rate * (biases[i] ? optimizer.biasLearningRateFactor : 1);
      const g = gradient[i];
      if (optimizer.kind === 'sgd') {
        first[i] = optimizer.momentum * first[i] + g;
        weights[i] -= own * (optimizer.nesterov ? g + optimizer.momentum * first[i] : first[i]);
      } else {
        first[i] = optimizer.beta1 * first[i] + (1 - optimizer.beta1) * g;
        second[i] = optimizer.beta2 * second[i] + (1 - optimizer.beta2) * g * g;
        const mean = first[i] / (1 - optimizer.beta1 ** count);
        weights[i] -= (own * mean) / (Math.sqrt(second[i] / (1 - optimizer.beta2 ** count)) + optimizer.epsilon);
      }
    }
  };
}

const isBias = ({ layout }: Network) =>
  layout.entries.flatMap(({ shape }) => Array<boolean>(shape.reduce((a, b) => a * b, 1)).fill(shape.length === 1));

describeBackends('trainer', (backend) => {
  const optimizers: [string, Optimizer][] = [
    ['SGD', sgd()],
    ['SGD with momentum and weight decay', sgd({ momentum: 0.9, weightDecay: 0.1 })],
    ['SGD with Nesterov and other rates for biases', sgd({ momentum: 0.8, nesterov: true, biasLearningRateFactor: 2 })],
    ['Adam with weight decay', adam({ beta2: 0.99, weightDecay: 0.05, biasLearningRateFactor: 0.5 })],
  ];
  for (const [name, optimizer] of optimizers) {
    it(`steps as ${name} does in float64 on the gradient of the mean loss`, async () => {
      const net = denseModel([2, 5, 1]);
      const network = layersNetwork(net);
      const data = randomData(9, [2], { means: 1 }, true);
      const likelihood = gaussianLikelihood({ variance: 0.5 });
      network.writeWeights(randomWeights(network.layout, 3));
      const expected = Float64Array.from(await network.readWeights());
      const update = referenceOptimizer(optimizer, isBias(network));
      const trainer = network.trainer(data, likelihood, optimizer);
      let loss = 0;
      for (const [i, rows] of batches.entries()) {
        const rate = 0.05 / (i + 1);
        const at = await network.lossAndGradient(Float32Array.from(expected), data, rows, likelihood);
        loss += at.loss;
        update(
          expected,
          Array.from(at.gradient, (g, j) => g / rows.length + optimizer.weightDecay * expected[j]),
          rate,
        );
        await trainer.step(rows, rate, random);
      }
      expectClose(await network.readWeights(), expected, { absolute: 2e-6 });
      expectClose((await trainer.points())[0], expected, { absolute: 2e-6 });
      const taken = await trainer.takeLoss();
      expect(taken.rows).toBe(11);
      expectClose([taken.sum], [loss], { relative: 1e-5 });
      expect(await trainer.takeLoss()).toEqual({ sum: 0, rows: 0 });
      trainer.dispose();
      disposeModel(net);
    });
  }

  it('trains points along a curve: each receives its coefficient times the gradient at their combination', async () => {
    const net = denseModel([2, 5, 1]);
    const network = layersNetwork(net);
    const before = await network.readWeights();
    const data = randomData(9, [2], { means: 1 });
    const likelihood = gaussianLikelihood({ variance: 0.5 });
    const points = [1, 2, 3].map((seed) => randomWeights(network.layout, seed));
    const expected = points.map((point) => Float64Array.from(point));
    const optimizer = sgd({ momentum: 0.9, weightDecay: 0.1 });
    const updates = points.map(() => referenceOptimizer(optimizer, isBias(network)));
    const fixed = [true, false, false];
    const trainer = network.trainer(data, likelihood, optimizer, { points, fixed });
    for (const [i, rows] of batches.entries()) {
      const t = 0.2 + 0.3 * i;
      const coefficients = Float64Array.of((1 - t) ** 2, 2 * t * (1 - t), t * t);
      const mixed = Float64Array.from(expected[0], (_, j) =>
        expected.reduce((sum, point, k) => sum + coefficients[k] * point[j], 0),
      );
      const { gradient } = await network.lossAndGradient(Float32Array.from(mixed), data, rows, likelihood);
      const penalised = Array.from(gradient, (g, j) => g / rows.length + 0.1 * mixed[j]);
      expected.forEach((point, k) => {
        if (!fixed[k])
          updates[k](
            point,
            penalised.map((g) => coefficients[k] * g),
            0.1,
          );
      });
      await trainer.step(rows, 0.1, random, coefficients);
    }
    const trained = await trainer.points();
    for (const [k, point] of trained.entries()) expectClose(point, expected[k], { absolute: 2e-6 });
    expect(trained[0]).toEqual(points[0]);
    expect(await network.readWeights()).toEqual(before);
    expect(() => trainer.step(batches[0], 0.1, random)).toThrow('coefficients is missing, expected 3');
    trainer.dispose();
    disposeModel(net);
  });

  const learnable: [string, () => LayersModel, ReturnType<typeof randomData>, Likelihood][] = [
    [
      'mean and variance',
      () => heteroscedasticModel([2, 8, 2]),
      randomData(30, [2], { means: 1 }),
      heteroscedasticGaussianLikelihood(),
    ],
    ['classes', () => denseModel([2, 8, 3], 'relu'), randomData(30, [2], { classes: 3 }), categoricalLikelihood()],
    [
      'a custom likelihood',
      () => denseModel([2, 8, 1]),
      randomData(30, [2], { means: 1 }),
      tensorLikelihood({ logDensity: (o, t) => tf.neg(tf.sum<tf.Tensor1D>(tf.square(tf.sub(t, o)), 1)) }),
    ],
  ];
  for (const [name, model, data, likelihood] of learnable) {
    it(`lowers the loss of ${name}, and counts tensors the same after every step`, async () => {
      const net = model();
      const network = layersNetwork(net);
      network.writeWeights(randomWeights(network.layout, 1));
      const trainer = network.trainer(data, likelihood, adam());
      const all = Int32Array.from({ length: 30 }, (_, i) => i);
      const losses: number[] = [];
      await trainer.step(all, 0.01, random);
      losses.push((await trainer.takeLoss()).sum);
      const tensors = tf.memory().numTensors;
      for (let i = 0; i < 60; i++) {
        await trainer.step(all, 0.01, random);
        losses.push((await trainer.takeLoss()).sum);
        expect(tf.memory().numTensors).toBe(tensors);
      }
      expect(losses[60]).toBeLessThan(losses[0] - 1);
      trainer.dispose();
      disposeModel(net);
    });
  }

  const withDropout = () =>
    sequential({
      layers: [
        layers.dense({ units: 20, activation: 'relu', inputShape: [2] }),
        layers.dropout({ rate: 0.5 }),
        layers.dense({ units: 1 }),
      ],
    });

  it('draws dropout from the stream it is given: the same seed, 0 included, gives the same weights', async () => {
    const data = randomData(9, [2], { means: 1 });
    const train = async (seed: number) => {
      const net = withDropout();
      const network = layersNetwork(net);
      network.writeWeights(randomWeights(network.layout, 3));
      const trainer = network.trainer(data, gaussianLikelihood({ variance: 1 }), sgd({ momentum: 0.9 }));
      const stream = randomSource(seed);
      for (const rows of batches) await trainer.step(rows, 0.05, stream);
      const weights = await network.readWeights();
      trainer.dispose();
      disposeModel(net);
      return weights;
    };
    expect(await train(0)).toEqual(await train(0));
    expect(await train(0)).not.toEqual(await train(1));
  });

  it('has the gradient of the network that dropout leaves', async () => {
    const net = withDropout();
    const network = layersNetwork(net);
    const weights = randomWeights(network.layout, 3);
    const data = randomData(9, [2], { means: 1 });
    const likelihood = gaussianLikelihood({ variance: 1 });
    const lossAt = async (at: Float32Array) => {
      network.writeWeights(at);
      const trainer = network.trainer(data, likelihood, sgd());
      await trainer.step(batches[0], 0, randomSource(5));
      const { sum } = await trainer.takeLoss();
      trainer.dispose();
      return sum / 4;
    };
    network.writeWeights(weights);
    const trainer = network.trainer(data, likelihood, sgd());
    await trainer.step(batches[0], 1, randomSource(5));
    const moved = await network.readWeights();
    trainer.dispose();
    const direction = randomWeights(network.layout, 8, 1);
    const step = 1e-3;
    const [up, down] = [
      await lossAt(weights.map((w, i) => w + step * direction[i])),
      await lossAt(weights.map((w, i) => w - step * direction[i])),
    ];
    const slope = weights.reduce((sum, w, i) => sum + (w - moved[i]) * direction[i], 0);
    expectClose([slope], [(up - down) / (2 * step)], { relative: 1e-2 });
    disposeModel(net);
  });

  it('goes on from a saved state as if it had never stopped', async () => {
    for (const optimizer of [sgd({ momentum: 0.9 }), adam()]) {
      const data = randomData(9, [2], { means: 1 });
      const start = () => {
        const net = denseModel([2, 5, 1]);
        const network = layersNetwork(net);
        network.writeWeights(randomWeights(network.layout, 3));
        return { net, network, trainer: network.trainer(data, gaussianLikelihood({ variance: 1 }), optimizer) };
      };
      const [through, first, second] = [start(), start(), start()];
      for (const rows of batches) await through.trainer.step(rows, 0.05, random);
      for (const rows of batches.slice(0, 2)) await first.trainer.step(rows, 0.05, random);
      const saved: TrainerState = await first.trainer.state();
      await first.trainer.step(batches[2], 0.05, random);
      second.trainer.restore(saved);
      await second.trainer.step(batches[2], 0.05, random);
      const expected = await through.network.readWeights();
      expect(await first.network.readWeights()).toEqual(expected);
      expect(await second.network.readWeights()).toEqual(expected);
      const loss = await through.trainer.takeLoss();
      for (const { trainer } of [first, second]) {
        const { sum, rows } = await trainer.takeLoss();
        expect(rows).toBe(loss.rows);
        // (Where losses stay on the device, they were read in between.)
        if (backend === 'native') expectClose([sum], [loss.sum], { relative: 1e-6 });
        else expect(sum).toBe(loss.sum);
      }
      expect(() => second.trainer.restore({ ...saved, optimizer: 'other' })).toThrow(
        'restore: state.optimizer is other',
      );
      expect(() => second.trainer.restore({ optimizer: optimizer.kind, steps: 1 })).toThrow(
        'restore: state has no points[0]',
      );
      for (const { net, trainer } of [through, first, second]) {
        trainer.dispose();
        disposeModel(net);
      }
    }
  });

  it('notices weights that were written between steps', async () => {
    const net = denseModel([2, 5, 1]);
    const network = layersNetwork(net);
    const data = randomData(9, [2], { means: 1 });
    const likelihood = gaussianLikelihood({ variance: 1 });
    const trainer = network.trainer(data, likelihood, sgd());
    await trainer.step(batches[0], 0.1, random);
    const weights = randomWeights(network.layout, 9);
    network.writeWeights(weights);
    await trainer.step(batches[1], 0.1, random);
    const { gradient } = await network.lossAndGradient(weights, data, batches[1], likelihood);
    expectClose(
      await network.readWeights(),
      weights.map((w, i) => w - (0.1 * gradient[i]) / 3),
      { absolute: 1e-6 },
    );
    trainer.dispose();
    disposeModel(net);
  });

  it('rejects wrong arguments', () => {
    const net = denseModel([2, 5, 1]);
    const network = layersNetwork(net);
    const data = randomData(9, [2], { means: 1 });
    const likelihood = gaussianLikelihood({ variance: 1 });
    const make = (options: object) => () => network.trainer(data, likelihood, sgd(), options);
    expect(make({ points: [] })).toThrow('trainer: points is empty');
    expect(make({ points: [new Float32Array(3)] })).toThrow('trainer: points[0] has length 3, expected 21');
    expect(make({ points: [randomWeights(network.layout, 1)], fixed: [] })).toThrow(
      'trainer: fixed has length 0, expected 1',
    );
    expect(make({ point: 1 })).toThrow('option point is unknown');
    const trainer = make({})();
    expect(() => trainer.step(Int32Array.of(), 0.1, random)).toThrow('rows is empty');
    expect(() => trainer.step(Int32Array.of(9), 0.1, random)).toThrow('rows[0] is 9, expected a row from 0 to 8');
    trainer.dispose();
    const noisy = sequential({
      layers: [layers.gaussianNoise({ stddev: 1, inputShape: [2] }), layers.dense({ units: 1 })],
    });
    expect(() => layersNetwork(noisy).trainer(data, likelihood, sgd())).toThrow(
      '(GaussianNoise) has noise that cannot be seeded',
    );
    const wrapped = sequential({
      layers: [
        layers.timeDistributed({ layer: layers.dropout({ rate: 0.5 }), inputShape: [2, 1] }),
        layers.flatten(),
        layers.dense({ units: 1 }),
      ],
    });
    const series = randomData(9, [2, 1], { means: 1 });
    expect(() => layersNetwork(wrapped).trainer(series, likelihood, sgd())).toThrow('wraps Dropout');
    const recurrent = sequential({
      layers: [layers.lstm({ units: 1, dropout: 0.5, recurrentInitializer: 'zeros', inputShape: [2, 1] })],
    });
    expect(() => layersNetwork(recurrent).trainer(series, likelihood, sgd())).toThrow('(LSTM) has noise');
    for (const one of [noisy, wrapped, recurrent]) disposeModel(one);
    disposeModel(net);
  });

  if (backend === 'wasm') {
    it('says that convolutions cannot be trained on wasm', () => {
      const net = imageModel();
      const data = randomData(6, [5, 5, 2], { classes: 3 });
      expect(() => layersNetwork(net).trainer(data, categoricalLikelihood(), sgd())).toThrow(
        /^trainer: the wasm backend has no gradient of layer .*; use the cpu, native or webgpu backend: train with useBackend\('cpu'\), then useBackend\('wasm'\)/,
      );
      disposeModel(net);
    });
    return;
  }

  it('trains convolutions, and moves running statistics by PyTorch’s rule', async () => {
    const net = imageModel('max');
    const network = layersNetwork(net);
    network.writeWeights(randomWeights(network.layout, 1));
    const data = randomData(12, [5, 5, 2], { classes: 3 });
    const trainer = network.trainer(data, categoricalLikelihood(), sgd({ momentum: 0.9 }));
    const rows = Int32Array.from({ length: 12 }, (_, i) => i);
    const kernel = net.layers[0].getWeights()[0];
    const { mean, variance } = tf.tidy(() => {
      const inputs = tf.tensor4d(data.arrays.inputs.data as Float32Array, [12, 5, 5, 2]);
      const moments = tf.moments(tf.conv2d(inputs, kernel as tf.Tensor4D, 1, 'same'), [0, 1, 2]);
      return { mean: [...moments.mean.dataSync()], variance: [...moments.variance.dataSync()] };
    });
    await trainer.step(rows, 0.05, random);
    const statistics = net.layers[1]
      .getWeights()
      .slice(2)
      .map((tensor) => [...tensor.dataSync()]);
    expectClose(
      statistics[0],
      mean.map((m) => 0.1 * m),
      { absolute: 1e-5 },
    );
    expectClose(
      statistics[1],
      variance.map((v) => 0.9 + (0.1 * v * 300) / 299),
      { absolute: 1e-5 },
    );
    const first = (await trainer.takeLoss()).sum;
    for (let i = 0; i < 40; i++) await trainer.step(rows, 0.05, random);
    await trainer.takeLoss();
    await trainer.step(rows, 0.05, random);
    expect((await trainer.takeLoss()).sum).toBeLessThan(0.9 * first);
    const saved = await trainer.state();
    expect(Object.keys(saved)).toContain('variance[0]');
    trainer.restore(saved);
    trainer.dispose();
    disposeModel(net);
  });
});
