import {
  arraysDataset,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  randomSource,
  weightPosterior,
} from '@subspace/core';
import { useBackend } from '@subspace/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TwoEngines, twoEngines } from '../src/two-engines.ts';

const random = randomSource('all weights');
const rows = 40;
const x = Float32Array.from({ length: 2 * rows }, () => random.normal());
const data = arraysDataset({
  inputs: { data: x, shape: [rows, 2] },
  targets: {
    data: Float32Array.from({ length: rows }, (_, i) => Math.sin(x[2 * i]) + 0.1 * random.normal()),
    shape: [rows, 1],
  },
});

describe.each([
  {
    kind: 'gaussian',
    likelihood: gaussianLikelihood({ variance: 0.1 }),
    options: { sizes: [2, 12, 8, 1], activation: 'tanh' },
  },
  {
    kind: 'heteroscedastic',
    likelihood: heteroscedasticGaussianLikelihood(),
    options: { sizes: [2, 12, 2], head: 'heteroscedastic' },
  },
] as const)('the posterior over all weights, $kind', ({ likelihood, options }) => {
  let engines: TwoEngines;
  beforeAll(async () => {
    await useBackend('cpu');
    engines = twoEngines({ ...options, seed: 3 });
  });
  afterAll(() => engines.dispose());
  const settings = { likelihood, priorStd: 0.7, temperature: 2 };
  const fromTfjs = (gradient: Float64Array) => engines.toDense(Float32Array.from(gradient));

  it('is the same by both engines, and its gradient is that of its values', async () => {
    const dense = weightPosterior(engines.dense, data, settings);
    const tfjs = weightPosterior(engines.tfjs, data, settings);
    const batched = weightPosterior(engines.tfjs, data, { ...settings, batchSize: 11 });
    const w = Float32Array.from(await engines.dense.readWeights());
    const elsewhere = w.map((weight) => 0.5 * weight + 0.2 * random.normal());
    const points = [w, elsewhere].map((weights) => Float64Array.from(weights));
    const theirs = [w, elsewhere].map((weights) => Float64Array.from(engines.toTfjs(weights)));
    const expected = await dense.valuesAndGradients(points);
    for (const other of [tfjs, batched]) {
      const found = await other.valuesAndGradients(theirs);
      expected.forEach(({ value, gradient }, i) => {
        expect(Math.abs(found[i].value - value)).toBeLessThan(1e-4 * Math.abs(value));
        const size = Math.max(...gradient.map(Math.abs));
        fromTfjs(found[i].gradient).forEach((g, k) => {
          expect(Math.abs(g - gradient[k])).toBeLessThan(1e-4 * size);
        });
      });
    }

    // Central differences along random directions: of float32 likelihoods, no single weight would do.
    for (let trial = 0; trial < 5; trial++) {
      const direction = points[1].map(() => random.normal());
      const along = expected[1].gradient.reduce((sum, g, k) => sum + g * direction[k], 0);
      const size = Math.hypot(...expected[1].gradient);
      for (const [of, point, way] of [
        [dense, points[1], direction],
        [tfjs, theirs[1], Float64Array.from(engines.toTfjs(Float32Array.from(direction)))],
      ] as const) {
        const h = 2e-3;
        const [up, down] = await of.values([point.map((p, k) => p + h * way[k]), point.map((p, k) => p - h * way[k])]);
        expect(Math.abs((up - down) / (2 * h) - along)).toBeLessThan(0.02 * size);
      }
    }
    for (const of of [dense, tfjs, batched]) of.dispose();
  });
});
