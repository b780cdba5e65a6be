import {
  arraysDataset,
  binaryLikelihood,
  categoricalLikelihood,
  type Dataset,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  type Likelihood,
  randomSource,
  type SubspaceLikelihood,
  sgd,
} from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose } from './close.ts';
import { type Definition, differences, logDensities, outputsOf, total, weightsAt } from './log-densities.ts';
import { gatheredOnly, randomData, randomPoints, randomSubspace } from './problems.ts';

interface Problem {
  readonly name: string;
  readonly definition: Definition;
  readonly data: Dataset;
  readonly likelihood: Likelihood;
}

const student: Likelihood = {
  kind: 'custom',
  logDensity: (outputs, target) => -Math.log(1 + (target[0] - outputs[0]) ** 2),
};

/** Few and many inputs: the first layer's sums are precomputed for more than 2(K + 1). */
const problems: Problem[] = [
  {
    name: 'ReLU, Gaussian, two targets',
    definition: { sizes: [2, 7, 5, 2] },
    data: randomData(23, 2, { means: 2 }),
    likelihood: gaussianLikelihood({ variance: 0.3 }),
  },
  {
    name: 'tanh, Gaussian, many inputs, weighted rows',
    definition: { sizes: [13, 9, 1], activation: 'tanh' },
    data: randomData(21, 13, { means: 1 }, true),
    likelihood: gaussianLikelihood({ variance: 0.3 }),
  },
  {
    name: 'SiLU, classes, weighted rows',
    definition: { sizes: [2, 6, 3], activation: 'silu' },
    data: randomData(19, 2, { classes: 3 }, true),
    likelihood: categoricalLikelihood(),
  },
  {
    name: 'tanh, two classes from one logit, weighted rows',
    definition: { sizes: [2, 6, 1], activation: 'tanh' },
    data: randomData(20, 2, { classes: 2 }, true),
    likelihood: binaryLikelihood(),
  },
  {
    name: 'GELU, mean and variance, many inputs, weighted rows',
    definition: { sizes: [11, 6, 6, 2], activation: 'gelu', head: 'heteroscedastic' },
    data: randomData(17, 11, { means: 1 }, true),
    likelihood: heteroscedasticGaussianLikelihood(),
  },
  {
    name: 'two means, two variances, a fixed global one',
    definition: { sizes: [3, 6, 4], activation: 'tanh', head: 'heteroscedastic', globalVariance: -1 },
    data: randomData(18, 3, { means: 2 }),
    likelihood: heteroscedasticGaussianLikelihood(),
  },
  {
    name: 'no hidden layer',
    definition: { sizes: [9, 4] },
    data: randomData(15, 9, { classes: 4 }),
    likelihood: categoricalLikelihood(),
  },
];

const points = randomPoints(3, 3, 1);
const logLikelihoodAt = ({ definition, data, likelihood }: Problem, weights: ArrayLike<number>) =>
  logDensities(definition, weights, data, likelihood);

