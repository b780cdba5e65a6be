import { describe, expect, it } from 'vitest';
import { deviations, tooFar } from '../src/deviations.ts';
import { expectedFailures, measured } from '../src/expected-failures.ts';
import { runSampler, takes } from '../src/run-sampler.ts';
import { type Sampler, samplers } from '../src/samplers.ts';
import type { Target } from '../src/target.ts';
import { targets } from '../src/targets.ts';

async function expectRight(sampler: Sampler, target: Target): Promise<void> {
  const draws = await runSampler(sampler, target);
  expect(tooFar(deviations(draws, target.expectations))).toEqual([]);
  expect(measured('R̂', draws)).toBeLessThan(1.01);
}

describe.each(samplers)('$name', (sampler) => {
  for (const target of targets.filter((any) => takes(sampler, any))) {
    const failure = expectedFailures.find((f) => f.target === target && f.samplers.includes(sampler.name));
    if (failure) {
      it(`is lost on the ${target.name}, and the ${failure.symptom} say so`, async () => {
        const draws = await runSampler(sampler, target);
        expect(measured(failure.symptom, draws)).toBeGreaterThan(failure.symptom === 'R̂' ? 1.1 : 0);
      });
    } else {
      it(`draws from the ${target.name}`, () => expectRight(sampler, target));
    }
  }
});

describe('what a user is told to do', () => {
  for (const { remedy, target } of expectedFailures) {
    if (remedy) it(`helps: ${remedy.name} draws from the ${target.name}`, () => expectRight(remedy, target));
  }
});
