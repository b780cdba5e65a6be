import type { Posterior, SamplingAlgorithm } from '@subspace/core';
import { ellipticalSlice, sliceWithinGibbs } from '@subspace/ess';
import { hmc, mala, nuts, randomWalk } from '@subspace/nuts';
import { adjustedMclmc } from '@subspace/sgmcmc';

/** One step of each sampler with its tuning given, so that it does not depend on where the chain is. */
export interface Kernel {
  readonly name: string;
  create(target: Posterior): SamplingAlgorithm<unknown, unknown>;
}

export const kernels: readonly Kernel[] = [
  { name: 'ellipticalSlice', create: (target) => ellipticalSlice(target) },
  {
    name: 'sliceWithinGibbs',
    create: (target) => sliceWithinGibbs(target, { width: Float64Array.of(1, 3), bound: 2 }),
  },
  { name: 'nuts', create: (target) => nuts(target, { stepSize: 0.9, massMatrix: Float64Array.of(1, 0.5) }) },
  {
    name: 'nuts, dense',
    create: (target) => nuts(target, { stepSize: 0.9, massMatrix: Float64Array.of(1, 0.3, 0.3, 0.5) }),
  },
  { name: 'hmc', create: (target) => hmc(target, { stepSize: 0.9, steps: [1, 4], jitter: 0.3 }) },
  {
    name: 'hmc, fixed steps',
    create: (target) => hmc(target, { stepSize: 1.1, steps: 3, massMatrix: Float64Array.of(1, 0.3, 0.3, 0.5) }),
  },
  { name: 'mala', create: (target) => mala(target, { stepSize: 1.2, massMatrix: Float64Array.of(1, 0.5) }) },
  {
    name: 'randomWalk',
    create: (target) => randomWalk(target, { stepSize: 1.5, covariance: Float64Array.of(1, 0.3, 0.3, 2) }),
  },
  { name: 'adjustedMclmc', create: (target) => adjustedMclmc(target, { stepSize: 0.9, length: 2 }) },
];
