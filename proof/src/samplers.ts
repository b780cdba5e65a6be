import type { Posterior, SamplingAlgorithm } from '@subspace/core';
import { ellipticalSlice } from '@subspace/ess';

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
  { name: 'ellipticalSlice', needs: 'posterior', thin: 10, create: (target) => ellipticalSlice(target) },
];
