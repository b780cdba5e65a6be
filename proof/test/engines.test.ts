import {
  adam,
  arraysDataset,
  binaryLikelihood,
  categoricalLikelihood,
  type Dataset,
  fit,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  type Likelihood,
  type Network,
  type Optimizer,
  randomSource,
  type Subspace,
  sgd,
} from '@subspace/core';
import { useBackend } from '@subspace/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type SharedOptions, type TwoEngines, twoEngines } from '../src/two-engines.ts';

/** |actual − expected| ≤ relative·max|expected|, for every entry, but no less than `floor` allows. */
function requireClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  relative: number,
  what: string,
  floor = 1e-6,
): void {
  expect(actual.length, what).toBe(expected.length);
  const bound = Math.max(floor, relative * Math.max(...Array.from(expected, Math.abs)));
  for (let i = 0; i < expected.length; i++) {
    if (Math.abs(actual[i] - expected[i]) <= bound) continue;
    expect.fail(`${what}: entry ${i} is ${actual[i]} by one engine and ${expected[i]} by the other, within ${bound}`);
  }
}

interface Problem {
  readonly options: SharedOptions;
  readonly likelihood: Likelihood;
  readonly data: Dataset;
  readonly dim: number;
  readonly seed: number;
}

const likelihoods = ['gaussian', 'heteroscedastic-gaussian', 'categorical', 'binary'] as const;

/** Random sizes, data and subspaces for a likelihood. */
function problems(kind: (typeof likelihoods)[number]): fc.Arbitrary<Problem> {
  return fc
    .record({
      inputs: fc.integer({ min: 1, max: 24 }),
      hidden: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 }),
      outputs: kind === 'binary' ? fc.constant(1) : fc.integer({ min: kind === 'categorical' ? 2 : 1, max: 5 }),
      activation: fc.constantFrom('relu', 'tanh', 'silu'),
      globalVariance: fc.constantFrom('trainable' as const, -2),
      rows: fc.integer({ min: 1, max: 70 }),
      weighted: fc.boolean(),
      dim: fc.integer({ min: 1, max: 6 }),
      seed: fc.integer({ min: 0, max: 1e6 }),
    })
    .map(({ inputs, hidden, outputs, activation, globalVariance, rows, weighted, dim, seed }): Problem => {
      const random = randomSource(seed).fork('data');
      const normals = (count: number) => Float32Array.from({ length: count }, () => random.normal());
      const classes = Math.max(2, outputs);
      const labels = () => Int32Array.from({ length: rows }, () => Math.floor(classes * random.uniform()));
      const heteroscedastic = kind === 'heteroscedastic-gaussian';
      const width = heteroscedastic ? 1 : outputs;
      return {
        options: heteroscedastic
          ? { sizes: [inputs, ...hidden, 2], head: 'heteroscedastic', globalVariance, seed }
          : { sizes: [inputs, ...hidden, outputs], activation: activation as 'relu', seed },
        likelihood: {
          gaussian: gaussianLikelihood({ variance: 0.3 }),
          'heteroscedastic-gaussian': heteroscedasticGaussianLikelihood(),
          categorical: categoricalLikelihood(),
          binary: binaryLikelihood(),
        }[kind],
        data: arraysDataset({
          inputs: { data: normals(rows * inputs), shape: [rows, inputs] },
          targets:
            kind === 'categorical' || kind === 'binary'
              ? { data: labels(), shape: [rows] }
              : { data: normals(rows * width), shape: [rows, width] },
          rowWeights: weighted ? Float32Array.from({ length: rows }, () => 2 * random.uniform()) : undefined,
        }),
        dim,
        seed,
      };
    });
}

function randomWeights(size: number, seed: string, std: number): Float32Array {
  const random = randomSource(seed);
  return Float32Array.from({ length: size }, () => std * random.normal());
}

/** The same random subspace in both layouts, and points in it. */
function subspaces(
  engines: TwoEngines,
  { dim, seed }: Problem,
): { dense: Subspace; tfjs: Subspace; points: Float64Array[] } {
  const { layout } = engines.dense;
  const shift = randomWeights(layout.size, `shift ${seed}`, 0.3);
  const basis = Array.from({ length: dim }, (_, k) => randomWeights(layout.size, `row ${k} ${seed}`, 0.05));
  const random = randomSource(seed).fork('points');
  return {
    dense: { layout, shift, basis },
    tfjs: { layout: engines.tfjs.layout, shift: engines.toTfjs(shift), basis: basis.map(engines.toTfjs) },
    points: Array.from({ length: 3 }, () => Float64Array.from({ length: dim }, () => random.normal())),
  };
}

