import {
  binaryLikelihood,
  categoricalLikelihood,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  type Likelihood,
} from '@subspace/core';
import fc from 'fast-check';
import { activations } from '../src/kernels/memory-map.ts';
import type { Head } from '../src/network-structure.ts';
import type { Problem } from './kernel-material.ts';

/** Networks and data that kernels are tried on. */

/** Heads and likelihoods, with how many outputs they take. */
const readings: readonly {
  readonly likelihood: Likelihood;
  readonly head: Head;
  readonly outputs: readonly number[];
}[] = [
  { likelihood: gaussianLikelihood({ variance: 0.3 }), head: 'identity', outputs: [1, 3] },
  { likelihood: heteroscedasticGaussianLikelihood(), head: 'heteroscedastic', outputs: [2, 4] },
  { likelihood: categoricalLikelihood(), head: 'identity', outputs: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11] },
  { likelihood: binaryLikelihood(), head: 'identity', outputs: [1] },
];

/** One problem for each activation and each way to read the outputs, with every number of them. */
export const everyKind: readonly Problem[] = activations.flatMap((activation, a) =>
  readings.flatMap(({ likelihood, head, outputs }) =>
    outputs.map(
      (width, i): Problem => ({
        ...{ sizes: [3 + a, 11 + i, 9, width], activation, head, globalVariance: i % 2 ? -0.3 : 'trainable' },
        ...{ likelihood, rows: 23, blockRows: 8, weighted: i % 2 === 0, salt: 10 * a + i },
      }),
    ),
  ),
);

/** Of any shape up to a width: no width, number of rows or blocks is what the kernels' tiles are made for. */
export function problemsUpTo(widest: number): fc.Arbitrary<Problem> {
  return fc
    .record({
      inputs: fc.integer({ min: 1, max: widest }),
      hidden: fc.array(fc.integer({ min: 1, max: widest }), { maxLength: 3 }),
      activation: fc.constantFrom(...activations),
      reading: fc.constantFrom(...readings),
      globalVariance: fc.constantFrom<'trainable' | number>('trainable', -0.7),
      rows: fc.integer({ min: 1, max: 45 }),
      blockRows: fc.constantFrom(4, 8, 12, 20, 96),
      weighted: fc.boolean(),
      salt: fc.integer({ min: 0, max: 1e6 }),
    })
    .chain(({ inputs, hidden, reading: { likelihood, head, outputs }, ...rest }) =>
      fc.constantFrom(...outputs).map((width) => ({ ...rest, likelihood, head, sizes: [inputs, ...hidden, width] })),
    );
}

/** For fast-check: the same cases in every run. */
export const cases = { seed: 20190717, numRuns: 60 };
