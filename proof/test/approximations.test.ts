import type { Posterior } from '@subspace/core';
import { importanceResample } from '@subspace/vi';
import { belongs, covering, sized, suite } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { populationDeviations, tooFar } from '../src/deviations.ts';
import { type ApproximationMethod, approximationMethods, corrected, type PopulationRun } from '../src/populations.ts';
import type { Target } from '../src/target.ts';
import { linearGaussianTargets, modesFarApart, shapedTargets } from '../src/targets.ts';

const RUNS = suite === 'test' ? 8 : 24;
/** Below this k̂ importance resampling has to be right. */
const GOOD = 0.5;

const gaussian = [...Object.values(linearGaussianTargets), shapedTargets.correlatedGaussian];
// To a fit that begins with the curvature at the maximum all Gaussians are the same; flows take their time to say so.
const gaussianOf = ({ family }: ApproximationMethod) =>
  family === 'Gaussian' || suite === 'statistics'
    ? gaussian
    : [linearGaussianTargets.K2T1, shapedTargets.correlatedGaussian];

const { banana, twoModes, funnel1, funnel3, studentT } = shapedTargets;
const curved = [banana, twoModes, funnel1, funnel3, studentT];

const density = (target: Target) => (target.posterior ?? target.density) as Posterior;
const fit = (method: ApproximationMethod, target: Target) =>
  method.fit(density(target), { iterations: 2000, seed: '1' });

async function corrections(method: ApproximationMethod, target: Target): Promise<readonly PopulationRun[] | undefined> {
  const approximation = await fit(method, target);
  // The k̂ of a thousand draws has not seen much of the tails.
  const options = { draws: 1, proposals: 20_000, seed: 'k' };
  const { paretoK } = await importanceResample(approximation, density(target), options);
  if (paretoK >= GOOD) return undefined;
  const found: PopulationRun[] = [];
  for (let r = 0; r < RUNS; r++) {
    const size = { particles: sized(500, 2000), seed: `1 run ${r}` };
    found.push(await corrected(approximation).run(density(target), size));
  }
  return found;
}

/** Each method, and each target, at least once. */
const quick = covering(approximationMethods, [...gaussian, ...curved], (method, target) =>
  [...gaussianOf(method), ...curved].includes(target),
);

describe.each(approximationMethods)('$name', (method) => {
  const here = (target: Target) => belongs(quick(method, target));
  it.each(gaussianOf(method).filter(here))('finds the $name, as far as its family goes', async (target) => {
    const approximation = await fit(method, target);
    const best = target.logEvidence! - (method.name === 'meanField' ? target.meanFieldGap! : 0);
    // A fit ends where nothing is gained beyond a hundredth of a nat in a stretch of iterations.
    expect(Math.abs(approximation.elbo - best)).toBeLessThan(4 * approximation.elboStandardError + 0.02);
    if (method.name !== 'meanField') expect(approximation.paretoK).toBeLessThan(GOOD);
  });

  it.each(gaussianOf(method).filter(here))(
    'is right about the $name when corrected, unless its k̂ says no',
    async (target) => {
      const found = await corrections(method, target);
      if (!found) expect(method.name).toBe('meanField');
      else expect(tooFar(populationDeviations(found, target.expectations, target.logEvidence))).toEqual([]);
    },
  );

  it.each(curved.filter(here))('is right about the $name when corrected, or its k̂ says no', async (target) => {
    const found = await corrections(method, target);
    // Mild enough to be followed into its tails.
    const follows = method.name === 'inverseAutoregressive' && target === funnel1;
    if (follows) expect(found).toBeDefined();
    if (found) expect(tooFar(populationDeviations(found, target.expectations, 0))).toEqual([]);
  });

  if (!belongs(method.family === 'Gaussian')) return;
  // What k̂ can't say: it is made of draws of the approximation.
  it('takes one of two modes far apart for all there is', async () => {
    const { elbo, elboStandardError, paretoK } = await fit(method, modesFarApart);
    if (method.name === 'laplace') expect(paretoK).toBeLessThan(GOOD);
    expect(elbo).toBeLessThan(Math.log(0.7) + 4 * elboStandardError + 0.02);
  });
});
