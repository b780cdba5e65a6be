import { coordinateChains, rHat } from '@subspace/core';
import { describe, expect, it } from 'vitest';
import { deviations, tooFar } from '../src/deviations.ts';
import { runSampler, takes } from '../src/run-sampler.ts';
import { samplers } from '../src/samplers.ts';
import { targets } from '../src/targets.ts';

describe.each(samplers)('$name', (sampler) => {
  it.each(targets.filter((target) => takes(sampler, target)))('draws from the $name', async (target) => {
    const draws = await runSampler(sampler, target);
    expect(tooFar(deviations(draws, target.expectations))).toEqual([]);
    for (let k = 0; k < target.dim; k++) expect(rHat(coordinateChains(draws, k)), `R̂ of z${k}`).toBeLessThan(1.01);
  });
});