describe('subspaceLikelihood', () => {
  for (const problem of [
    ...problems,
    { ...problems[0], name: 'a likelihood of the user’s own', likelihood: student },
  ]) {
    it(`is the sum of the float64 log densities, row by row: ${problem.name}`, async () => {
      const network = denseNetwork(problem.definition);
      const plane = randomSubspace(network.layout, 3, 5);
      const target = network.subspaceLikelihood(plane, problem.data, problem.likelihood);
      expect([target.dim, target.rows, target.engine]).toEqual([3, problem.data.size, network.engine]);
      const values = await target.values(points);
      for (const [i, point] of points.entries()) {
        const expected = logLikelihoodAt(problem, weightsAt(plane, point));
        expectClose([values[i]], [total(expected)], { relative: 3e-6 });
        expectClose(await target.pointwise(point), expected, { relative: 3e-6 });
      }
      target.dispose();
    });
  }

  for (const problem of problems) {
    it(`has its exact gradient: ${problem.name}`, async () => {
      const network = denseNetwork(problem.definition);
      const plane = randomSubspace(network.layout, 3, 5);
      const target = network.subspaceLikelihood(plane, problem.data, problem.likelihood);
      const evaluations = await target.valuesAndGradients(points);
      const values = await target.values(points);
      for (const [i, point] of points.entries()) {
        expectClose([evaluations[i].value], [values[i]], { relative: 1e-6 });
        const expected = differences((z) => total(logLikelihoodAt(problem, weightsAt(plane, z))), point, 1e-5);
        expectClose(evaluations[i].gradient, expected, { relative: 1e-5 });
      }
      target.dispose();
    });

    it(`has PᵀJᵀHJP as its Gauss–Newton matrix: ${problem.name}`, async () => {
      const { definition, data, likelihood } = problem;
      const network = denseNetwork(definition);
      const plane = randomSubspace(network.layout, 3, 7);
      const target = network.subspaceLikelihood(plane, data, likelihood);
      const [point] = points;
      const inputs = data.arrays!.inputs.data;
      const outputs = (z: Float64Array) => outputsOf(definition, weightsAt(plane, z), inputs);
      const at = outputs(point);
      const width = definition.sizes.at(-1)!;
      const step = 1e-5;
      const columns = [0, 1, 2].map((k) => {
        const [up, down] = [step, -step].map((h) => outputs(point.map((z, i) => (i === k ? z + h : z))));
        return up.map((value, i) => (value - down[i]) / (2 * step));
      });
      const expected = new Float64Array(9);
      for (let n = 0; n < data.size; n++) {
        const information = explicitInformation(likelihood, at.subarray(n * width, (n + 1) * width));
        const weight = data.arrays?.rowWeights?.[n] ?? 1;
        for (let kl = 0; kl < 9; kl++) {
          information.forEach((row, a) => {
            row.forEach((h, b) => {
              expected[kl] += weight * columns[Math.floor(kl / 3)][n * width + a] * h * columns[kl % 3][n * width + b];
            });
          });
        }
      }
      const matrix = await target.gaussNewton(point);
      expectClose(matrix, expected, { relative: 1e-5 });
      // The first layer's sums are back for what comes after.
      const [value] = await target.values([point]);
      expectClose([value], [total(logLikelihoodAt(problem, weightsAt(plane, point)))], { relative: 3e-6 });
      target.dispose();
    });
  }

  it('depends on the point only, bit for bit, whatever else is asked for, for any sizes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 2, max: 9 }),
        async (sizes, rows, dim, count) => {
          const network = denseNetwork({ sizes });
          const target = network.subspaceLikelihood(
            randomSubspace(network.layout, dim, 1),
            randomData(rows, sizes[0], { means: sizes.at(-1)! }),
            gaussianLikelihood({ variance: 1 }),
          );
          const many = randomPoints(dim, count, 2);
          const together = await target.values(many);
          const gradients = await target.valuesAndGradients([...many].reverse());
          for (const [i, point] of many.entries()) {
            expect((await target.values([point]))[0]).toBe(together[i]);
            expect((await target.valuesAndGradients([point]))[0]).toEqual(gradients[count - 1 - i]);
          }
          expectClose([total(await target.pointwise(many[0]))], [together[0]], { relative: 1e-6 });
          target.dispose();
        },
      ),
      { seed: 1, numRuns: 40 },
    );
  });

  it('takes more points than one call of the kernels, and none', async () => {
    const network = denseNetwork({ sizes: [2, 5, 1] });
    const plane = randomSubspace(network.layout, 3, 1);
    const target = network.subspaceLikelihood(
      plane,
      randomData(9, 2, { means: 1 }),
      gaussianLikelihood({ variance: 1 }),
    );
    const many = randomPoints(3, 200, 3);
    const values = await target.values(many);
    const evaluations = await target.valuesAndGradients(many);
    for (const i of [0, 63, 64, 65, 128, 199]) {
      expect((await target.values([many[i]]))[0]).toBe(values[i]);
      expect((await target.valuesAndGradients([many[i]]))[0]).toEqual(evaluations[i]);
    }
    expect(await target.values([])).toEqual(new Float64Array(0));
    expect(await target.valuesAndGradients([])).toEqual([]);
    target.dispose();
  });

  for (const [dim, inputs] of [
    [1, 2],
    [1, 30],
    [20, 5],
    [20, 60],
  ]) {
    it(`is right for K = ${dim} and ${inputs} inputs, with any number of rows at a time`, async () => {
      const definition: Definition = { sizes: [inputs, 12, 2], activation: 'tanh', head: 'heteroscedastic' };
      const problem: Problem = {
        name: '',
        definition,
        data: randomData(601, inputs, { means: 1 }),
        likelihood: heteroscedasticGaussianLikelihood(),
      };
      const network = denseNetwork(definition);
      const plane = randomSubspace(network.layout, dim, 4, 0.05);
      const [point] = randomPoints(dim, 1, 5);
      const expected = logLikelihoodAt(problem, weightsAt(plane, point));
      const along = randomPoints(dim, 1, 6)[0];
      const [slope] = differences(
        ([h]) =>
          total(
            logLikelihoodAt(
              problem,
              weightsAt(
                plane,
                point.map((z, k) => z + h * along[k]),
              ),
            ),
          ),
        [0],
        1e-5,
      );
      let matrix: Float64Array | undefined;
      for (const batchSize of [undefined, 100, 1]) {
        const target = network.subspaceLikelihood(plane, problem.data, problem.likelihood, { batchSize });
        const [{ value, gradient }] = await target.valuesAndGradients([point]);
        expectClose([value], [total(expected)], { relative: 3e-6 });
        expectClose([total(gradient.map((g, k) => g * along[k]))], [slope], {
          absolute: 1e-5 * Math.sqrt(total(gradient.map((g) => g * g))),
        });
        expectClose(await target.pointwise(point), expected, { relative: 3e-6 });
        matrix ??= await target.gaussNewton(point);
        expectClose(await target.gaussNewton(point), matrix, { relative: 1e-6 });
        target.dispose();
      }
    });
  }

  it('scales a minibatch so that its mean over all of them is the whole', async () => {
    for (const weighted of [false, true]) {
      const network = denseNetwork({ sizes: [2, 6, 1], activation: 'tanh' });
      const data = randomData(12, 2, { means: 1 }, weighted);
      const plane = randomSubspace(network.layout, 3, 3);
      const target = network.subspaceLikelihood(plane, data, gaussianLikelihood({ variance: 1 }));
      const whole = await target.valuesAndGradients(points);
      const parts = await Promise.all(
        // Batches that grow and shrink: 2, 8 and 2 of 12 rows.
        [
          [0, 7],
          [1, 2, 3, 4, 5, 6, 8, 9],
          [10, 11],
        ].map(async (rows) => ({
          share: rows.length / 12,
          evaluations: await target.minibatch(points, Int32Array.from(rows)),
        })),
      );
      whole.forEach(({ value, gradient }, i) => {
        expectClose([parts.reduce((mean, { share, evaluations }) => mean + share * evaluations[i].value, 0)], [value], {
          relative: 1e-6,
        });
        const mean = gradient.map((_, k) =>
          parts.reduce((sum, { share, evaluations }) => sum + share * evaluations[i].gradient[k], 0),
        );
        expectClose(mean, gradient, { relative: 1e-5 });
      });
      const all = await target.minibatch(
        points,
        Int32Array.from({ length: 12 }, (_, i) => i),
      );
      expectClose([all[0].value], [whole[0].value], { relative: 1e-7 });
      target.dispose();
    }
  });

  for (const [when, asynchronous] of [
    ['at once', false],
    ['with a promise', true],
  ] as const) {
    it(`takes data that are gathered ${when}: the same numbers as of data in memory`, async () => {
      const network = denseNetwork({ sizes: [9, 4, 2], head: 'heteroscedastic' });
      const data = randomData(30, 9, { means: 1 });
      const plane = randomSubspace(network.layout, 3, 3);
      const rows = Int32Array.of(3, 8, 1);
      for (const likelihood of [heteroscedasticGaussianLikelihood(), student]) {
        const answers = async (target: SubspaceLikelihood) => {
          const found: unknown[] = [await target.values(points), await target.pointwise(points[0])];
          if (likelihood.kind !== 'custom') {
            found.push(await target.valuesAndGradients(points), await target.gaussNewton(points[0]));
            found.push(await target.minibatch(points, rows));
          }
          target.dispose();
          return found;
        };
        const near = await answers(network.subspaceLikelihood(plane, data, likelihood));
        const far = network.subspaceLikelihood(plane, gatheredOnly(data, asynchronous), likelihood);
        expect(await answers(far)).toEqual(near);
      }
    });
  }

  it('gives the error of data that can’t be read to the call that needs them', async () => {
    const network = denseNetwork({ sizes: [2, 4, 1] });
    const broken: Dataset = {
      ...gatheredOnly(randomData(9, 2, { means: 1 }), true),
      gather: () => Promise.reject(new Error('the disk is gone')),
    };
    const plane = randomSubspace(network.layout, 3, 3);
    for (const likelihood of [gaussianLikelihood({ variance: 1 }), student]) {
      const target = network.subspaceLikelihood(plane, broken, likelihood);
      await new Promise((resolve) => setTimeout(resolve, 10));
      await expect(target.values(points)).rejects.toThrow('the disk is gone');
      target.dispose();
    }
  });

  it('says so when data gather something else than they were asked for', async () => {
    const network = denseNetwork({ sizes: [2, 4, 1] });
    const data = randomData(9, 2, { means: 1 });
    const plane = randomSubspace(network.layout, 3, 3);
    const likelihood = gaussianLikelihood({ variance: 1 });
    const wrong: Dataset = { ...gatheredOnly(data, true), gather: () => data.gather(Int32Array.of(0, 1)) };
    const target = network.subspaceLikelihood(plane, { ...wrong, arrays: data.arrays }, likelihood);
    expect(() => target.minibatch(points, Int32Array.of(3))).toThrow(
      'gather: inputs have shape [2, 2], expected [1, 2]',
    );
    expect(() => network.subspaceLikelihood(plane, wrong, likelihood)).toThrow(
      'gather: inputs have shape [2, 2], expected [9, 2]',
    );
    const wide: Dataset = { ...wrong, gather: (rows) => ({ ...data.gather(rows), targets: data.arrays.targets }) };
    const trainer = network.trainer(wide, likelihood, sgd());
    expect(() => trainer.step(Int32Array.of(1, 2), 0.1, randomSource(1))).toThrow(
      'gather: targets have shape [9, 1], expected [2, 1]',
    );
    target.dispose();
    trainer.dispose();
  });

  it('passes NaN and overflow through', async () => {
    const network = denseNetwork({ sizes: [2, 4, 1] });
    for (const width of [2, 30]) {
      const wide = width === 2 ? network : denseNetwork({ sizes: [width, 4, 1] });
      const target = wide.subspaceLikelihood(
        randomSubspace(wide.layout, 3, 3),
        randomData(5, width, { means: 1 }),
        gaussianLikelihood({ variance: 1 }),
      );
      const bad = Float64Array.of(Number.NaN, 0, 0);
      expect((await target.values([points[0], bad, points[1]])).map(Number.isNaN as never)).toEqual(
        Float64Array.of(0, 1, 0),
      );
      const [{ value, gradient }] = await target.valuesAndGradients([bad]);
      expect(value).toBeNaN();
      expect(gradient.every(Number.isNaN)).toBe(true);
      expect(Number.isFinite((await target.values([Float64Array.of(1e30, 0, 0)]))[0])).toBe(false);
      expect((await target.values([points[0]]))[0]).toBeLessThan(0);
      target.dispose();
    }
  });

  it('answers at once for data in memory', () => {
    const network = denseNetwork({ sizes: [2, 4, 1] });
    const plane = randomSubspace(network.layout, 3, 3);
    const target = network.subspaceLikelihood(
      plane,
      randomData(5, 2, { means: 1 }),
      gaussianLikelihood({ variance: 1 }),
    );
    expect(target.values(points)).toBeInstanceOf(Float64Array);
    expect(target.valuesAndGradients(points)).toBeInstanceOf(Array);
    expect(target.pointwise(points[0])).toBeInstanceOf(Float64Array);
    expect(target.gaussNewton(points[0])).toBeInstanceOf(Float64Array);
    expect(target.minibatch(points, Int32Array.of(1))).toBeInstanceOf(Array);
    target.dispose();
  });

  it('rejects rows that are not finite as soon as a data set gathers them', async () => {
    const network = denseNetwork({ sizes: [2, 4, 1] });
    const data = gatheredOnly(randomData(5, 2, { means: 1 }), false);
    const broken: Dataset = {
      ...data,
      async gather(rows, random) {
        const { inputs, targets } = await data.gather(rows, random);
        return { inputs, targets: { ...targets, data: targets.data.map((y, i) => (i === 2 ? Number.NaN : y)) } };
      },
    };
    const likelihood = gaussianLikelihood({ variance: 1 });
    const target = network.subspaceLikelihood(randomSubspace(network.layout, 2, 3), broken, likelihood);
    await expect(target.values([new Float64Array(2)])).rejects.toThrow('gather: targets[2] is NaN, expected a finite');
    const trainer = network.trainer(broken, likelihood, sgd());
    await expect(trainer.step(Int32Array.of(0, 1, 2), 0.1, randomSource(1))).rejects.toThrow('gather: targets[2] is');
  });

  it('rejects what does not go together, and misuse', async () => {
    const network = denseNetwork({ sizes: [2, 4, 3] });
    const plane = randomSubspace(network.layout, 3, 3);
    const classes = randomData(5, 2, { classes: 3 });
    const make =
      (data: Dataset, likelihood: Likelihood, options = {}, subspace = plane) =>
      () =>
        network.subspaceLikelihood(subspace, data, likelihood, options);
    const labels = categoricalLikelihood();
    const gaussian = gaussianLikelihood({ variance: 1 });
    const smaller = denseNetwork({ sizes: [2, 3, 3] }).layout;
    for (const [call, message] of [
      [
        make(randomData(5, 2, { means: 1 }), gaussian),
        'the network has 3 outputs, expected 1 for the gaussian likelihood of 1 target',
      ],
      [
        make(randomData(5, 2, { means: 3 }), heteroscedasticGaussianLikelihood()),
        'the network has 3 outputs, expected 6 for the heteroscedastic-gaussian likelihood of 3 targets',
      ],
      [
        make(randomData(5, 2, { means: 2 }), labels),
        'targets have shape [N, 2], expected labels [N]: one-hot? give class numbers',
      ],
      [make(randomData(50, 2, { classes: 9 }), labels), 'expected a class from 0 to 2'],
      [make(classes, binaryLikelihood()), 'the network has 3 outputs, expected 1, the logit of class 1'],
      [make(randomData(5, 4, { classes: 3 }), labels), 'inputs have shape [5, 4], expected [N, 2]'],
      [make(classes, labels, { batchsize: 3 }), 'option batchsize is unknown, expected one of batchSize, batchNorm'],
      [make(classes, labels, { batchSize: 0 }), 'batchSize is 0, expected an integer of at least 1'],
      [make(classes, labels, { batchNorm: 'off' }), 'batchNorm is "off", expected batch-statistics or refresh'],
      [make(classes, labels, {}, { ...plane, basis: [] }), 'basis is empty, expected at least one direction'],
      [
        make(classes, labels, {}, { ...plane, basis: [new Float32Array(2)] }),
        'subspace.basis[0] has length 2, expected 27',
      ],
      [
        make(classes, labels, {}, { ...plane, shift: plane.shift.map((w, i) => (i === 3 ? Number.NaN : w)) }),
        'subspace.shift[3] is NaN, expected a finite number',
      ],
      [make(classes, labels, {}, { ...plane, layout: smaller }), 'subspace'],
    ] as const) {
      expect(call).toThrow(new RegExp(`^subspaceLikelihood: .*${message.replace(/[[\]()?.]/g, '\\$&')}`));
    }
    const one = denseNetwork({ sizes: [2, 1] });
    const halves = arraysDataset({
      inputs: classes.arrays.inputs,
      targets: { data: new Float32Array(5).fill(0.5), shape: [5] },
    });
    const line = { layout: one.layout, shift: new Float32Array(3), basis: [new Float32Array(3)] };
    expect(() => one.subspaceLikelihood(line, halves, binaryLikelihood())).toThrow(
      'targets[0] is 0.5, expected 0 or 1',
    );
    expect(() => one.subspaceLikelihood(line, randomData(5, 2, { classes: 1 }), labels)).toThrow(
      'the network has 1 outputs, expected 2 or more, a logit for each class',
    );
    const target = make(classes, labels)();
    expect(() => target.values([Float64Array.of(1)])).toThrow('values: point has length 1, expected 3');
    expect(() => target.values([points[0], Float64Array.of(1)])).toThrow('values: points[1] has length 1, expected 3');
    expect(() => target.gaussNewton(Float64Array.of(1))).toThrow('gaussNewton: point has length 1, expected 3');
    expect(() => target.minibatch(points, new Int32Array(0))).toThrow('minibatch: rows is empty');
    expect(() => target.minibatch(points, Int32Array.of(5))).toThrow('rows[0] is 5, expected a row from 0 to 4');
    target.dispose();
    target.dispose();
    expect(() => target.values(points)).toThrow('values: the likelihood is disposed, expected one in use');
    const custom = make(randomData(5, 2, { means: 1 }), student)();
    expect(() => custom.valuesAndGradients(points)).toThrow(
      'valuesAndGradients: likelihood is a custom one, expected one with derivatives',
    );
    custom.dispose();
  });

  it('says how much memory is wanted where there is not as much', () => {
    const network = denseNetwork({ sizes: [1, 1000] });
    // Gauss–Newton keeps K tangents of all outputs.
    const row = new Float32Array(network.layout.size);
    const plane = { layout: network.layout, shift: row, basis: new Array<Float32Array>(3000).fill(row) };
    expect(() =>
      network.subspaceLikelihood(plane, randomData(600, 1, { classes: 1000 }), categoricalLikelihood()),
    ).toThrow(/^subspaceLikelihood: network, data and subspace take \d+\.\d GiB, expected at most 4\.0 GiB$/);
  });
});

/** H of one row, [M][M]: of −log p in the outputs, in expectation over targets. */
function explicitInformation(likelihood: Likelihood, outputs: Float64Array): number[][] {
  const square = (f: (a: number, b: number) => number) =>
    Array.from(outputs, (_, a) => Array.from(outputs, (_, b) => f(a, b)));
  if (likelihood.kind === 'gaussian') return square((a, b) => (a === b ? 1 / likelihood.variance : 0));
  if (likelihood.kind === 'binary') {
    const p = 1 / (1 + Math.exp(-outputs[0]));
    return [[p * (1 - p)]];
  }
  if (likelihood.kind === 'categorical') {
    const weights = Array.from(outputs, Math.exp);
    const sum = total(weights);
    return square((a, b) => ((a === b ? 1 : 0) - weights[b] / sum) * (weights[a] / sum));
  }
  const means = outputs.length / 2;
  return square((a, b) => (a !== b ? 0 : a < means ? 1 / outputs[a + means] : 1 / (2 * outputs[a] ** 2)));
}
