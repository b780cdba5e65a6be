import { coordinateChains, type Draws } from '@subspace/core';
import { diagnose, rHat } from '@subspace/diagnostics';
import { belongs, covering } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { deviations, tooFar } from '../src/deviations.ts';
import { expectedFailures, graveDiagnoses } from '../src/expected-failures.ts';
import { runSampler, takes } from '../src/run-sampler.ts';
import { type Sampler, samplers } from '../src/samplers.ts';
import type { Target } from '../src/target.ts';
import { targets } from '../src/targets.ts';

async function expectRight(sampler: Sampler, target: Target): Promise<Draws> {
  const draws = await runSampler(sampler, target);
  expect(tooFar(deviations(draws, target.expectations))).toEqual([]);
  for (let k = 0; k < target.dim; k++) expect(rHat(coordinateChains(draws, k)), `R̂ of z${k}`).toBeLessThan(1.01);
  expect(graveDiagnoses(draws)).toEqual([]);
  return draws;
}

/** Each sampler, and each target, at least once. */
const quick = covering(samplers, targets, takes);

/** Trajectories that diverged, and proposals that overshot. */
function stepsTooFar({ divergent, totals }: Draws): number {
  return divergent.flat().length + totals.reduce((sum, { overshot }) => sum + overshot, 0);
}

describe.each(samplers)('$name', (sampler) => {
  for (const target of targets.filter((any) => takes(sampler, any) && belongs(quick(sampler, any)))) {
    const failure = expectedFailures.find((f) => f.target === target && f.samplers.includes(sampler.name));
    if (failure) {
      it(`is lost on the ${target.name}, and told so: ${failure.diagnosis}`, async () => {
        const codes = diagnose(await runSampler(sampler, target)).map(({ code }) => code);
        expect(codes).toContain(failure.diagnosis);
      });
    } else {
      it(`draws from the ${target.name}`, async () => {
        await expectRight(sampler, target);
      });
    }
  }
});

if (belongs(false)) {
  describe('what a user is told to do', () => {
    for (const { samplers: lost, remedies = [], target } of expectedFailures) {
      if (remedies.length > 0) {
        it(`is tried for all that are lost on the ${target.name}`, () => {
          expect(remedies.map(({ of }) => of)).toEqual(lost);
        });
      }
      for (const remedy of remedies) {
        it(`helps: ${remedy.name} draws from the ${target.name}`, async () => {
          const draws = await expectRight(remedy, target);
          // Nothing but of the steps that still go too far.
          expect(diagnose(draws).filter(({ code }) => code !== 'divergences' && code !== 'overshooting')).toEqual([]);
          const before = await runSampler(samplers.find(({ name }) => name === remedy.of)!, target);
          expect(stepsTooFar(draws)).toBeLessThan(stepsTooFar(before) / 10);
        });
      }
    }
  });
}
