import { randomSource } from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { ellipticalSlice } from '@subspace/ess';
import type { NetworkShape } from '@subspace/estimators';
import { pcaSubspace, type SwagMoments, swagMoments } from '@subspace/swag';

/** The parts of a small regressor. */
export const parts = {
  network: ({ inputs, outputs, seed }: NetworkShape) =>
    denseNetwork({ sizes: [inputs, 10, 2 * outputs], head: 'heteroscedastic', seed, threads: 1 }),
  moments: swagMoments,
  subspace: (moments: SwagMoments) => pcaSubspace(moments, { rank: { upTo: 3 } }),
  sampler: ellipticalSlice,
};

/** The parts of a small classifier. */
export const classifierParts = {
  ...parts,
  network: ({ inputs, outputs, seed }: NetworkShape) =>
    denseNetwork({ sizes: [inputs, 10, outputs], seed, threads: 1 }),
};

/** Less of everything. */
export const quick = {
  training: { epochs: 60, patience: 20 },
  sampling: { draws: 100, mostDraws: 200, warmup: 50 },
  inner: { splits: 1 },
  samples: 50,
} as const;

/** y = 100·sin x + 1000, with noise of standard deviation 10. */
export function sine(rows: number, seed: number): { readonly x: number[]; readonly y: number[] } {
  const random = randomSource(seed);
  const x = Array.from({ length: rows }, () => 6 * random.uniform() - 3);
  return { x, y: x.map((value) => 1000 + 100 * Math.sin(value) + 10 * random.normal()) };
}
