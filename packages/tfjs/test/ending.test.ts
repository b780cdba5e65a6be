import {
  arraysDataset,
  binaryLikelihood,
  categoricalLikelihood,
  ensemble,
  fit,
  gaussianLikelihood,
  type Likelihood,
  type Network,
  predictClassification,
  predictRegression,
  sgd,
} from '@subspace/core';
import { layersNetwork, tensorLikelihood } from '@subspace/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { describeBackends, expectClose } from './backends.ts';
import { denseModel, disposeModel, randomData, randomSubspace, randomWeights } from './networks.ts';

const z = Float64Array.of(0.4, -0.2);
const first = () => layers.dense({ units: 5, activation: 'tanh', inputShape: [2] });

/** A layer of the user's own. */
function custom(className: string, f: (x: tf.Tensor) => tf.Tensor) {
  class Custom extends layers.Layer {
    static className = className;
    override computeOutputShape(shape: number[]): number[] {
      return shape;
    }
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return f(Array.isArray(inputs) ? inputs[0] : inputs);
    }
  }
  return new Custom({ name: 'mine' });
}

const classifiers: [string, () => LayersModel, (() => LayersModel)?][] = [
  [
    'activation of a dense layer',
    () => sequential({ layers: [first(), layers.dense({ units: 3, activation: 'softmax' })] }),
    () => denseModel([2, 5, 3]),
  ],
  [
    'Activation layer',
    () => sequential({ layers: [first(), layers.dense({ units: 3 }), layers.activation({ activation: 'softmax' })] }),
    () => denseModel([2, 5, 3]),
  ],
  [
    'Softmax layer',
    () => sequential({ layers: [first(), layers.dense({ units: 3 }), layers.softmax()] }),
    () => denseModel([2, 5, 3]),
  ],
  [
    'nested model',
    () =>
      sequential({
        layers: [first(), sequential({ layers: [layers.dense({ units: 3, activation: 'softmax', inputShape: [5] })] })],
      }),
  ],
  [
    'softmax twice, of which one is in the middle',
    () =>
      sequential({
        layers: [
          layers.dense({ units: 4, activation: 'softmax', inputShape: [2] }),
          layers.dense({ units: 3 }),
          layers.softmax(),
        ],
      }),
  ],
  [
    'functional model with branches',
    () => {
      const x = input({ shape: [2] });
      const [a, b] = [layers.dense({ units: 4, activation: 'tanh' }), layers.dense({ units: 4 })];
      const sum = layers.add().apply([a.apply(x), b.apply(x)] as SymbolicTensor[]);
      const logits = layers.dense({ units: 3 }).apply(sum);
      return model({ inputs: x, outputs: layers.softmax({ axis: 1 }).apply(logits) as SymbolicTensor });
    },
  ],
  [
    'softmax over the last axis, flattened',
    () =>
      sequential({
        layers: [
          layers.dense({ units: 3, inputShape: [2] }),
          layers.reshape({ targetShape: [1, 3] }),
          layers.softmax({ axis: -1 }),
          layers.flatten(),
        ],
      }),
  ],
];
const images: [string, () => LayersModel][] = (
  [
    ['Conv2D', () => layers.conv2d({ filters: 3, kernelSize: 4, activation: 'softmax', inputShape: [4, 4, 1] })],
    [
      'SeparableConv2D',
      () => layers.separableConv2d({ filters: 3, kernelSize: 4, activation: 'softmax', inputShape: [4, 4, 1] }),
    ],
    [
      'DepthwiseConv2D',
      () => layers.depthwiseConv2d({ depthMultiplier: 3, kernelSize: 4, activation: 'softmax', inputShape: [4, 4, 1] }),
    ],
    [
      'Conv2DTranspose',
      () => layers.conv2dTranspose({ filters: 3, kernelSize: 1, activation: 'softmax', inputShape: [1, 1, 16] }),
    ],
    ['Conv1D', () => layers.conv1d({ filters: 3, kernelSize: 4, activation: 'softmax', inputShape: [4, 4] })],
    [
      'Conv3D',
      () => layers.conv3d({ filters: 3, kernelSize: [4, 2, 2], activation: 'softmax', inputShape: [4, 2, 2, 1] }),
    ],
    [
      'Conv3DTranspose',
      () => layers.conv3dTranspose({ filters: 3, kernelSize: 1, activation: 'softmax', inputShape: [1, 1, 1, 16] }),
    ],
  ] as [string, () => ReturnType<typeof layers.flatten>][]
).map(([name, layer]) => [`${name}, flattened`, () => sequential({ layers: [layer(), layers.flatten()] })]);

