import {
  type Arrays,
  arraysDataset,
  binaryLikelihood,
  categoricalLikelihood,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  type Likelihood,
  randomSource,
  sgd,
  subspace,
  type TrainerState,
} from '@subspace/core';
import { type DenseNetworkOptions, denseNetwork } from '@subspace/dense';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose } from './close.ts';
import { type Definition, differences, logDensities, outputsOf, total } from './log-densities.ts';
import { gatheredOnly, randomData, randomInputs, randomSubspace, randomWeights } from './problems.ts';

const activations = ['identity', 'relu', 'tanh', 'gelu', 'silu'] as const;
const predict = (network: ReturnType<typeof denseNetwork>, inputs: Arrays, weights?: Float32Array) =>
  network.predict(inputs, { weights }) as Arrays;
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => total(Float64Array.from(a, (value, i) => value * b[i]));

/** Networks of every kind, with the data and the likelihood that go with them. */
const problems: {
  name: string;
  definition: Definition;
  data: ReturnType<typeof randomData>;
  likelihood: Likelihood;
}[] = [
  ...activations.map((activation) => ({
    name: `${activation}, Gaussian`,
    definition: { sizes: [3, 9, 7, 2], activation },
    data: randomData(13, 3, { means: 2 }),
    likelihood: gaussianLikelihood({ variance: 0.4 }),
  })),
  {
    name: 'a trainable global variance, weighted rows',
    definition: { sizes: [4, 10, 2], activation: 'tanh', head: 'heteroscedastic' },
    data: randomData(14, 4, { means: 1 }, true),
    likelihood: heteroscedasticGaussianLikelihood(),
  },
  {
    name: 'two targets and a fixed global variance',
    definition: { sizes: [4, 10, 4], activation: 'silu', head: 'heteroscedastic', globalVariance: -2 },
    data: randomData(15, 4, { means: 2 }),
    likelihood: heteroscedasticGaussianLikelihood(),
  },
  {
    name: 'classes, weighted rows',
    definition: { sizes: [5, 8, 3], activation: 'gelu' },
    data: randomData(16, 5, { classes: 3 }, true),
    likelihood: categoricalLikelihood(),
  },
  {
    name: 'two classes from one logit',
    definition: { sizes: [5, 8, 1], activation: 'silu' },
    data: randomData(16, 5, { classes: 2 }, true),
    likelihood: binaryLikelihood(),
  },
  {
    name: 'no hidden layer',
    definition: { sizes: [5, 3] },
    data: randomData(9, 5, { classes: 3 }),
    likelihood: categoricalLikelihood(),
  },
  {
    name: 'one unit everywhere',
    definition: { sizes: [1, 1, 1, 1], activation: 'tanh' },
    data: randomData(5, 1, { means: 1 }),
    likelihood: gaussianLikelihood({ variance: 2 }),
  },
];

describe('layout', () => {
  it('has the tensors of PyTorch, in its order and with its shapes; v comes last', () => {
    const { layout } = denseNetwork({ sizes: [3, 4, 2], head: 'heteroscedastic' });
    expect(layout.entries.map(({ name, shape, offset }) => [name, shape, offset])).toEqual([
      ['linear0.weight', [4, 3], 0],
      ['linear0.bias', [4], 12],
      ['linear1.weight', [2, 4], 16],
      ['linear1.bias', [2], 24],
      ['v', [1], 26],
    ]);
    expect(layout.size).toBe(27);
  });

  it('has no v where it is fixed, or there is no head', () => {
    expect(denseNetwork({ sizes: [3, 4, 2], head: 'heteroscedastic', globalVariance: -3 }).layout.size).toBe(26);
    expect(denseNetwork({ sizes: [3, 4, 2] }).layout.size).toBe(26);
  });
});

