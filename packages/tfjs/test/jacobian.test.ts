import {
  type Arrays,
  categoricalLikelihood,
  type Dataset,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  type Likelihood,
} from '@subspace/core';
import { layersNetwork } from '@subspace/tfjs';
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { describeBackends, expectClose } from './backends.ts';
import {
  branchedModel,
  denseModel,
  disposeModel,
  heteroscedasticModel,
  imageModel,
  randomData,
  randomWeights,
} from './networks.ts';

/** Max pooling has kinks: a step must not reach one. */
const stepFor = (name: string) => (name.includes('max') ? 2e-4 : 2e-3);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i], 0);
const along = (weights: Float32Array, direction: Float32Array, step: number) =>
  weights.map((w, i) => w + step * direction[i]);

const problems: {
  name: string;
  model: () => LayersModel;
  data: () => Dataset & { arrays: { inputs: Arrays } };
  likelihood: Likelihood;
  convolutions?: boolean;
}[] = [
  {
    name: 'dense layers',
    model: () => denseModel([2, 7, 5, 2]),
    data: () => randomData(11, [2], { means: 2 }),
    likelihood: gaussianLikelihood({ variance: 0.4 }),
  },
  {
    name: 'a custom layer after them',
    model: () => heteroscedasticModel([2, 7, 2]),
    data: () => randomData(11, [2], { means: 1 }, true),
    likelihood: heteroscedasticGaussianLikelihood(),
  },
  {
    name: 'branches',
    model: branchedModel,
    data: () => randomData(8, [3], { classes: 2 }, true),
    likelihood: categoricalLikelihood(),
  },
  {
    name: 'convolutions and average pooling',
    model: () => imageModel('average'),
    data: () => randomData(6, [5, 5, 2], { classes: 3 }),
    likelihood: categoricalLikelihood(),
    convolutions: true,
  },
  {
    name: 'convolutions and max pooling',
    model: () => imageModel('max'),
    data: () => randomData(6, [5, 5, 2], { classes: 3 }),
    likelihood: categoricalLikelihood(),
    convolutions: true,
  },
];

describeBackends('derivatives in all weights', (backend) => {
  for (const { name, model, data: make, likelihood, convolutions } of problems) {
    if (convolutions && backend === 'wasm') continue;

    it(`lossAndGradient is the summed loss and its gradient: ${name}`, async () => {
      const net = model();
      const network = layersNetwork(net);
      const data = make();
      const weights = randomWeights(network.layout, 1);
      const rows = Int32Array.of(4, 0, 0, 3);
      const out = new Float32Array(network.layout.size).fill(7);
      const { loss, gradient } = await network.lossAndGradient(weights, data, rows, likelihood, out);
      expect(gradient).toBe(out);
      const alone = await Promise.all(
        Array.from(rows, (row) => network.lossAndGradient(weights, data, Int32Array.of(row), likelihood)),
      );
      expectClose([loss], [alone.reduce((sum, one) => sum + one.loss, 0)], { relative: 1e-5 });
      for (const seed of [2, 3, 4]) {
        const direction = randomWeights(network.layout, seed, 1);
        const step = stepFor(name);
        const [up, down] = await Promise.all(
          [step, -step].map(
            async (h) => (await network.lossAndGradient(along(weights, direction, h), data, rows, likelihood)).loss,
          ),
        );
        expectClose([dot(gradient, direction)], [(up - down) / (2 * step)], { relative: 1e-2, absolute: 2e-3 });
      }
      disposeModel(net);
    });

    it(`jacobian.times is the derivative of the outputs along a direction, and transposeTimes its adjoint: ${name}`, async () => {
      const net = model();
      const network = layersNetwork(net);
      const { inputs } = make().arrays;
      const weights = randomWeights(network.layout, 1);
      const jacobian = network.jacobian(weights, inputs);
      for (const seed of [2, 3]) {
        const v = randomWeights(network.layout, seed, 1);
        const moved = await jacobian.times(v);
        const step = stepFor(name);
        const [up, down] = await Promise.all(
          [step, -step].map((h) => network.predict(inputs, { weights: along(weights, v, h) })),
        );
        expect(moved.shape).toEqual(up.shape);
        expectClose(
          moved.data,
          Array.from(up.data, (x, i) => (x - down.data[i]) / (2 * step)),
          { relative: 5e-3 },
        );

        const u = { data: randomWeights({ size: moved.data.length, entries: [] }, seed + 5, 1), shape: moved.shape };
        const back = await jacobian.transposeTimes(u);
        expectClose([dot(moved.data, u.data)], [dot(v, back)], { relative: 1e-4, absolute: 1e-4 });
      }
      jacobian.dispose();
      disposeModel(net);
    });
  }

  it('rejects vectors and outputs of the wrong length', () => {
    const net = denseModel([2, 3, 1]);
    const network = layersNetwork(net);
    const { inputs } = randomData(4, [2], { means: 1 }).arrays;
    expect(() => network.jacobian(new Float32Array(2), inputs)).toThrow('jacobian: weights has length 2, expected 13');
    const jacobian = network.jacobian(randomWeights(network.layout, 1), inputs);
    expect(() => jacobian.times(new Float32Array(2))).toThrow('jacobian: v has length 2, expected 13');
    expect(() => jacobian.transposeTimes({ data: new Float32Array(2), shape: [2, 1] })).toThrow(
      'u has shape [2, 1], expected [4, 1]',
    );
    jacobian.dispose();
    disposeModel(net);
  });

  it('names a layer whose second derivative TensorFlow.js does not have', () => {
    if (backend === 'wasm') return;
    const net = sequential({
      layers: [
        layers.depthwiseConv2d({ kernelSize: 2, inputShape: [3, 3, 1] }),
        layers.flatten(),
        layers.dense({ units: 1 }),
      ],
    });
    const network = layersNetwork(net);
    const jacobian = network.jacobian(randomWeights(network.layout, 1), {
      data: new Float32Array(9).fill(1),
      shape: [1, 3, 3, 1],
    });
    expect(() => jacobian.times(randomWeights(network.layout, 2))).toThrow(
      /^jacobian: TensorFlow.js has no second derivative of layer .*DepthwiseConv2D/,
    );
    jacobian.dispose();
    disposeModel(net);
  });
});