async function predicted(net: LayersModel, inputs: { data: ArrayLike<number>; shape: readonly number[] }) {
  const x = tf.tensor(Float32Array.from(inputs.data), [...inputs.shape]);
  const outputs = net.predict(x) as tf.Tensor;
  const values = outputs.dataSync().slice();
  tf.dispose([x, outputs]);
  return values;
}

/** The network gives the model's own probabilities under its likelihood, with the gradient of their logarithms. */
async function agrees(
  net: LayersModel,
  network: Network,
  likelihood: Likelihood,
  inputShape: readonly number[],
  derivatives = true,
) {
  const binary = likelihood.kind === 'binary';
  network.writeWeights(randomWeights(network.layout, 7));
  const data = randomData(9, inputShape, { classes: binary ? 2 : 3 }, true);
  const { inputs, targets, rowWeights } = data.arrays;
  const own = await predicted(net, inputs);
  const sampler = ensemble([await network.readWeights()]);
  const probability = (p: ArrayLike<number>, row: number, label: number) =>
    binary ? (label === 1 ? p[row] : 1 - p[row]) : p[3 * row + label];

  expectClose((await network.predict(inputs)).data, own, { absolute: 1e-6 });
  const { probabilities, classes } = await predictClassification(network, sampler, inputs, { samples: 1, seed: 1 });
  expect(classes).toBe(binary ? 2 : 3);
  expectClose(
    probabilities,
    Array.from({ length: 9 * classes }, (_, i) => probability(own, Math.floor(i / classes), i % classes)),
    { absolute: 1e-6 },
  );
  const plane = { ...randomSubspace(network.layout, 2, 5), shift: await network.readWeights() };
  const target = network.subspaceLikelihood(plane, data, likelihood);
  const expected = Array.from({ length: 9 }, (_, r) => rowWeights![r] * Math.log(probability(own, r, targets.data[r])));
  expectClose(await target.pointwise(Float64Array.of(0, 0)), expected, { relative: 1e-5 });
  if (derivatives) {
    const [{ gradient, value }] = await target.valuesAndGradients([z]);
    expectClose([value], await target.values([z]), { relative: 1e-6 });
    const step = 1e-2;
    const moved = (k: number, h: number) => z.map((x, i) => (i === k ? x + h : x));
    for (const k of [0, 1]) {
      const values = await target.values([step, -step, 2 * step, -2 * step].map((h) => moved(k, h)));
      const difference = (8 * (values[0] - values[1]) - (values[2] - values[3])) / (12 * step);
      expectClose([gradient[k]], [difference], { relative: 2e-3, absolute: 2e-3 });
    }
  }
  target.dispose();
  expect(await predicted(net, inputs)).toEqual(own);
}

