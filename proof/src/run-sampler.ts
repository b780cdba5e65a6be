import { type Draws, gaussianDraw, type Posterior, randomSource, sample } from '@subspace/core';
import { sized } from '@subspace-internal/testing';
import type { Sampler } from './samplers.ts';
import type { Target } from './target.ts';

/** Whether the sampler takes the target at all. */
export function takes(sampler: Sampler, target: Target): boolean {
  return sampler.needs === 'density' || target.posterior !== undefined;
}

/** The protocol: four chains from wide starts, a thousand draws each. */
export function runSampler(sampler: Sampler, target: Target): Promise<Draws> {
  const random = randomSource('starts');
  return sample(sampler.create((target.posterior ?? target.density) as Posterior), {
    draws: 1000,
    warmup: 1000,
    thin: sampler.thin * target.effort * sized(1, 4),
    chains: 4,
    seed: 1,
    initial: Array.from({ length: 4 }, () => gaussianDraw(target.starts, random)),
  });
}
