import {
  type Arrays,
  binaryLikelihood,
  categoricalLikelihood,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  randomSource,
  sgd,
} from '@subspace/core';
import { denseNetwork, type KernelChoice } from '@subspace/dense';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose } from './close.ts';
import { cases } from './kernel-problems.ts';
import { randomData, randomPoints, randomSubspace } from './problems.ts';

describe('kernels: a choice of speed only', () => {
  it('TypeScript, SIMD and the default give one network', async () => {
    const readings = [
      { likelihood: gaussianLikelihood({ variance: 0.4 }), targets: { means: 2 }, head: 'identity', outputs: 2 },
      {
        likelihood: heteroscedasticGaussianLikelihood(),
        targets: { means: 1 },
        head: 'heteroscedastic',
        outputs: 2,
      },
      { likelihood: categoricalLikelihood(), targets: { classes: 4 }, head: 'identity', outputs: 4 },
      { likelihood: binaryLikelihood(), targets: { classes: 2 }, head: 'identity', outputs: 1 },
    ] as const;
    const networks = fc.record({
      reading: fc.constantFrom(...readings),
      inputs: fc.integer({ min: 1, max: 30 }),
      hidden: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 2 }),
      activation: fc.constantFrom('relu', 'tanh', 'gelu', 'silu'),
      rows: fc.integer({ min: 1, max: 130 }),
    });
    await fc.assert(
      fc.asyncProperty(networks, async ({ reading, inputs, hidden, activation, rows }) => {
        const { likelihood, targets, head, outputs } = reading;
        const data = randomData(rows, inputs, targets);
        const points = randomPoints(3, 2, 'points');
        const order = Int32Array.from({ length: 2 * rows }, (_, i) => (7 * i) % rows);
        const [expected, ...others] = await Promise.all(
          (['typescript', 'simd', 'auto'] satisfies KernelChoice[]).map(async (kernels) => {
            const sizes = [inputs, ...hidden, outputs];
            const network = denseNetwork({ sizes, activation, head, kernels, seed: rows });
            const subspace = randomSubspace(network.layout, 3, 'subspace', 0.1);
            const density = network.subspaceLikelihood(subspace, data, likelihood);
            const gradients = await density.valuesAndGradients(points);
            const curvature = (await density.gaussNewton?.(points[0])) as Float64Array;
            const rowValues = await density.pointwise(points[0]);
            const trainer = network.trainer(data, likelihood, sgd({ momentum: 0.9, nesterov: true }));
            await trainer.run?.(order, 32, 0.01, randomSource(1));
            const weights = await network.readWeights();
            const { data: predicted } = (await network.predict(data.arrays.inputs)) as Arrays;
            network.dispose();
            return [
              ...gradients.flatMap(({ value, gradient }) => [[value], gradient]),
              ...[curvature, rowValues, weights, predicted],
            ];
          }),
        );
        for (const actual of others) {
          actual.forEach((values, i) => {
            expectClose(values as Float32Array, expected[i] as Float32Array, { absolute: 1e-4, relative: 1e-4 });
          });
        }
      }),
      { ...cases, numRuns: 25 },
    );
  });

  it('is named by the engine, and why', () => {
    const network = denseNetwork({ sizes: [2, 1], kernels: 'typescript' });
    expect(network.engine).toBe('dense typescript 2');
    expect(network.kernels).toEqual({ name: 'typescript 2', reason: 'asked for' });
    network.dispose();
  });
});
