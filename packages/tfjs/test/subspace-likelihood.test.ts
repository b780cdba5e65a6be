import {
  categoricalLikelihood,
  type Dataset,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  type Likelihood,
  type Network,
  toWeights,
} from '@subspace/core';
import { layersNetwork, tensorLikelihood } from '@subspace/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { describeBackends, expectClose } from './backends.ts';
import {
  branchedModel,
  denseModel,
  disposeModel,
  heteroscedasticModel,
  imageModel,
  randomData,
  randomSubspace,
} from './networks.ts';

/** The log likelihood from `predict` and the float64 reference of one row. */
async function reference(
  network: Network,
  weights: Float32Array,
  data: Dataset,
  likelihood: Likelihood,
): Promise<Float64Array> {
  const { inputs, targets, rowWeights } = data.arrays as NonNullable<Dataset['arrays']>;
  const outputs = await network.predict(inputs, { weights });
  const width = outputs.data.length / data.size;
  const per = targets.data.length / data.size;
  return Float64Array.from({ length: data.size }, (_, n) => {
    const row = Float64Array.from(outputs.data.subarray(n * width, (n + 1) * width));
    return (rowWeights?.[n] ?? 1) * likelihood.logDensity(row, targets.data.subarray(n * per, (n + 1) * per));
  });
}

const shifted = (point: Float64Array, k: number, h: number) => point.map((z, i) => (i === k ? z + h : z));
const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
const points = [Float64Array.of(0.3, -0.4, 0.2), Float64Array.of(-1, 0.5, 0.1), Float64Array.of(0, 0, 0)];

const problems: { name: string; model: () => LayersModel; data: () => Dataset; likelihood: Likelihood }[] = [
  {
    name: 'a stack of dense layers with a Gaussian',
    model: () => denseModel([2, 7, 5, 2]),
    data: () => randomData(23, [2], { means: 2 }),
    likelihood: gaussianLikelihood({ variance: 0.3 }),
  },
  {
    name: 'sigmoid and softplus layers with weighted rows',
    model: () => denseModel([2, 6, 3], 'softplus'),
    data: () => randomData(19, [2], { classes: 3 }, true),
    likelihood: categoricalLikelihood(),
  },
  {
    name: 'a custom layer after the stack, with mean and variance',
    model: () => heteroscedasticModel([3, 6, 2]),
    data: () => randomData(17, [3], { means: 1 }, true),
    likelihood: heteroscedasticGaussianLikelihood(),
  },
  {
    name: 'shared layers, branches and a nested model',
    model: branchedModel,
    data: () => randomData(11, [3], { classes: 2 }),
    likelihood: categoricalLikelihood(),
  },
  {
    name: 'a custom likelihood of tensors',
    model: () => denseModel([2, 5, 1]),
    data: () => randomData(13, [2], { means: 1 }, true),
    likelihood: tensorLikelihood({
      logDensity: (outputs, targets) =>
        tf.neg(tf.sum<tf.Tensor1D>(tf.log(tf.add(1, tf.square(tf.sub(targets, outputs)))), 1)),
      reference: (outputs, targets) => -Math.log(1 + (targets[0] - outputs[0]) ** 2),
      information: (outputs) => tf.ones([outputs.shape[0], 1, 1]),
    }),
  },
];

