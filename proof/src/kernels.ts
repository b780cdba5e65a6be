import type { Posterior, SamplingAlgorithm } from '@subspace/core';
import { ellipticalSlice } from '@subspace/ess';

/** One step of each sampler with its tuning given, so that it does not depend on the chain. */
export interface Kernel {
  readonly name: string;
  create(target: Posterior): SamplingAlgorithm<unknown, unknown>;
}

export const kernels: readonly Kernel[] = [{ name: 'ellipticalSlice', create: (target) => ellipticalSlice(target) }];
