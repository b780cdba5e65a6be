import type { Posterior } from '@subspace/core';
import { describe, expect, it } from 'vitest';
import { populationDeviations, tooFar } from '../src/deviations.ts';
import { type Population, type PopulationRun, particleMethods } from '../src/populations.ts';
import { sized } from '../src/suite-size.ts';
import type { Target } from '../src/target.ts';
import { targets } from '../src/targets.ts';

const RUNS = 24;

async function runs(method: Population, target: Target, particles: number): Promise<readonly PopulationRun[]> {
  const found: PopulationRun[] = [];
  for (let r = 0; r < RUNS; r++) {
    found.push(await method.run(target.posterior as Posterior, { particles, seed: `1 run ${r}` }));
  }
  return found;
}

describe.each(particleMethods)('$name', (method) => {
  // Ten coordinates, correlated and known forty times better than before, take moves that know the cloud's covariance, unless there are many.
  const known = targets.filter(({ posterior, dim }) => posterior && (dim < 10 || method.name.endsWith('cloud')));
  it.each(known)('has the moments and the evidence of the $name', async (target) => {
    const found = await runs(method, target, sized(128, 2048));
    expect(tooFar(populationDeviations(found, target.expectations, target.logEvidence))).toEqual([]);
  });
});