describeBackends('models that end in softmax or sigmoid', (backend) => {
  for (const [name, make, bare] of classifiers) {
    it(`work on the logits of softmax: ${name}`, async () => {
      const net = make();
      const network = layersNetwork(net);
      await agrees(net, network, categoricalLikelihood(), [2]);
      if (bare) {
        // As the model without softmax does, bit for bit.
        const other = bare();
        const without = layersNetwork(other);
        const start = randomWeights(network.layout, 3);
        const data = randomData(12, [2], { classes: 3 });
        const trained = async (one: Network) => {
          one.writeWeights(start);
          const likelihood = categoricalLikelihood();
          const options = {
            epochs: 2,
            batchSize: 4,
            optimizer: sgd(),
            learningRate: 0.1,
            seed: 1,
            validation: { data },
          };
          const result = await fit(one, data, { likelihood, ...options });
          const { loss, gradient } = await one.lossAndGradient(start, data, Int32Array.of(1, 5), likelihood);
          const jacobian = one.jacobian(start, data.arrays.inputs, { logits: true });
          const products = [
            await jacobian.times(start),
            await jacobian.transposeTimes({ data: new Float32Array(36).fill(1), shape: [12, 3] }),
          ];
          jacobian.dispose();
          return { result, loss, gradient, weights: await one.readWeights(), products };
        };
        const [a, b] = [await trained(network), await trained(without)];
        expectClose(a.weights, b.weights, { absolute: 1e-6 });
        expectClose(a.gradient, b.gradient, { relative: 1e-5 });
        expectClose(
          [...a.result.loss, ...a.result.validationLoss, a.loss],
          [...b.result.loss, ...b.result.validationLoss, b.loss],
          { relative: 1e-6 },
        );
        expectClose((a.products[0] as { data: Float32Array }).data, (b.products[0] as { data: Float32Array }).data, {
          relative: 1e-5,
        });
        expectClose(a.products[1] as Float32Array, b.products[1] as Float32Array, { relative: 1e-5 });
        disposeModel(other);
      }
      disposeModel(net);
    });
  }
  for (const [name, make] of images) {
    it(`work on the logits of softmax: ${name}`, async () => {
      const net = make();
      // WebAssembly has no gradient of convolutions, and of three-dimensional ones no kernel. Of Conv3DTranspose TensorFlow.js has no gradient.
      if (backend === 'wasm' && name.startsWith('Conv3D')) return disposeModel(net);
      await agrees(
        net,
        layersNetwork(net),
        categoricalLikelihood(),
        net.inputs[0].shape.slice(1) as number[],
        backend === 'cpu' && !name.startsWith('Conv3DTranspose'),
      );
      disposeModel(net);
    });
  }
  for (const [name, last] of [
    ['activation of a dense layer', () => [layers.dense({ units: 1, activation: 'sigmoid' })]],
    ['Activation layer', () => [layers.dense({ units: 1 }), layers.activation({ activation: 'sigmoid' })]],
  ] as const) {
    it(`work on the logit of a sigmoid: ${name}`, async () => {
      const net = sequential({ layers: [first(), ...last()] });
      await agrees(net, layersNetwork(net), binaryLikelihood(), [2]);
      disposeModel(net);
    });
  }

  it('give a logit for two classes where there is no sigmoid', async () => {
    const net = denseModel([2, 4, 1]);
    const network = layersNetwork(net);
    const { inputs } = randomData(5, [2], { classes: 2 }).arrays;
    const logits = await predicted(net, inputs);
    const sampler = ensemble([await network.readWeights()]);
    const { probabilities } = await predictClassification(network, sampler, inputs, { samples: 1, seed: 1 });
    logits.forEach((logit, i) => {
      expect(probabilities[2 * i + 1]).toBeCloseTo(1 / (1 + Math.exp(-logit)), 6);
    });
    disposeModel(net);
  });

  it('keep likelihoods of large logits finite, where probabilities are 0', async () => {
    const net = sequential({
      layers: [layers.dense({ units: 3, activation: 'softmax', useBias: false, inputShape: [1] })],
    });
    const network = layersNetwork(net);
    network.writeWeights(Float32Array.of(0, 500, -500));
    const data = arraysDataset({
      inputs: { data: Float32Array.of(1), shape: [1, 1] },
      targets: { data: Int32Array.of(2), shape: [1] },
    });
    const { loss } = await network.lossAndGradient(
      await network.readWeights(),
      data,
      Int32Array.of(0),
      categoricalLikelihood(),
    );
    expect(loss).toBe(1000);
    disposeModel(net);
  });

  it('give their outputs as they are to likelihoods of other kinds', async () => {
    const net = classifiers[0][1]();
    const network = layersNetwork(net);
    const data = randomData(6, [2], { means: 3 });
    const { inputs, targets } = data.arrays;
    const own = await predicted(net, inputs);
    const gaussian = gaussianLikelihood({ variance: 0.5 });
    const weights = await network.readWeights();
    const { mean } = await predictRegression(network, ensemble([weights]), inputs, {
      ...{ likelihood: gaussian, samples: 1, seed: 1 },
    });
    expectClose(mean, own, { absolute: 1e-6 });
    const plane = { ...randomSubspace(network.layout, 1, 5), shift: weights };
    const squares = tensorLikelihood({
      logDensity: (p, y) => tf.neg(tf.sum(tf.square(tf.sub(p, y)), 1)) as tf.Tensor1D,
    });
    for (const likelihood of [gaussian, squares]) {
      const target = network.subspaceLikelihood(plane, data, likelihood);
      const expected = Array.from({ length: 6 }, (_, r) =>
        likelihood.logDensity(
          Float64Array.from(own.subarray(3 * r, 3 * r + 3)),
          targets.data.subarray(3 * r, 3 * r + 3),
        ),
      );
      expectClose(await target.pointwise(Float64Array.of(0)), expected, { relative: 1e-5 });
      target.dispose();
    }
    disposeModel(net);
  });

  it('are refused by the name of the layer where their logits cannot be had', async () => {
    const softmaxes = () => {
      const x = input({ shape: [2] });
      const ends = [1, 2].map(() => layers.dense({ units: 3, activation: 'softmax' }).apply(x)) as SymbolicTensor[];
      return model({ inputs: x, outputs: layers.average({ name: 'both' }).apply(ends) as SymbolicTensor });
    };
    const shared = () => {
      const x = input({ shape: [3] });
      const softmax = layers.softmax({ name: 'twice' });
      const h = layers.dense({ units: 3 }).apply(softmax.apply(x));
      return model({ inputs: x, outputs: softmax.apply(h) as SymbolicTensor });
    };
    const probabilities = /are probabilities, expected logits/;
    const cases: [LayersModel, Likelihood, string, RegExp][] = [
      [
        sequential({ layers: [first(), layers.dense({ units: 3 }), custom('Own', (x) => tf.softmax(x))] }),
        categoricalLikelihood(),
        'mine (Own)',
        probabilities,
      ],
      [
        sequential({ layers: [first(), layers.dense({ units: 3 }), custom('Gates', (x) => tf.sigmoid(x))] }),
        categoricalLikelihood(),
        'mine (Gates)',
        probabilities,
      ],
      [
        sequential({ layers: [first(), layers.dense({ units: 1 }), custom('Gate', (x) => tf.sigmoid(x))] }),
        binaryLikelihood(),
        'mine (Gate)',
        probabilities,
      ],
      [softmaxes(), categoricalLikelihood(), 'both (Average)', probabilities],
      [
        sequential({ layers: [first(), layers.dense({ units: 3, activation: 'sigmoid', name: 'gates' })] }),
        categoricalLikelihood(),
        'gates (Dense)',
        /is a sigmoid with 3 outputs/,
      ],
      [
        sequential({ layers: [first(), layers.dense({ units: 1, activation: 'hardSigmoid', name: 'gate' })] }),
        binaryLikelihood(),
        'gate (Dense)',
        /is a hard sigmoid/,
      ],
      [
        sequential({
          layers: [
            layers.dense({ units: 4, inputShape: [2] }),
            layers.reshape({ targetShape: [2, 2] }),
            layers.softmax({ name: 'part', axis: -1 }),
            layers.flatten(),
          ],
        }),
        categoricalLikelihood(),
        'part (Softmax)',
        /is a softmax over a part of its 4 outputs/,
      ],
      [shared(), categoricalLikelihood(), 'twice (Softmax)', /is used more than once/],
    ];
    for (const [net, likelihood, name, message] of cases) {
      const network = layersNetwork(net);
      const data = randomData(4, net.inputs[0].shape.slice(1) as number[], { classes: 2 });
      const plane = randomSubspace(network.layout, 1, 1);
      const calls = [
        () => network.subspaceLikelihood(plane, data, likelihood),
        () => network.trainer(data, likelihood, sgd()),
        () => network.lossAndGradient(plane.shift, data, Int32Array.of(0), likelihood),
        () => network.predict(data.arrays.inputs, { logits: true }),
      ];
      for (const call of calls) {
        expect(call, name).toThrow(message);
        expect(call, name).toThrow(`layer ${name}`);
      }
      await network.predict(data.arrays.inputs);
      disposeModel(net);
    }
  });

  it('are no others for layers of the user’s own that give logits', () => {
    for (const [units, likelihood] of [
      [3, categoricalLikelihood()],
      [1, binaryLikelihood()],
    ] as const) {
      const scale = custom('Scale', (x) => tf.mul(x, 0.5));
      const net = sequential({ layers: [first(), layers.dense({ units }), scale] });
      const network = layersNetwork(net);
      network.trainer(randomData(4, [2], { classes: 2 }), likelihood, sgd()).dispose();
      disposeModel(net);
    }
  });

  it('want the likelihood of their outputs, and its labels', () => {
    const [one, three] = [denseModel([2, 3, 1]), denseModel([2, 3, 3])];
    const [binary, categorical] = [binaryLikelihood(), categoricalLikelihood()];
    const start =
      (net: LayersModel, likelihood: Likelihood, data = randomData(6, [2], { classes: 2 })) =>
      () =>
        layersNetwork(net).trainer(data, likelihood, sgd());
    expect(start(one, categorical)).toThrow(
      'trainer: network has 1 output, expected 2 or more, a logit for each class; or binaryLikelihood',
    );
    expect(start(three, binary)).toThrow(
      'trainer: network has 3 outputs, expected 1, the logit of class 1; or categoricalLikelihood',
    );
    expect(start(one, binary, randomData(30, [2], { classes: 3 }))).toThrow('expected a label from 0 to 1');
    expect(start(one, binary, randomData(3, [2], { means: 2 }))).toThrow(
      'targets have 2 values a row, expected one label: one-hot? give class numbers',
    );
    disposeModel(one);
    disposeModel(three);
  });
});