describeBackends('subspaceLikelihood', (backend) => {
  for (const { name, model, data: make, likelihood } of problems) {
    it(`is the sum of the float64 log densities, with its exact gradient: ${name}`, async () => {
      const net = model();
      const network = layersNetwork(net);
      const data = make();
      const plane = randomSubspace(network.layout, 3, 5);
      const target = network.subspaceLikelihood(plane, data, likelihood);
      const evaluations = await target.valuesAndGradients(points);
      const values = await target.values(points);
      for (const [i, point] of points.entries()) {
        const expected = await reference(network, toWeights(plane, point), data, likelihood);
        const total = sum(expected);
        expectClose([values[i], evaluations[i].value], [total, total], { relative: 2e-5 });
        expectClose(await target.pointwise(point), expected, { relative: 2e-5 });

        const step = 1e-2;
        const differences = await Promise.all(
          Array.from(point, async (_, k) => {
            // Richardson's extrapolation of central differences: error of order step⁴.
            const moved = [step, -step, 2 * step, -2 * step].map((h) => shifted(point, k, h));
            const [a, b, c, d] = await target.values(moved);
            return (8 * (a - b) - (c - d)) / (12 * step);
          }),
        );
        expectClose(evaluations[i].gradient, differences, { relative: 2e-3, absolute: 2e-3 });
      }
      target.dispose();
      disposeModel(net);
    });
  }

  it('depends on the point only, bit for bit, whatever else is asked for', async () => {
    const net = denseModel([2, 50, 20, 1], 'relu');
    const network = layersNetwork(net);
    const target = network.subspaceLikelihood(
      randomSubspace(network.layout, 3, 1),
      randomData(60, [2], { means: 1 }),
      gaussianLikelihood({ variance: 1 }),
    );
    const together = await target.values(points);
    const gradients = await target.valuesAndGradients([...points].reverse());
    for (const [i, point] of points.entries()) {
      expect((await target.values([point]))[0]).toBe(together[i]);
      const alone = (await target.valuesAndGradients([point]))[0];
      expect(alone).toEqual(gradients[points.length - 1 - i]);
    }
    target.dispose();
    disposeModel(net);
  });

  it('has the same value for every batch size', async () => {
    const net = heteroscedasticModel([2, 9, 2]);
    const network = layersNetwork(net);
    const data = randomData(23, [2], { means: 1 }, true);
    const plane = randomSubspace(network.layout, 3, 2);
    const likelihood = heteroscedasticGaussianLikelihood();
    const [whole, ...parts] = await Promise.all(
      [23, 8, 1].map(async (batchSize) => {
        const target = network.subspaceLikelihood(plane, data, likelihood, { batchSize });
        const evaluation = (await target.valuesAndGradients([points[0]]))[0];
        const matrix = await target.gaussNewton(points[0]);
        const pointwise = await target.pointwise(points[0]);
        target.dispose();
        return { evaluation, matrix, pointwise };
      }),
    );
    for (const { evaluation, matrix, pointwise } of parts) {
      expectClose([evaluation.value], [whole.evaluation.value], { relative: 1e-6 });
      expectClose(evaluation.gradient, whole.evaluation.gradient, { relative: 1e-5 });
      expectClose(matrix, whole.matrix, { relative: 1e-5 });
      expectClose(pointwise, whole.pointwise, { relative: 1e-6 });
    }
    disposeModel(net);
  });

  it('scales a minibatch so that its mean over all of them is the whole', async () => {
    const net = denseModel([2, 6, 1]);
    const network = layersNetwork(net);
    const data = randomData(12, [2], { means: 1 }, true);
    const target = network.subspaceLikelihood(
      randomSubspace(network.layout, 3, 3),
      data,
      gaussianLikelihood({ variance: 1 }),
    );
    const [whole] = await target.valuesAndGradients([points[0]]);
    const parts = await Promise.all(
      [0, 1, 2].map(async (b) => (await target.minibatch([points[0]], Int32Array.of(b, b + 3, b + 6, b + 9)))[0]),
    );
    expectClose([parts.reduce((mean, { value }) => mean + value / 3, 0)], [whole.value], { relative: 1e-6 });
    const mean = whole.gradient.map((_, k) => parts.reduce((total, { gradient }) => total + gradient[k] / 3, 0));
    expectClose(mean, whole.gradient, { relative: 1e-5 });
    target.dispose();
    disposeModel(net);
  });

  for (const { name, model, data: make, likelihood } of problems) {
    it(`has PᵀJᵀHJP of the explicit Jacobian as its Gauss–Newton matrix: ${name}`, async () => {
      const net = model();
      const network = layersNetwork(net);
      const data = make();
      const { inputs, rowWeights } = data.arrays as NonNullable<Dataset['arrays']>;
      const plane = randomSubspace(network.layout, 3, 7);
      const target = network.subspaceLikelihood(plane, data, likelihood);
      const matrix = await target.gaussNewton(points[0]);
      const outputs = await network.predict(inputs, { weights: toWeights(plane, points[0]) });
      const width = outputs.data.length / data.size;
      // Columns of J·P by central differences of the outputs.
      const step = 5e-3;
      const columns = await Promise.all(
        Array.from(points[0], async (_, k) => {
          const [up, down] = await Promise.all(
            [step, -step].map((h) => network.predict(inputs, { weights: toWeights(plane, shifted(points[0], k, h)) })),
          );
          return Float64Array.from(up.data, (value, i) => (value - down.data[i]) / (2 * step));
        }),
      );
      const expected = new Float64Array(9);
      for (let n = 0; n < data.size; n++) {
        const information = explicitInformation(
          likelihood,
          outputs.data.subarray(n * width, (n + 1) * width) as Float32Array,
        );
        for (let k = 0; k < 3; k++) {
          for (let l = 0; l < 3; l++) {
            for (let a = 0; a < width; a++) {
              for (let b = 0; b < width; b++) {
                expected[3 * k + l] +=
                  (rowWeights?.[n] ?? 1) * columns[k][n * width + a] * information[a][b] * columns[l][n * width + b];
              }
            }
          }
        }
      }
      expectClose(matrix, expected, { relative: 2e-3 });
      target.dispose();
      disposeModel(net);
    });
  }

  it('passes NaN through', async () => {
    const net = denseModel([2, 4, 1]);
    const network = layersNetwork(net);
    const data = randomData(5, [2], { means: 1 });
    const target = network.subspaceLikelihood(
      randomSubspace(network.layout, 3, 3),
      data,
      gaussianLikelihood({ variance: 1 }),
    );
    const [value] = await target.values([Float64Array.of(Number.NaN, 0, 0)]);
    expect(value).toBeNaN();
    const [evaluation] = await target.valuesAndGradients([Float64Array.of(Number.NaN, 0, 0)]);
    expect(evaluation.value).toBeNaN();
    expect(evaluation.gradient.every(Number.isNaN)).toBe(true);
    target.dispose();
    disposeModel(net);
  });

  it('answers at once where tensors can be read at once', () => {
    const net = denseModel([2, 4, 1]);
    const network = layersNetwork(net);
    const data = randomData(5, [2], { means: 1 });
    const target = network.subspaceLikelihood(
      randomSubspace(network.layout, 3, 3),
      data,
      gaussianLikelihood({ variance: 1 }),
    );
    expect(target.values(points)).toBeInstanceOf(Float64Array);
    expect(target.valuesAndGradients(points)).toBeInstanceOf(Array);
    expect(target.gaussNewton(points[0])).toBeInstanceOf(Float64Array);
    target.dispose();
    disposeModel(net);
  });

  it('takes data that come in batches from elsewhere', async () => {
    const net = denseModel([2, 4, 1]);
    const network = layersNetwork(net);
    const data = randomData(9, [2], { means: 1 });
    const remote: Dataset = {
      size: 9,
      inputShape: [2],
      targetShape: [1],
      gather: (rows, random) => Promise.resolve(data.gather(rows, random)),
    };
    const plane = randomSubspace(network.layout, 3, 3);
    const likelihood = gaussianLikelihood({ variance: 1 });
    const near = network.subspaceLikelihood(plane, data, likelihood);
    const far = network.subspaceLikelihood(plane, remote, likelihood, { batchSize: 4 });
    expectClose(await far.values(points), await near.values(points), { relative: 1e-6 });
    const [[a], [b]] = [await far.valuesAndGradients([points[0]]), await near.valuesAndGradients([points[0]])];
    expectClose(a.gradient, b.gradient, { relative: 1e-5 });
    near.dispose();
    far.dispose();
    disposeModel(net);
  });

  it('rejects outputs that the likelihood does not expect, labels out of range, and misuse', () => {
    const net = denseModel([2, 4, 3]);
    const network = layersNetwork(net);
    const plane = randomSubspace(network.layout, 3, 3);
    const make =
      (data: Dataset, likelihood: Likelihood, options = {}) =>
      () =>
        network.subspaceLikelihood(plane, data, likelihood, options);
    expect(make(randomData(5, [2], { means: 1 }), gaussianLikelihood({ variance: 1 }))).toThrow(
      'subspaceLikelihood: network has 3 outputs, expected 1, a mean for each target',
    );
    expect(make(randomData(5, [2], { means: 1 }), heteroscedasticGaussianLikelihood())).toThrow('expected 2');
    expect(make(randomData(5, [2], { classes: 9 }), categoricalLikelihood())).toThrow('expected a label from 0 to 2');
    expect(make(randomData(5, [4], { classes: 3 }), categoricalLikelihood())).toThrow(
      'inputs have shape [5, 4], expected [N, 2]',
    );
    expect(make(randomData(5, [2], { classes: 3 }), { kind: 'custom', logDensity: () => 0 })).toThrow(
      'tensorLikelihood',
    );
    expect(make(randomData(5, [2], { classes: 3 }), categoricalLikelihood(), { batchsize: 3 })).toThrow(
      'option batchsize',
    );
    expect(make(randomData(5, [2], { classes: 3 }), categoricalLikelihood(), { batchNorm: 'off' })).toThrow(
      'batchNorm is "off"',
    );
    const target = make(randomData(5, [2], { classes: 3 }), categoricalLikelihood())();
    expect(() => target.values([Float64Array.of(1)])).toThrow('point has length 1, expected 3');
    target.dispose();
    target.dispose();
    expect(() => target.values(points)).toThrow('disposed');
    disposeModel(net);
  });

  if (backend === 'wasm') {
    it('evaluates convolutions on wasm, but says that it has no gradient of them', async () => {
      const net = imageModel();
      const network = layersNetwork(net);
      const data = randomData(6, [5, 5, 2], { classes: 3 });
      const target = network.subspaceLikelihood(randomSubspace(network.layout, 3, 3), data, categoricalLikelihood());
      expect((await target.values(points)).every(Number.isFinite)).toBe(true);
      expect(() => target.valuesAndGradients(points)).toThrow(
        /the wasm backend has no gradient of layer .*Conv2D.*cpu, native or webgpu/,
      );
      target.dispose();
      disposeModel(net);
    });
    return;
  }

  for (const batchNorm of ['batch-statistics', 'refresh'] as const) {
    it(`has the exact gradient of convolutions and batch norm under ${batchNorm}`, async () => {
      const net = imageModel();
      const network = layersNetwork(net);
      const data = randomData(10, [5, 5, 2], { classes: 3 });
      const options = { batchNorm, batchSize: 4 };
      const plane = randomSubspace(network.layout, 3, 4);
      const target = network.subspaceLikelihood(plane, data, categoricalLikelihood(), options);
      const before = net.getWeights().map((tensor) => [...tensor.dataSync()]);
      const [{ value, gradient }] = await target.valuesAndGradients([points[0]]);
      expectClose([value], await target.values([points[0]]), { relative: 1e-6 });
      const step = 1e-2;
      const differences = await Promise.all(
        Array.from(points[0], async (_, k) => {
          const moved = [step, -step, 2 * step, -2 * step].map((h) => shifted(points[0], k, h));
          const [a, b, c, d] = await target.values(moved);
          return (8 * (a - b) - (c - d)) / (12 * step);
        }),
      );
      expectClose(gradient, differences, { relative: 3e-3, absolute: 2e-3 });
      expect(net.getWeights().map((tensor) => [...tensor.dataSync()])).toEqual(before);
      target.dispose();
      disposeModel(net);
    });
  }

  it('evaluates under refresh as predict does with refreshed statistics', async () => {
    const net = imageModel();
    const network = layersNetwork(net);
    const data = randomData(10, [5, 5, 2], { classes: 3 });
    const plane = randomSubspace(network.layout, 3, 4);
    const target = network.subspaceLikelihood(plane, data, categoricalLikelihood(), {
      batchNorm: 'refresh',
      batchSize: 4,
    });
    const weights = toWeights(plane, points[0]);
    const statistics = await network.refreshStatistics?.(weights, data, { batchSize: 4 });
    const { data: outputs } = await network.predict(data.arrays.inputs, { weights, statistics });
    const expected = Float64Array.from({ length: 10 }, (_, n) =>
      categoricalLikelihood().logDensity(Float64Array.from(outputs.subarray(3 * n, 3 * n + 3)), [
        data.arrays.targets.data[n],
      ]),
    );
    expectClose(await target.pointwise(points[0]), expected, { relative: 1e-5 });
    target.dispose();
    disposeModel(net);
  });
});

/** H of one row, [M][M]. */
function explicitInformation(likelihood: Likelihood, outputs: Float32Array): number[][] {
  const width = outputs.length;
  const square = (f: (a: number, b: number) => number) =>
    Array.from({ length: width }, (_, a) => Array.from({ length: width }, (_, b) => f(a, b)));
  if (likelihood.kind === 'gaussian') return square((a, b) => (a === b ? 1 / likelihood.variance : 0));
  if (likelihood.kind === 'custom') return square(() => 1);
  if (likelihood.kind === 'categorical') {
    const weights = Array.from(outputs, Math.exp);
    const total = weights.reduce((x, y) => x + y, 0);
    return square((a, b) => ((a === b ? 1 : 0) - weights[b] / total) * (weights[a] / total));
  }
  return square((a, b) => (a !== b ? 0 : a < width / 2 ? 1 / outputs[a + width / 2] : 1 / (2 * outputs[a] ** 2)));
}