describe('initial weights', () => {
  const at = (options: Partial<DenseNetworkOptions>) =>
    denseNetwork({ sizes: [16, 400, 2], head: 'heteroscedastic', ...options }).readWeights() as Float32Array;

  it('are PyTorch’s: weights and biases uniform on ±1/√in, v 0', () => {
    const weights = at({ seed: 3 });
    const [first, last] = [weights.subarray(0, 17 * 400), weights.subarray(17 * 400, weights.length - 1)];
    for (const [part, bound] of [
      [first, 1 / 4],
      [last, 1 / 20],
    ] as const) {
      expect(Math.max(...part)).toBeLessThanOrEqual(bound);
      expect(Math.min(...part)).toBeGreaterThanOrEqual(-bound);
      // The variance of a uniform, within four standard errors (its kurtosis is 9/5).
      const variance = total(part.map((w) => w * w)) / part.length;
      expect(Math.abs(variance / (bound ** 2 / 3) - 1)).toBeLessThan(4 * Math.sqrt(0.8 / part.length));
    }
    expect(weights.at(-1)).toBe(0);
  });

  it('are He’s where asked for: N(0, 2/in), biases 0', () => {
    const weights = at({ seed: 3, initialization: 'he' });
    const kernel = weights.subarray(0, 6400);
    expect(Math.abs(total(kernel.map((w) => w * w)) / 6400 / (2 / 16) - 1)).toBeLessThan(4 * Math.sqrt(2 / 6400));
    expect([...weights.subarray(6400, 6800)]).toEqual(new Array(400).fill(0));
    expect(Math.abs(total(weights.subarray(6800, 7600).map((w) => w * w)) / 800 / (2 / 400) - 1)).toBeLessThan(
      4 * Math.sqrt(2 / 800),
    );
    expect([...weights.subarray(7600)]).toEqual([0, 0, 0]);
  });

  it('are the same for the same seed, 0 and words included, and others for another', () => {
    expect(at({ seed: 'words' })).toEqual(at({ seed: 'words' }));
    expect(at({})).toEqual(at({ seed: 0 }));
    expect(at({ seed: 1 })).not.toEqual(at({ seed: 0 }));
  });

  it('can be given, and are copied', () => {
    const weights = randomWeights({ size: 8 }, 1);
    const network = denseNetwork({ sizes: [1, 2, 1], weights: weights.subarray(0, 7) });
    const before = weights.slice(0, 7);
    weights.fill(9);
    expect(network.readWeights()).toEqual(before);
  });
});

