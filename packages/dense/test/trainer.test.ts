import {
  adam,
  binaryLikelihood,
  categoricalLikelihood,
  type Dataset,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  type Likelihood,
  type Optimizer,
  randomSource,
  sgd,
  type Trainer,
  type TrainerState,
  type WeightLayout,
} from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose } from './close.ts';
import { type Definition, differences, logDensities, total } from './log-densities.ts';
import { gatheredOnly, randomData, randomWeights } from './problems.ts';

const random = randomSource(1);
const batches = [Int32Array.of(3, 1, 7, 0), Int32Array.of(2, 2, 5), Int32Array.of(6, 4, 8, 1), Int32Array.of(0)];

/** PyTorch's optimizers, in float64 and plain loops. */
function referenceOptimizer(optimizer: Optimizer, layout: WeightLayout) {
  const isBias = layout.entries.flatMap(({ shape }) =>
    Array<boolean>(shape.reduce((a, b) => a * b, 1)).fill(shape.length === 1),
  );
  const [first, second] = [new Float64Array(layout.size), new Float64Array(layout.size)];
  let count = 0;
  return (weights: Float64Array, gradient: ArrayLike<number>, rate: number): void => {
    count++;
    for (let i = 0; i < layout.size; i++) {
      const own = rate * (isBias[i] ? optimizer.biasLearningRateFactor : 1);
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

/** Gradient of the mean loss of some rows, with the penalty. */
function penalisedGradient(
  definition: Definition,
  weights: Float64Array,
  data: Dataset,
  likelihood: Likelihood,
  rows: Int32Array,
  weightDecay: number,
): Float64Array {
  const loss = (w: Float64Array) => -total(logDensities(definition, w, data, likelihood, rows)) / rows.length;
  return differences(loss, weights).map((g, i) => g + weightDecay * weights[i]);
}

const optimizers: [string, Optimizer][] = [
  ['SGD', sgd()],
  ['SGD with momentum and weight decay', sgd({ momentum: 0.9, weightDecay: 0.1 })],
  ['SGD with Nesterov and other rates for biases', sgd({ momentum: 0.8, nesterov: true, biasLearningRateFactor: 2 })],
  ['Adam with weight decay', adam({ beta2: 0.99, weightDecay: 0.05, biasLearningRateFactor: 0.5 })],
];

const problems: {
  name: string;
  definition: Definition;
  data: ReturnType<typeof randomData>;
  likelihood: Likelihood;
}[] = [
  {
    name: 'weighted rows, Gaussian',
    definition: { sizes: [2, 5, 1], activation: 'tanh' },
    data: randomData(9, 2, { means: 1 }, true),
    likelihood: gaussianLikelihood({ variance: 0.5 }),
  },
  {
    name: 'mean and variance',
    definition: { sizes: [3, 4, 3, 2], activation: 'silu', head: 'heteroscedastic' },
    data: randomData(9, 3, { means: 1 }),
    likelihood: heteroscedasticGaussianLikelihood(),
  },
  {
    name: 'classes',
    definition: { sizes: [3, 6, 3], activation: 'gelu' },
    data: randomData(9, 3, { classes: 3 }, true),
    likelihood: categoricalLikelihood(),
  },
  {
    name: 'two classes',
    definition: { sizes: [3, 6, 1], activation: 'tanh' },
    data: randomData(9, 3, { classes: 2 }, true),
    likelihood: binaryLikelihood(),
  },
];

describe('trainer', () => {
  for (const [name, optimizer] of optimizers) {
    for (const { name: problem, definition, data, likelihood } of problems) {
      it(`steps as ${name} does in float64: ${problem}`, async () => {
        const network = denseNetwork(definition);
        network.writeWeights(randomWeights(network.layout, 3));
        const expected = Float64Array.from(await network.readWeights());
        const update = referenceOptimizer(optimizer, network.layout);
        const trainer = network.trainer(data, likelihood, optimizer);
        let loss = 0;
        for (const [i, rows] of batches.entries()) {
          const rate = 0.05 / (i + 1);
          loss -= total(logDensities(definition, expected, data, likelihood, rows));
          update(
            expected,
            penalisedGradient(definition, expected, data, likelihood, rows, optimizer.weightDecay),
            rate,
          );
          await trainer.step(rows, rate, random);
        }
        expectClose(await network.readWeights(), expected, { absolute: 1e-6 });
        expectClose((await trainer.points())[0], expected, { absolute: 1e-6 });
        const taken = await trainer.takeLoss();
        expect(taken.rows).toBe(12);
        expectClose([taken.sum], [loss], { relative: 2e-6 });
        expect(await trainer.takeLoss()).toEqual({ sum: 0, rows: 0 });
        trainer.dispose();
      });
    }
  }

  it('trains points along a curve: each receives its coefficient times the gradient at their combination', async () => {
    for (const optimizer of [sgd({ momentum: 0.9, weightDecay: 0.1 }), adam({ weightDecay: 0.1 })]) {
      const definition: Definition = { sizes: [2, 5, 1], activation: 'tanh' };
      const network = denseNetwork(definition);
      const before = await network.readWeights();
      const data = randomData(9, 2, { means: 1 });
      const likelihood = gaussianLikelihood({ variance: 0.5 });
      const points = [1, 2, 3].map((seed) => randomWeights(network.layout, seed));
      const expected = points.map((point) => Float64Array.from(point));
      const updates = points.map(() => referenceOptimizer(optimizer, network.layout));
      const fixed = [true, false, false];
      const trainer = network.trainer(data, likelihood, optimizer, { points, fixed });
      expect(trainer.run).toBeUndefined();
      for (const [i, rows] of batches.entries()) {
        const t = 0.2 + 0.2 * i;
        const coefficients = Float64Array.of((1 - t) ** 2, 2 * t * (1 - t), t * t);
        const mixed = Float64Array.from(expected[0], (_, j) =>
          expected.reduce((sum, point, k) => sum + coefficients[k] * point[j], 0),
        );
        const gradient = penalisedGradient(definition, mixed, data, likelihood, rows, 0.1);
        expected.forEach((point, k) => {
          if (!fixed[k])
            updates[k](
              point,
              gradient.map((g) => coefficients[k] * g),
              0.02,
            );
        });
        await trainer.step(rows, 0.02, random, coefficients);
      }
      const trained = await trainer.points();
      for (const [k, point] of trained.entries()) expectClose(point, expected[k], { absolute: 2e-6 });
      expect(trained[0]).toEqual(points[0]);
      expect(await network.readWeights()).toEqual(before);

      // From a saved state, too.
      const other = network.trainer(data, likelihood, optimizer, { points: points.map((p) => p.slice()), fixed });
      other.restore(await trainer.state());
      const coefficients = Float64Array.of(0.3, 0.3, 0.4);
      await trainer.step(batches[0], 0.1, random, coefficients);
      await other.step(batches[0], 0.1, random, coefficients);
      expect(await other.points()).toEqual(await trainer.points());
      expect(() => trainer.step(batches[0], 0.1, random)).toThrow('step: coefficients is missing, expected 3');
      expect(() => trainer.step(batches[0], 0.1, random, Float64Array.of(1))).toThrow(
        'step: coefficients has length 1, expected 3',
      );
      trainer.dispose();
      other.dispose();
    }
  });

  it('runs as it steps on consecutive slices, bit for bit, the last one shorter', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 3 }),
        async (sizes, rows, batchSize, which) => {
          const data = randomData(rows, sizes[0], { means: sizes.at(-1)! }, which % 2 === 0);
          const order = Int32Array.from({ length: rows }, (_, i) => (7 * i + which) % rows);
          const start = () => {
            const network = denseNetwork({ sizes, seed: which });
            const trainer = network.trainer(data, gaussianLikelihood({ variance: 1 }), optimizers[which][1]);
            return { network, trainer };
          };
          const [runs, steps] = [start(), start()];
          for (const rate of [0.01, 0.02]) {
            await runs.trainer.run!(order, batchSize, rate, random);
            for (let at = 0; at < rows; at += batchSize) {
              await steps.trainer.step(order.subarray(at, at + batchSize), rate, random);
            }
          }
          expect(await runs.network.readWeights()).toEqual(await steps.network.readWeights());
          expect(await runs.trainer.state()).toEqual(await steps.trainer.state());
          const [a, b] = [await runs.trainer.takeLoss(), await steps.trainer.takeLoss()];
          expect(a.rows).toBe(2 * rows);
          expect(b.rows).toBe(2 * rows);
          // Where a run is cut does not change a bit of the loss either.
          expect(a.sum).toBe(b.sum);
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  it('steps on batches that are cut into parts, too: as in float64, in runs, and after smaller ones', async () => {
    const definition: Definition = { sizes: [10, 130, 120, 2], activation: 'tanh', head: 'heteroscedastic' };
    const data = randomData(333, 10, { means: 1 });
    const likelihood = heteroscedasticGaussianLikelihood();
    const order = Int32Array.from({ length: 333 }, (_, i) => (100 * i) % 333);
    const start = () => {
      const network = denseNetwork({ ...definition, seed: 1 });
      return { network, trainer: network.trainer(data, likelihood, sgd({ momentum: 0.9 })) };
    };
    const [runs, steps, once] = [start(), start(), start()];
    await runs.trainer.run!(order, 200, 0.01, random);
    await steps.trainer.state();
    await steps.trainer.step(order.subarray(0, 200), 0.01, random);
    await steps.trainer.step(order.subarray(200), 0.01, random);
    expect(await runs.network.readWeights()).toEqual(await steps.network.readWeights());

    const before = Float64Array.from(await once.network.readWeights());
    await once.trainer.step(order, 1, random);
    const after = await once.network.readWeights();
    const direction = randomWeights(once.network.layout, 1, 1);
    const loss = ([h]: Float64Array) =>
      -total(
        logDensities(
          definition,
          before.map((w, i) => w + h * direction[i]),
          data,
          likelihood,
          order,
        ),
      ) / 333;
    const slope = before.reduce((sum, w, i) => sum + (w - after[i]) * direction[i], 0);
    expectClose([slope], differences(loss, [0], 1e-5), { relative: 1e-5 });
    expectClose([(await once.trainer.takeLoss()).sum / 333], [loss(Float64Array.of(0))], { relative: 2e-6 });
  });

  it('gives the same numbers however long runs are', async () => {
    const data = randomData(200, 2, { means: 1 });
    const trained = async (cut: number) => {
      const network = denseNetwork({ sizes: [2, 20, 1], seed: 1 });
      const trainer = network.trainer(data, gaussianLikelihood({ variance: 1 }), adam());
      const order = Int32Array.from({ length: 200 }, (_, i) => (37 * i) % 200);
      for (let at = 0; at < 200; at += cut) await trainer.run!(order.subarray(at, at + cut), 8, 0.01, random);
      return network.readWeights();
    };
    const whole = await trained(200);
    for (const cut of [8, 16, 72]) expect(await trained(cut)).toEqual(whole);
  });

  const gathered: [string, boolean][] = [
    ['at once', false],
    ['with a promise', true],
  ];
  for (const [when, asynchronous] of gathered) {
    it(`steps on data that are gathered ${when} as on data in memory, bit for bit, batches growing`, async () => {
      const data = randomData(300, 2, { classes: 3 });
      const likelihood = categoricalLikelihood();
      const [near, far] = [denseNetwork({ sizes: [2, 9, 3], seed: 1 }), denseNetwork({ sizes: [2, 9, 3], seed: 1 })];
      const [a, b] = [
        near.trainer(data, likelihood, sgd({ momentum: 0.9 })),
        far.trainer(gatheredOnly(data, asynchronous), likelihood, sgd({ momentum: 0.9 })),
      ];
      expect(b.run).toBeUndefined();
      for (const length of [3, 120, 290, 5]) {
        const rows = Int32Array.from({ length }, (_, i) => (31 * i) % 300);
        await a.step(rows, 0.05, random);
        await b.step(rows, 0.05, random);
      }
      expect(await far.readWeights()).toEqual(await near.readWeights());
      expect(await b.takeLoss()).toEqual(await a.takeLoss());
    });
  }

  it('hands its stream to data that are augmented', async () => {
    const data = randomData(9, 2, { means: 1 });
    const seen: unknown[] = [];
    const augmented: Dataset = {
      ...gatheredOnly(data, false),
      gather(rows, stream) {
        seen.push(stream);
        return data.gather(rows);
      },
    };
    const trainer = denseNetwork({ sizes: [2, 3, 1] }).trainer(augmented, gaussianLikelihood({ variance: 1 }), sgd());
    await trainer.step(batches[0], 0.1, random);
    expect(seen).toEqual([random]);
    expect(seen[0]).toBe(random);
  });

  it('goes on from a saved state as if it had never stopped, also in a fresh trainer with smaller batches first', async () => {
    for (const [, optimizer] of optimizers) {
      const data = randomData(9, 2, { means: 1 });
      const start = () => {
        const network = denseNetwork({ sizes: [2, 5, 1], activation: 'tanh', seed: 3 });
        return { network, trainer: network.trainer(data, gaussianLikelihood({ variance: 1 }), optimizer) };
      };
      const [through, first, second] = [start(), start(), start()];
      for (const rows of batches) await through.trainer.step(rows, 0.05, random);
      for (const rows of batches.slice(0, 2)) await first.trainer.step(rows, 0.05, random);
      const saved: TrainerState = await first.trainer.state();
      const copy = JSON.stringify(saved, (_, value) => (ArrayBuffer.isView(value) ? [...(value as never)] : value));
      for (const rows of batches.slice(2)) await first.trainer.step(rows, 0.05, random);
      await second.trainer.step(batches[3], 0.05, random);
      second.trainer.restore(saved);
      for (const rows of batches.slice(2)) await second.trainer.step(rows, 0.05, random);
      const expected = await through.network.readWeights();
      expect(await first.network.readWeights()).toEqual(expected);
      expect(await second.network.readWeights()).toEqual(expected);
      expect(await second.trainer.state()).toEqual(await through.trainer.state());
      // What was saved is not the engine's own memory.
      expect(JSON.stringify(saved, (_, value) => (ArrayBuffer.isView(value) ? [...(value as never)] : value))).toBe(
        copy,
      );
      expect(() => second.trainer.restore({ ...saved, optimizer: 'other' })).toThrow(
        `restore: state.optimizer is other, expected ${optimizer.kind}`,
      );
      expect(() => second.trainer.restore({ optimizer: optimizer.kind, steps: 1 })).toThrow(
        'restore: state has no points[0], expected a Float32Array',
      );
      expect(() => second.trainer.restore({ ...saved, 'points[0]': new Float32Array(2) })).toThrow(
        'restore: state["points[0]"] has length 2, expected 21',
      );
    }
  });

  it.each([
    ['plain steps', sgd()],
    ['momentum', sgd({ momentum: 0.9 })],
    ['Adam', adam()],
  ])('says in its loss that training diverged, and can be restored: %s', async (_, optimizer) => {
    for (const kernels of ['auto', 'typescript'] as const) {
      const options = { sizes: [2, 5, 1], activation: 'identity', seed: 3, kernels } as const;
      const network = denseNetwork(options);
      const data = randomData(9, 2, { means: 1 });
      const likelihood = gaussianLikelihood({ variance: 1 });
      const trainer = network.trainer(data, likelihood, optimizer);
      const saved = await trainer.state();
      const start = await network.readWeights();
      const diverge = async () => {
        for (let i = 0; i < 20; i++) await trainer.step(batches[0], 1e30, random);
        expect((await trainer.takeLoss()).sum).toBeNaN();
        expect((await network.readWeights()).every(Number.isNaN)).toBe(true);
      };
      const other = denseNetwork(options);
      await other.trainer(data, likelihood, optimizer).step(batches[0], 0.01, random);
      await diverge();
      trainer.restore(saved);
      await trainer.step(batches[0], 0.01, random);
      expect(await network.readWeights()).toEqual(await other.readWeights());
      if (optimizer.kind === 'sgd' && optimizer.momentum === 0) {
        await diverge();
        await network.writeWeights(start);
        await trainer.step(batches[0], 0.01, random);
        expect(await network.readWeights()).toEqual(await other.readWeights());
      }
    }
  });

  it('forgets what has decayed to nothing', async () => {
    // A unit that never fires: its weights get no gradient, and its velocity must not end as a subnormal number.
    const network = denseNetwork({ sizes: [1, 1, 1], weights: Float32Array.of(1, 0, 1, 0) });
    const data = randomData(9, 1, { means: 1 });
    const trainer = network.trainer(data, gaussianLikelihood({ variance: 1 }), sgd({ momentum: 0.5 }));
    await trainer.step(
      Int32Array.from({ length: 9 }, (_, row) => row),
      0.01,
      random,
    );
    await network.writeWeights(Float32Array.of(0, -1, 1, 0));
    for (let i = 0; i < 140; i++) await trainer.step(batches[0], 1e-3, random);
    const { 'velocity[0]': velocity } = await trainer.state();
    expect((velocity as Float32Array).subarray(0, 3)).toEqual(new Float32Array(3));
  });

  it('answers at once for data in memory', () => {
    const network = denseNetwork({ sizes: [2, 5, 1] });
    const data = randomData(9, 2, { means: 1 });
    const trainer: Trainer = network.trainer(data, gaussianLikelihood({ variance: 1 }), sgd());
    expect(trainer.step(batches[0], 0.1, random)).toBeUndefined();
    expect(trainer.run!(batches[0], 2, 0.1, random)).toBeUndefined();
    expect(trainer.takeLoss()).toMatchObject({ rows: 8 });
    expect(trainer.points()).toBeInstanceOf(Array);
    expect(trainer.state()).toMatchObject({ steps: 3 });
  });

  it('rejects wrong arguments', () => {
    const network = denseNetwork({ sizes: [2, 5, 1] });
    const data = randomData(9, 2, { means: 1 });
    const likelihood = gaussianLikelihood({ variance: 1 });
    const make = (options: object) => () => network.trainer(data, likelihood, sgd(), options);
    expect(make({ points: [] })).toThrow('trainer: points has length 0, expected 1 to 31');
    expect(make({ points: [new Float32Array(3)] })).toThrow('trainer: points[0] has length 3, expected 21');
    expect(make({ points: [randomWeights(network.layout, 1)], fixed: [] })).toThrow(
      'trainer: fixed has length 0, expected 1',
    );
    expect(make({ point: 1 })).toThrow('trainer: option point is unknown');
    expect(() => network.trainer(data, heteroscedasticGaussianLikelihood(), sgd())).toThrow(
      'trainer: the network has 1 outputs, expected 2 for the heteroscedastic-gaussian likelihood of 1 target',
    );
    expect(() => network.trainer(data, { kind: 'custom', logDensity: () => 0 }, sgd())).toThrow(
      'trainer: likelihood is a custom one, expected one with derivatives',
    );
    const trainer = make({})();
    expect(() => trainer.step(Int32Array.of(), 0.1, random)).toThrow('step: rows is empty, expected at least one');
    expect(() => trainer.step(Int32Array.of(9), 0.1, random)).toThrow('step: rows[0] is 9, expected a row from 0 to 8');
    expect(() => trainer.run!(Int32Array.of(0, -1), 2, 0.1, random)).toThrow('rows[1] is -1');
    for (const batchSize of [0, 1.5, Number.NaN]) {
      expect(() => trainer.run!(batches[0], batchSize, 0.1, random)).toThrow(
        `run: batchSize is ${batchSize}, expected an integer of at least 1`,
      );
    }
    expect(() => trainer.step(batches[0], Number.NaN, random)).toThrow(
      'step: learningRate is NaN, expected a finite number',
    );
    const state = trainer.state() as TrainerState;
    expect(() => trainer.restore({ ...state, 'points[0]': new Float32Array(21).fill(Number.NaN) })).toThrow(
      'restore: state["points[0]"][0] is NaN, expected a finite number',
    );
    const { steps: _, ...stepless } = state;
    expect(() => trainer.restore(stepless)).toThrow('restore: state.steps is undefined, expected an integer');
    expect(() => network.trainer(data, likelihood, undefined as never)).toThrow('trainer: optimizer is undefined');
    expect(() => network.trainer(data, likelihood, { ...sgd(), kind: 'rmsprop' } as never)).toThrow(
      'trainer: optimizer.kind is "rmsprop", expected sgd(…) or adam(…)',
    );
    trainer.dispose();
    trainer.dispose();
    expect(() => trainer.step(batches[0], 0.1, random)).toThrow('step: the trainer is disposed, expected one in use');
    expect(() => trainer.points()).toThrow('points: the trainer is disposed, expected one in use');
  });
});
