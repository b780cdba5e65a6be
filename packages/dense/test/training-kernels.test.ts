import { adam, type Optimizer, sgd } from '@subspace/core';
import { formulaArray, formulaHash, formulaUniform } from '@subspace-internal/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose } from './close.ts';
import { materialOf, type Problem } from './kernel-material.ts';
import { cases, problemsUpTo } from './kernel-problems.ts';
import { builds, compiled, type TrainingOptions, type TrainingResult, trainingStand, twin } from './kernel-stand.ts';
import { logDensityAlong, outputsAlong } from './reference-network.ts';

/** Every kind of optimizer. (An ε of Adam's usual size makes noise of what should be 0.) */
const optimizers: readonly Optimizer[] = [
  sgd(),
  sgd({ momentum: 0.9 }),
  sgd({ momentum: 0.8, nesterov: true, weightDecay: 0.05 }),
  adam({ epsilon: 1e-3 }),
  adam({ beta1: 0.7, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.05 }),
];

const trainings = fc.record({
  optimizer: fc.constantFrom(...optimizers),
  steps: fc.integer({ min: 1, max: 4 }),
  batch: fc.integer({ min: 1, max: 9 }),
  /** Rows that the last step lacks. */
  short: fc.integer({ min: 0, max: 8 }),
  rowsOfShard: fc.integer({ min: 1, max: 9 }),
  mostShards: fc.integer({ min: 1, max: 4 }),
  points: fc.integer({ min: 1, max: 3 }),
  fixed: fc.constantFrom([], [true], [false, true]),
  factors: fc.boolean(),
});

describe.each(builds)('training kernels: $name', (build) => {
  it('train as float64 loops do', () => {
    fc.assert(
      fc.property(problemsUpTo(6), trainings, (problem, training) => {
        const options = optionsOf(problem, training);
        expectTraining(trainingStand(build, problem, options).run(), trainingLoops(problem, options), 1e-4);
      }),
      cases,
    );
  });

  it('take a step by parts of rows and of weights as in one call, bit for bit', () => {
    fc.assert(
      fc.property(problemsUpTo(26), trainings, fc.constantFrom(16, 48, 1024), (problem, training, weightsAPart) => {
        const options = optionsOf(problem, training);
        const whole = trainingStand(build, problem, options).run();
        expect(trainingStand(build, problem, options).inParts(weightsAPart)).toEqual(whole);
      }),
      cases,
    );
  });
});

describe.each(compiled)('compiled training kernels and their twin: $name', (build) => {
  it('train alike, within single precision', () => {
    fc.assert(
      fc.property(problemsUpTo(26), trainings, (problem, training) => {
        const options = optionsOf(problem, training);
        const [actual, expected] = [build, twin].map((one) => trainingStand(one, problem, options).run());
        expectTraining(actual, expected, 5e-5);
      }),
      cases,
    );
  });
});

type Training = typeof trainings extends fc.Arbitrary<infer T> ? T : never;

function optionsOf(problem: Problem, { steps, batch, short, points, factors, ...rest }: Training): TrainingOptions {
  const { weights } = materialOf(problem);
  const count = Math.max(1, steps * batch - Math.min(short, batch - 1));
  const moved = (k: number) => formulaArray(weights.length, 900 + k, 0.05);
  return {
    ...rest,
    batch,
    rates: Array.from({ length: steps }, (_, n) => 0.01 / (n + 1)),
    order: Array.from({ length: count }, (_, i) => formulaHash(i, problem.salt) % problem.rows),
    points: Array.from({ length: points }, (_, k) => {
      const shift = moved(k);
      return weights.map((w, d) => w + shift[d]);
    }),
    coefficients: points > 1 ? [0.5, 0.8, -0.3].slice(0, points) : undefined,
    rateFactors: factors ? weights.map((_, d) => 0.5 + formulaUniform(d, 7)) : undefined,
  };
}

function expectTraining(actual: TrainingResult, expected: TrainingResult, error: number): void {
  const within = { absolute: error, relative: error };
  expectClose([actual.loss], [expected.loss], within);
  for (const name of ['points', 'first', 'second'] as const) {
    expected[name].forEach((vector, k) => {
      expectClose(actual[name][k], vector, within);
    });
  }
}

/** Optimizers as PyTorch defines them, with derivatives one weight at a time. */
function trainingLoops(problem: Problem, options: TrainingOptions): TrainingResult {
  const { optimizer, rates, order, batch, fixed = [], rateFactors, points: start } = options;
  const { coefficients = [1] } = options;
  const material = materialOf(problem);
  const size = start[0].length;
  const points = start.map((point) => Float64Array.from(point));
  const first = points.map(() => new Float64Array(size));
  const second = points.map(() => new Float64Array(size));
  let loss = 0;
  rates.forEach((rate, n) => {
    const rows = order.slice(n * batch, (n + 1) * batch);
    const w = Float64Array.from({ length: size }, (_, d) =>
      points.reduce((sum, point, k) => sum + coefficients[k] * point[d], 0),
    );
    const unit = new Float64Array(size);
    const gradient = w.map((weight, d) => {
      unit[d] = 1;
      const total = rows.reduce((sum, row) => {
        const outputs = outputsAlong(problem, w, unit, material.input(row));
        const { value, slope } = logDensityAlong(problem.likelihood, outputs, material.target(row));
        if (d === 0) loss -= material.weight(row) * value;
        return sum - material.weight(row) * slope;
      }, 0);
      unit[d] = 0;
      return total / rows.length + optimizer.weightDecay * weight;
    });
    points.forEach((point, k) => {
      if (fixed[k]) return;
      for (let d = 0; d < size; d++) {
        const g = coefficients[k] * gradient[d];
        const own = rate * (rateFactors?.[d] ?? 1);
        if (optimizer.kind === 'sgd') {
          first[k][d] = optimizer.momentum * first[k][d] + g;
          point[d] -= own * (optimizer.nesterov ? g + optimizer.momentum * first[k][d] : first[k][d]);
        } else {
          first[k][d] = optimizer.beta1 * first[k][d] + (1 - optimizer.beta1) * g;
          second[k][d] = optimizer.beta2 * second[k][d] + (1 - optimizer.beta2) * g * g;
          const mean = first[k][d] / (1 - optimizer.beta1 ** (n + 1));
          const square = second[k][d] / (1 - optimizer.beta2 ** (n + 1));
          point[d] -= (own * mean) / (Math.sqrt(square) + optimizer.epsilon);
        }
      }
    });
  });
  return { points, first, second, loss };
}