describe('predict', () => {
  for (const { name, definition, data } of problems) {
    it(`has the outputs of the definition: ${name}`, () => {
      const network = denseNetwork({ ...definition, seed: 1 });
      const weights = randomWeights(network.layout, 2);
      const outputs = predict(network, data.arrays.inputs, weights);
      expect(outputs.shape).toEqual([data.size, definition.sizes.at(-1)]);
      expectClose(outputs.data, outputsOf(definition, weights, data.arrays.inputs.data), { absolute: 3e-6 });
    });
  }

  it('has them for any sizes and any number of rows, each row as if it were alone, bit for bit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 5 }),
        fc.constantFrom(...activations),
        fc.integer({ min: 1, max: 120 }),
        (sizes, activation, rows) => {
          const network = denseNetwork({ sizes, activation });
          const weights = randomWeights(network.layout, 'any', 0.3);
          const inputs = randomInputs(rows, sizes[0], 'any');
          const { data } = predict(network, inputs, weights);
          expectClose(data, outputsOf({ sizes, activation }, weights, inputs.data), { relative: 2e-6, absolute: 2e-6 });
          const last = inputs.data.subarray((rows - 1) * sizes[0]) as Float32Array;
          const alone = predict(network, { data: last, shape: [1, sizes[0]] }, weights).data;
          expect(alone).toEqual(data.subarray(data.length - alone.length));
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  it('takes any number of rows', () => {
    const network = denseNetwork({ sizes: [2, 5, 1], seed: 1 });
    const inputs = randomInputs(20_001, 2, 1);
    const { data } = predict(network, inputs);
    expectClose(data, outputsOf({ sizes: [2, 5, 1] }, network.readWeights() as Float32Array, inputs.data), {
      absolute: 3e-6,
    });
  });

  it('takes whole numbers, and rows of any shape', () => {
    const network = denseNetwork({ sizes: [4, 5, 1], seed: 1 });
    const bytes = { data: Uint8Array.of(0, 1, 2, 255, 4, 5, 6, 7), shape: [2, 2, 2] };
    const floats = { data: Float32Array.from(bytes.data), shape: [2, 4] };
    expect(predict(network, bytes)).toEqual(predict(network, floats));
  });

  it('answers at once, and changes nothing', () => {
    const network = denseNetwork({ sizes: [2, 3, 1], seed: 1 });
    const before = network.readWeights();
    const inputs = randomInputs(3, 2, 1);
    const own = predict(network, inputs);
    expect(own.data).toBeInstanceOf(Float32Array);
    expect(predict(network, inputs, randomWeights(network.layout, 5))).not.toEqual(own);
    expect(network.readWeights()).toEqual(before);
    expect(predict(network, inputs)).toEqual(own);
    // There is no dropout to keep on.
    expect(network.predict(inputs, { dropout: randomSource(1) })).toEqual(own);
  });
});

describe('features', () => {
  const definition = { sizes: [4, 6, 1] };
  const inputs = randomInputs(11, 2, 1);
  const squares = (row: ArrayLike<number>) => [row[0] / 2, row[1] / 2, (row[0] / 2) ** 2, (row[1] / 2) ** 2];
  const mapped = Float32Array.from(
    [...Array(11).keys()].flatMap((r) => squares(inputs.data.subarray(2 * r, 2 * r + 2))),
  );

  it('are powers of the scaled inputs, one power after another', () => {
    const network = denseNetwork({ ...definition, seed: 1, features: { scale: 0.5, powers: [1, 2] } });
    const expected = outputsOf(definition, network.readWeights() as Float32Array, mapped);
    expectClose(predict(network, inputs).data, expected, { absolute: 3e-6 });
  });

  it('may be any function of a row', () => {
    const network = denseNetwork({ ...definition, seed: 1, features: squares });
    const expected = outputsOf(definition, network.readWeights() as Float32Array, mapped);
    expectClose(predict(network, inputs).data, expected, { absolute: 3e-6 });
  });

  it('are made in training, in likelihoods and in batches as they are in predictions', async () => {
    const likelihood = gaussianLikelihood({ variance: 1 });
    const raw = randomData(11, 2, { means: 1 });
    const ready = {
      ...raw,
      inputShape: [4],
      arrays: { ...raw.arrays, inputs: { data: mapped, shape: [11, 4] } },
    };
    const reading = { ...raw, arrays: { ...raw.arrays, inputs } };
    const features = { scale: 0.5, powers: [1, 2] };
    const [plain, mapping] = [
      denseNetwork({ ...definition, seed: 1 }),
      denseNetwork({ ...definition, seed: 1, features }),
    ];
    const plane = randomSubspace(plain.layout, 2, 1);
    const point = [Float64Array.of(0.5, -1)];
    const results = await Promise.all(
      (
        [
          [plain, ready],
          [mapping, reading],
        ] as const
      ).map(async ([network, data]) => {
        const target = network.subspaceLikelihood(plane, data, likelihood);
        const found = [await target.valuesAndGradients(point), await target.pointwise(point[0])];
        target.dispose();
        const trainer = network.trainer(data, likelihood, sgd({ momentum: 0.9 }));
        for (let i = 0; i < 3; i++) await trainer.step(Int32Array.of(i, 2 * i, 10), 0.1, randomSource(1));
        trainer.dispose();
        return [...found, await network.readWeights()];
      }),
    );
    expect(results[1]).toEqual(results[0]);
  });

  it('that are not what the network takes in are errors', () => {
    const make = (features: unknown) => () => denseNetwork({ ...definition, features } as never);
    for (const [features, message] of [
      [{ powers: [] }, 'denseNetwork: features.powers is , expected at least one power'],
      [{ powers: [1, 0] }, 'denseNetwork: features.powers[1] is 0, expected an integer of at least 1'],
      [{ powers: [1, 2, 3] }, 'denseNetwork: sizes[0] is 4, expected a multiple of the 3 powers of features'],
      [{ powers: [1], scale: 0 }, 'denseNetwork: features.scale is 0, expected a finite number that is not 0'],
      [{ power: [1] }, 'denseNetwork: features: option power is unknown, expected one of scale, powers'],
      ['squares', 'denseNetwork: features is "squares", expected an object'],
    ] as const) {
      expect(make(features)).toThrow(message);
    }
    const short = denseNetwork({ ...definition, features: () => [1, 2] });
    expect(() => short.predict(inputs)).toThrow('predict: features returned 2 numbers, expected sizes[0] = 4');
    const infinite = denseNetwork({ ...definition, features: () => [1, 2, 3, Number.NaN] });
    expect(() => infinite.predict(inputs)).toThrow('predict: features(row)[3] is NaN, expected a finite number');
    const high = denseNetwork({ sizes: [1, 1], features: { powers: [30] } });
    expect(() => high.predict({ data: Float32Array.of(100), shape: [1, 1] })).toThrow(
      'predict: features(row)[0] is Infinity, expected a finite number',
    );
  });
});

describe('derivatives in all weights', () => {
  for (const { name, definition, data, likelihood } of problems) {
    it(`lossAndGradient is the summed loss and its gradient: ${name}`, async () => {
      const network = denseNetwork(definition);
      const weights = randomWeights(network.layout, 1);
      const rows = Int32Array.of(4, 0, 0, 3, 1);
      const loss = (w: ArrayLike<number>) => -total(logDensities(definition, w, data, likelihood, rows));
      const out = new Float32Array(network.layout.size).fill(7);
      const found = await network.lossAndGradient(weights, data, rows, likelihood, out);
      expect(found.gradient).toBe(out);
      expectClose([found.loss], [loss(weights)], { relative: 2e-6 });
      expectClose(out, differences(loss, weights), { relative: 1e-5 });
      const gathered = gatheredOnly(data, true);
      if (!data.arrays.rowWeights) {
        expect(await network.lossAndGradient(weights, gathered, rows, likelihood)).toEqual(found);
      }
    });

    it(`jacobian.times is the derivative of the outputs along a direction, and transposeTimes its adjoint: ${name}`, async () => {
      const network = denseNetwork(definition);
      const { inputs } = data.arrays;
      const weights = randomWeights(network.layout, 1);
      const jacobian = network.jacobian(weights, inputs);
      const v = randomWeights(network.layout, 2, 1);
      const moved = await jacobian.times(v);
      const outputs = (h: number) =>
        outputsOf(
          definition,
          Float64Array.from(weights, (w, i) => w + h * v[i]),
          inputs.data,
        );
      const step = 1e-5;
      const down = outputs(-step);
      const expected = outputs(step).map((value, i) => (value - down[i]) / (2 * step));
      expect(moved.shape).toEqual([data.size, definition.sizes.at(-1)]);
      expectClose(moved.data, expected, { relative: 1e-5 });
      const u = { data: randomWeights({ size: moved.data.length }, 3, 1), shape: moved.shape };
      const back = await jacobian.transposeTimes(u);
      expectClose([dot(v, back)], [dot(moved.data, u.data)], { relative: 1e-5, absolute: 1e-5 });
      jacobian.dispose();
    });
  }

  it('⟨u, J·v⟩ = ⟨Jᵀ·u, v⟩ for any sizes', () => {
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 2, maxLength: 4 }),
        fc.constantFrom(...activations),
        fc.integer({ min: 1, max: 130 }),
        async (sizes, activation, rows) => {
          const network = denseNetwork({ sizes, activation });
          const jacobian = network.jacobian(randomWeights(network.layout, 1, 0.3), randomInputs(rows, sizes[0], 1));
          const v = randomWeights(network.layout, 2, 1);
          const moved = await jacobian.times(v);
          const u = randomWeights({ size: moved.data.length }, 3, 1);
          const back = await jacobian.transposeTimes({ data: u, shape: moved.shape });
          const scale = Math.sqrt(dot(moved.data, moved.data) * dot(u, u));
          expectClose([dot(v, back)], [dot(moved.data, u)], { absolute: 1e-6 * scale });
          jacobian.dispose();
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });
});

describe('weights', () => {
  it('are read and written as copies', () => {
    const network = denseNetwork({ sizes: [2, 3, 1], seed: 1 });
    const weights = randomWeights(network.layout, 2);
    const expected = weights.slice();
    network.writeWeights(weights);
    weights.fill(0);
    const read = network.readWeights() as Float32Array;
    expect(read).toEqual(expected);
    read.fill(0);
    expect(network.readWeights()).toEqual(expected);
  });

  it('are those of a trainer at work, whoever asks; what is written between steps is trained on', async () => {
    const network = denseNetwork({ sizes: [2, 3, 1], seed: 1 });
    const data = randomData(9, 2, { means: 1 });
    const likelihood = gaussianLikelihood({ variance: 1 });
    const rows = Int32Array.of(1, 2, 3);
    const trainer = network.trainer(data, likelihood, sgd());
    await trainer.step(rows, 0.1, randomSource(1));
    const [point] = await trainer.points();
    expect(await network.readWeights()).toEqual(point);
    expect(predict(network, data.arrays.inputs)).toEqual(predict(network, data.arrays.inputs, point));
    const weights = randomWeights(network.layout, 9);
    network.writeWeights(weights);
    expect((await trainer.points())[0]).toEqual(weights);
    await trainer.step(rows, 0.1, randomSource(1));
    const { gradient } = await network.lossAndGradient(weights, data, rows, likelihood);
    const expected = weights.map((w, i) => w - (0.1 * gradient[i]) / 3);
    expectClose((await network.readWeights()) as Float32Array, expected, { absolute: 1e-7 });
    trainer.dispose();
    expectClose((await network.readWeights()) as Float32Array, expected, { absolute: 1e-7 });
  });

  it('go from one trainer to another', async () => {
    const network = denseNetwork({ sizes: [2, 3, 1], seed: 1 });
    const data = randomData(9, 2, { means: 1 });
    const likelihood = gaussianLikelihood({ variance: 1 });
    const make = () => network.trainer(data, likelihood, sgd());
    const [first, second, alone] = [make(), make(), denseNetwork({ sizes: [2, 3, 1], seed: 1 })];
    const only = alone.trainer(data, likelihood, sgd());
    for (const row of [1, 2, 3, 4]) {
      await (row % 2 ? first : second).step(Int32Array.of(row), 0.1, randomSource(1));
      await only.step(Int32Array.of(row), 0.1, randomSource(1));
    }
    expect(await network.readWeights()).toEqual(await alone.readWeights());
    first.dispose();
    second.dispose();
    expect(await network.readWeights()).toEqual(await alone.readWeights());
  });
});

describe('denseNetwork', () => {
  it('names its engine and the build of its kernels', () => {
    const network = denseNetwork({ sizes: [2, 1], kernels: 'simd' });
    expect(network.engine).toMatch(/^dense wasm-simd [0-9a-f]{8}$/);
    expect(network.kernels).toEqual({ name: network.engine!.replace('dense ', ''), reason: 'asked for' });
    expect(denseNetwork({ sizes: [2, 1] }).kernels.reason).toBe('the fastest that runs here');
  });

  it('refuses every call once it is disposed, its trainers and likelihoods too', () => {
    const network = denseNetwork({ sizes: [2, 1] });
    const inputs = randomInputs(4, 2, 1);
    const data = arraysDataset({ inputs, targets: { data: new Float32Array(4), shape: [4] } });
    const likelihood = gaussianLikelihood({ variance: 1 });
    const weights = new Float32Array(3);
    const rows = Int32Array.of(0, 1);
    const plane = subspace({ layout: network.layout, shift: weights, basis: [Float32Array.of(1, 0, 0)] });
    const make = {
      trainer: () => network.trainer(data, likelihood, sgd()),
      subspaceLikelihood: () => network.subspaceLikelihood(plane, data, likelihood),
    };
    const [trainer, density] = [make.trainer(), make.subspaceLikelihood()];
    const state = trainer.state() as TrainerState;
    const points = [Float64Array.of(0)];
    const calls: Record<string, () => unknown> = {
      ...make,
      readWeights: () => network.readWeights(),
      writeWeights: () => network.writeWeights(weights),
      predict: () => network.predict(inputs),
      lossAndGradient: () => network.lossAndGradient(weights, data, rows, likelihood),
      hessianTimes: () => network.hessianTimes!(weights, weights, data, rows, likelihood),
      kroneckerFactors: () => network.kroneckerFactors!(weights, data, likelihood),
      jacobian: () => network.jacobian(weights, inputs),
      step: () => trainer.step(rows, 0.1, randomSource(1)),
      takeLoss: () => trainer.takeLoss(),
      points: () => trainer.points(),
      state: () => trainer.state(),
      restore: () => trainer.restore(state),
      values: () => density.values(points),
      valuesAndGradients: () => density.valuesAndGradients(points),
      minibatch: () => density.minibatch(points, rows),
      pointwise: () => density.pointwise(points[0]),
      gaussNewton: () => density.gaussNewton(points[0]),
    };
    network.dispose();
    for (const [name, call] of Object.entries(calls)) {
      expect(call, name).toThrow(`${name}: the network is disposed, expected one in use`);
    }
  });

  it('has no heteroscedastic likelihood without that head', () => {
    const network = denseNetwork({ sizes: [2, 2] });
    const data = arraysDataset({ inputs: randomInputs(4, 2, 1), targets: { data: new Float32Array(4), shape: [4] } });
    expect(() => network.trainer(data, heteroscedasticGaussianLikelihood(), sgd())).toThrow(
      "trainer: likelihood is heteroscedastic-gaussian, but the network's head is identity, whose outputs are no variances; expected head: 'heteroscedastic'",
    );
    network.dispose();
  });

  it('can be disposed twice', () => {
    const network = denseNetwork({ sizes: [2, 1] });
    network.predict(randomInputs(1, 2, 1));
    network.dispose();
    network.dispose();
  });

  it.each([
    [undefined, 'options is undefined, expected an object'],
    [{ sizes: [3] }, 'sizes is 3, expected at least inputs and outputs: [13, 50, 2]'],
    [{ sizes: 13 }, 'sizes is 13, expected at least inputs and outputs: [13, 50, 2]'],
    [{}, 'sizes is undefined, expected at least inputs and outputs: [13, 50, 2]'],
    [{ sizes: [3, 0, 1] }, 'sizes[1] is 0, expected an integer of at least 1'],
    [{ sizes: [3, 2.5] }, 'sizes[1] is 2.5, expected an integer of at least 1'],
    [{ sizes: [3, 1], hidden: [4] }, 'option hidden is unknown, expected one of sizes, activation, head, '],
    [{ sizes: [3, 1], activation: 'elu' }, "activation is 'elu', expected one of identity, relu, tanh, gelu, silu"],
    [{ sizes: [3, 1], head: 'gaussian' }, "head is 'gaussian', expected one of identity, heteroscedastic"],
    [{ sizes: [3, 1], head: 'heteroscedastic' }, 'sizes ends in 1, expected an even number for [μ, ρ]'],
    [{ sizes: [3, 2], globalVariance: -3 }, "globalVariance is given, expected only with head: 'heteroscedastic'"],
    [
      { sizes: [3, 2], head: 'heteroscedastic', globalVariance: 'fixed' },
      "globalVariance is 'fixed', expected 'trainable' or a finite number",
    ],
    [{ sizes: [3, 1], seed: Number.NaN }, 'seed is NaN, expected a finite number or a string'],
    [{ sizes: [3, 1], initialization: 'zeros' }, "initialization is 'zeros', expected one of pytorch, he"],
    [{ sizes: [3, 1], weights: new Float32Array(3) }, 'weights has length 3, expected 4'],
    [{ sizes: [3, 1], weights: Float32Array.of(1, 2, Number.NaN, 4) }, 'weights[2] is NaN, expected a finite number'],
    [{ sizes: [3, 1], weights: 4 }, 'weights is 4, expected a Float32Array'],
    [
      { sizes: [3, 1], weights: new Float32Array(4), seed: 1 },
      'weights are given with seed or initialization, expected one of them',
    ],
    [{ sizes: [3, 1], kernels: 'gpu' }, "kernels is 'gpu', expected one of auto, wasm, simd, typescript"],
    [
      { sizes: [100_000, 100_000, 1] },
      'sizes [100000, 100000, 1] make 10000200001 weights, expected at most 1073725440: what 32-bit memory holds',
    ],
    [{ sizes: [3, 1], threads: 0 }, 'threads is 0, expected an integer of at least 1'],
  ])('rejects %o', (options, message) => {
    expect(() => denseNetwork(options as never)).toThrow(`denseNetwork: ${message}`);
  });

  it('rejects wrong arguments of its methods, by name', () => {
    const network = denseNetwork({ sizes: [2, 3, 1] });
    const inputs = randomInputs(4, 2, 1);
    const weights = randomWeights(network.layout, 1);
    const data = randomData(5, 2, { means: 1 });
    const likelihood = gaussianLikelihood({ variance: 1 });
    for (const [call, message] of [
      [() => network.predict(randomInputs(4, 3, 1)), 'predict: inputs have shape [4, 3], expected [N, 2]'],
      [
        () => network.predict({ data: new Float32Array(0), shape: [0, 2] }),
        'predict: inputs is empty, expected at least one row',
      ],
      [() => network.predict(inputs, { weights: new Float32Array(3) }), 'predict: weights has length 3, expected 13'],
      [
        () => network.predict(inputs, { weights: new Float32Array(13).fill(Infinity, 5) }),
        'predict: weights[5] is Infinity, expected a finite number',
      ],
      [() => network.predict(inputs, { weight: weights } as never), 'predict: option weight is unknown'],
      [
        () => network.predict(inputs, { statistics: [new Float32Array(1)] }),
        'predict: statistics has 1 arrays, expected none: there is no batch norm',
      ],
      [() => network.writeWeights(new Float32Array(3)), 'writeWeights: weights has length 3, expected 13'],
      [() => network.writeWeights(weights.fill(Infinity, 4, 5)), 'writeWeights: weights[4] is Infinity'],
      [() => network.jacobian(new Float32Array(2), inputs), 'jacobian: weights has length 2, expected 13'],
      [() => network.jacobian(new Float32Array(13), randomInputs(4, 3, 1)), 'jacobian: inputs have shape [4, 3]'],
      [
        () => network.jacobian(new Float32Array(13), inputs).times(new Float32Array(2)),
        'jacobian: v has length 2, expected 13',
      ],
      [
        () => network.jacobian(new Float32Array(13), inputs).times(new Float32Array(13).fill(Number.NaN)),
        'jacobian: v[0] is NaN, expected a finite number',
      ],
      [
        () =>
          network.jacobian(new Float32Array(13), inputs).transposeTimes({ data: new Float32Array(2), shape: [2, 1] }),
        'jacobian: u has shape [2, 1], expected [4, 1]',
      ],
      [
        () => network.lossAndGradient(new Float32Array(13), data, new Int32Array(0), likelihood),
        'lossAndGradient: rows is empty, expected at least one',
      ],
      [
        () => network.lossAndGradient(new Float32Array(13), data, Int32Array.of(5), likelihood),
        'gather: rows[0] is 5, expected a row from 0 to 4',
      ],
      [
        () => network.lossAndGradient(new Float32Array(13), data, Int32Array.of(1), likelihood, new Float32Array(2)),
        'lossAndGradient: out has length 2, expected 13',
      ],
      [
        () =>
          network.lossAndGradient(new Float32Array(13), data, Int32Array.of(1), {
            kind: 'custom',
            logDensity: () => 0,
          }),
        'lossAndGradient: likelihood is a custom one, expected one with derivatives',
      ],
      [
        () => network.trainer(data, { kind: 'poisson' } as never, sgd()),
        'trainer: likelihood.kind is "poisson", expected one of',
      ],
      [
        () => network.trainer(data, gaussianLikelihood({ variance: 1e-50 }), sgd()),
        'trainer: likelihood.variance is 1e-50, expected at least 1e-37',
      ],
      [
        () => network.trainer({ ...gatheredOnly(data, false), size: 0 }, likelihood, sgd()),
        'trainer: data.size is 0, expected an integer of at least 1',
      ],
      [
        () => network.trainer(undefined as never, likelihood, sgd()),
        'trainer: data is undefined, expected a data set: arraysDataset({ inputs, targets })',
      ],
      [
        () => network.trainer({ inputs: [[1]], targets: [[1]] } as never, likelihood, sgd()),
        'trainer: data is Object, expected a data set: arraysDataset({ inputs, targets })',
      ],
    ] as const) {
      expect(call).toThrow(message);
    }
  });
});
