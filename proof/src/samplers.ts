import type { Posterior, SamplingAlgorithm } from '@subspace/core';
import { ellipticalSlice, sliceWithinGibbs } from '@subspace/ess';
import { hmc, mala, nuts, randomWalk } from '@subspace/nuts';
import { adjustedMclmc } from '@subspace/sgmcmc';

/** A sampler as its user meets it: with the options that are its defaults. */
export interface Sampler {
  readonly name: string;
  /** Whether it takes any density, or only a likelihood times a Gaussian. */
  readonly needs: 'density' | 'posterior';
  /** Steps from one draw to the next that is kept. */
  readonly thin: number;
  create(target: Posterior): SamplingAlgorithm<unknown, unknown>;
}

/** The one list. */
export const samplers: readonly Sampler[] = [
  { name: 'ellipticalSlice', needs: 'posterior', thin: 15, create: (target) => ellipticalSlice(target) },
  { name: 'sliceWithinGibbs', needs: 'density', thin: 4, create: (target) => sliceWithinGibbs(target) },
  { name: 'nuts', needs: 'density', thin: 3, create: (target) => nuts(target) },
  { name: 'nuts, dense', needs: 'density', thin: 3, create: (target) => nuts(target, { massMatrix: 'dense' }) },
  {
    name: 'hmc',
    needs: 'density',
    thin: 3,
    create: (target) => hmc(target, { stepSize: 0.1, steps: [5, 15], massMatrix: 'diagonal' }),
  },
  { name: 'mala', needs: 'density', thin: 30, create: (target) => mala(target) },
  { name: 'randomWalk', needs: 'density', thin: 40, create: (target) => randomWalk(target) },
  { name: 'adjustedMclmc', needs: 'density', thin: 8, create: (target) => adjustedMclmc(target) },
];