const runs = { seed: 5, numRuns: 12 };

describe.each(['cpu', 'wasm'] as const)('dense and tfjs on %s, from the same weights', (backend) => {
  beforeAll(async () => {
    await useBackend(backend);
  });

  /** Holds both engines against each other on random problems. */
  const holds = (
    title: string,
    kind: (typeof likelihoods)[number],
    compare: (engines: TwoEngines, problem: Problem) => Promise<void>,
  ) =>
    it(title, async () => {
      await fc.assert(
        fc.asyncProperty(problems(kind), async (problem) => {
          const engines = twoEngines(problem.options);
          try {
            await compare(engines, problem);
          } finally {
            engines.dispose();
          }
        }),
        runs,
      );
    });

  describe.each(likelihoods)('%s likelihood', (kind) => {
    holds(
      'have the same initial weights, outputs, losses, gradients and Jacobian products',
      kind,
      async (engines, problem) => {
        const { dense, tfjs, toTfjs, toDense } = engines;
        expect(toTfjs(await dense.readWeights())).toEqual(await tfjs.readWeights());
        const { data, likelihood } = problem;
        const { inputs } = data.arrays!;
        const weights = randomWeights(dense.layout.size, `weights ${problem.seed}`, 0.4);
        const other = toTfjs(weights);
        const outputs = await tfjs.predict(inputs, { weights: other });
        requireClose((await dense.predict(inputs, { weights })).data, outputs.data, 2e-6, 'outputs');

        const rows = Int32Array.from({ length: data.size + 1 }, (_, i) => i % data.size);
        const [ours, theirs] = [
          await dense.lossAndGradient(weights, data, rows, likelihood),
          await tfjs.lossAndGradient(other, data, rows, likelihood),
        ];
        requireClose([ours.loss], [theirs.loss], 1e-5, 'loss');
        requireClose(ours.gradient, toDense(theirs.gradient), 1e-5, 'gradient');

        const v = randomWeights(dense.layout.size, `direction ${problem.seed}`, 1);
        const u = { data: randomWeights(outputs.data.length, `u ${problem.seed}`, 1), shape: outputs.shape };
        const [jacobian, otherJacobian] = [dense.jacobian(weights, inputs), tfjs.jacobian(other, inputs)];
        const [moved, otherMoved] = [await jacobian.times(v), await otherJacobian.times(toTfjs(v))];
        requireClose(moved.data, otherMoved.data, 1e-5, 'J·v');
        requireClose(await jacobian.transposeTimes(u), toDense(await otherJacobian.transposeTimes(u)), 1e-5, 'Jᵀ·u');
        jacobian.dispose();
        otherJacobian.dispose();
      },
    );

    holds(
      'have the same log likelihoods in a subspace, with gradients and Gauss–Newton matrices',
      kind,
      async (engines, problem) => {
        const { data, likelihood } = problem;
        const { dense: plane, tfjs: otherPlane, points } = subspaces(engines, problem);
        const [ours, theirs] = [
          engines.dense.subspaceLikelihood(plane, data, likelihood),
          engines.tfjs.subspaceLikelihood(otherPlane, data, likelihood),
        ];
        requireClose(await ours.values(points), await theirs.values(points), 1e-5, 'values');
        const [evaluations, others] = [await ours.valuesAndGradients(points), await theirs.valuesAndGradients(points)];
        const rows = Int32Array.of(0, data.size - 1, Math.floor(data.size / 2));
        const [minibatch, otherMinibatch] = [await ours.minibatch(points, rows), await theirs.minibatch(points, rows)];
        points.forEach((_, i) => {
          requireClose([evaluations[i].value], [others[i].value], 1e-5, 'value with gradient');
          requireClose(evaluations[i].gradient, others[i].gradient, 2e-5, 'gradient', 1e-5);
          requireClose([minibatch[i].value], [otherMinibatch[i].value], 1e-5, 'value of a minibatch');
          requireClose(minibatch[i].gradient, otherMinibatch[i].gradient, 2e-5, 'gradient of a minibatch', 1e-5);
        });
        requireClose(await ours.pointwise(points[0]), await theirs.pointwise(points[0]), 1e-5, 'pointwise');
        requireClose(await ours.gaussNewton(points[0]), await theirs.gaussNewton(points[0]), 2e-5, 'Gauss–Newton');
        ours.dispose();
        theirs.dispose();
      },
    );

    const optimizers: [string, Optimizer, number][] = [
      [
        'SGD with Nesterov momentum',
        sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.01, biasLearningRateFactor: 2 }),
        2e-3,
      ],
      ['Adam', adam({ weightDecay: 0.01 }), 5e-3],
    ];
    for (const [name, optimizer, learningRate] of optimizers) {
      holds(
        `take the same way in training by ${name}`,
        kind,
        async ({ dense, tfjs, toDense }, { data, likelihood, seed }) => {
          const way = async (network: Network) => {
            const places: Float32Array[] = [];
            const { loss } = await fit(network, data, {
              likelihood,
              epochs: 4,
              batchSize: 16,
              optimizer,
              learningRate,
              seed,
              collect: {
                into: { collect: (w) => places.push(w.slice()), state: () => ({}), restore() {} },
                from: 0,
              },
            });
            return { loss, places };
          };
          const [ours, theirs] = [await way(dense), await way(tfjs)];
          requireClose(ours.loss, theirs.loss, 1e-5, 'losses');
          ours.places.forEach((place, epoch) => {
            requireClose(place, toDense(theirs.places[epoch]), 1e-5, `weights after epoch ${epoch}`);
          });
        },
      );
    }
  });

  it('take the same way along a curve of three points', async () => {
    const engines = twoEngines({ sizes: [5, 20, 10, 2], activation: 'tanh', seed: 1 });
    const { dense, tfjs, toTfjs, toDense } = engines;
    const random = randomSource(1);
    const data = arraysDataset({
      inputs: { data: Float32Array.from({ length: 150 }, () => random.normal()), shape: [30, 5] },
      targets: { data: Float32Array.from({ length: 60 }, () => random.normal()), shape: [30, 2] },
    });
    const points = [1, 2, 3].map((k) => randomWeights(dense.layout.size, `point ${k}`, 0.3));
    const likelihood = gaussianLikelihood({ variance: 0.5 });
    const optimizer = sgd({ momentum: 0.9, weightDecay: 0.01 });
    const fixed = [true, false, true];
    const trainers = [
      dense.trainer(data, likelihood, optimizer, { points, fixed }),
      tfjs.trainer(data, likelihood, optimizer, { points: points.map(toTfjs), fixed }),
    ];
    for (let step = 0; step < 12; step++) {
      const t = (step + 0.5) / 12;
      const rows = Int32Array.from({ length: 10 }, (_, i) => (7 * i + step) % 30);
      const coefficients = Float64Array.of((1 - t) ** 2, 2 * t * (1 - t), t * t);
      for (const trainer of trainers) await trainer.step(rows, 0.01, random, coefficients);
    }
    const [ours, theirs] = [await trainers[0].points(), await trainers[1].points()];
    ours.forEach((point, k) => {
      requireClose(point, toDense(theirs[k]), 1e-5, `point ${k}`);
    });
    for (const trainer of trainers) trainer.dispose();
    engines.dispose();
  });
});

describe('initial weights', () => {
  it('are those of @subspace/models for the same seed, number or word', async () => {
    await useBackend('cpu');
    for (const seed of [0, 7, 'words']) {
      for (const options of [
        { sizes: [13, 50, 2], head: 'heteroscedastic' as const },
        { sizes: [13, 50, 2], head: 'heteroscedastic' as const, globalVariance: -15 },
        { sizes: [2, 200, 50, 50, 50, 1] },
        { sizes: [3, 2] },
      ]) {
        const engines = twoEngines({ ...options, seed });
        expect(engines.toTfjs(await engines.dense.readWeights())).toEqual(await engines.tfjs.readWeights());
        expect(engines.toDense(engines.toTfjs(await engines.dense.readWeights()))).toEqual(
          await engines.dense.readWeights(),
        );
        engines.dispose();
      }
    }
  });
});
