import type { Posterior } from '@subspace/core';
import { covering, sized, suite } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { populationDeviations, tooFar } from '../src/deviations.ts';
import { type Population, type PopulationRun, particleMethods } from '../src/populations.ts';
import type { Target } from '../src/target.ts';
import { targets } from '../src/targets.ts';

/** Enough for an error, of which `populationDeviations` knows how uncertain it is. */
const RUNS = { test: 6, proof: 12, statistics: 24 }[suite];

async function runs(method: Population, target: Target, particles: number): Promise<readonly PopulationRun[]> {
  const found: PopulationRun[] = [];
  for (let r = 0; r < RUNS; r++) {
    found.push(await method.run(target.posterior as Posterior, { particles, seed: `1 run ${r}` }));
  }
  return found;
}

/** Ten coordinates, correlated and known forty times better than before, take moves that know the cloud's covariance, unless there are many. */
const takes = (method: Population, { posterior, dim }: Target) =>
  posterior !== undefined && (dim < 10 || method.name.endsWith('cloud'));
/** What `npm test` has: each method, and each target, at least once. The proof has all pairs. */
const quick = covering(particleMethods, targets, takes);

describe.each(particleMethods)('$name', (method) => {
  it.each(targets.filter((target) => takes(method, target) && (suite !== 'test' || quick(method, target))))(
    'has the moments and the evidence of the $name',
    async (target) => {
      const found = await runs(method, target, sized(128, 2048));
      expect(tooFar(populationDeviations(found, target.expectations, target.logEvidence))).toEqual([]);
    },
  );
});
