import {
  type CoordinateSampler,
  coordinateChains,
  drawsFrom,
  type Posterior,
  predictRegression,
  sample,
  subspaceDraws,
} from '@subspace/core';
import { diagnose, mcseMean, summary } from '@subspace/diagnostics';
import { gaussianNll, mixtureNll } from '@subspace/metrics';
import { nuts } from '@subspace/nuts';
import { importanceResample } from '@subspace/vi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviations, tooFar } from '../src/deviations.ts';
import type { Expectation } from '../src/expectation.ts';
import { graveDiagnoses } from '../src/expected-failures.ts';
import { approximationMethods, particleMethods } from '../src/populations.ts';
import { samplers } from '../src/samplers.ts';
import { type YachtNetwork, yachtNetwork } from '../src/yacht-network.ts';

/** Those that the plane's scales slow down, since they learn none or take one local step at a time. */
const unscaled: readonly string[] = ['ellipticalSlice', 'sliceWithinGibbs', 'mala', 'randomWalk'];

/** Held-out negative log scores per point, in nats: of the moments and of the mixture. */
interface Scores {
  readonly gaussian: number;
  readonly mixture: number;
}

describe('every method on a network trained on the yacht data', () => {
  let yacht: YachtNetwork;
  /** NUTS, long, in the scales of this badly scaled plane: what all must come near. */
  let reference: Scores;
  /** Its means and variances, with their errors. */
  let moments: readonly Expectation[];
  /** The training mean and variance for every row: what all must beat. */
  let chance: number;

  async function scores(sampler: CoordinateSampler): Promise<Scores> {
    const { network, subspace, likelihood, test } = yacht;
    const prediction = await predictRegression(network, subspaceDraws(subspace, sampler), test.inputs, {
      likelihood,
      samples: 400,
      seed: 1,
      keepMembers: true,
    });
    return { gaussian: gaussianNll(prediction, test.targets), mixture: mixtureNll(prediction, test.targets) };
  }

  async function expectNear(sampler: CoordinateSampler, nats: number): Promise<void> {
    const { gaussian, mixture } = await scores(sampler);
    expect(gaussian).toBeLessThan(chance - 1);
    expect(Math.abs(gaussian - reference.gaussian)).toBeLessThan(nats);
    expect(Math.abs(mixture - reference.mixture)).toBeLessThan(nats);
  }

  beforeAll(async () => {
    yacht = await yachtNetwork();
    const longest = nuts(yacht.posterior, { massMatrix: 'dense' });
    const draws = await sample(longest, { draws: 2000, warmup: 1000, chains: 4, seed: 'long' });
    const coordinates = summary(draws);
    coordinates.forEach(({ rHat, essBulk, essTail }, k) => {
      expect(rHat, `R̂ of z${k} of the reference`).toBeLessThan(1.01);
      expect(Math.min(essBulk, essTail), `effective draws of z${k} of the reference`).toBeGreaterThan(4000);
    });
    expect(diagnose(draws)).toEqual([]);
    reference = await scores(draws);
    moments = coordinates.flatMap(({ mean, mcseMean: error }, k): Expectation[] => {
      const squares = coordinateChains(draws, k).map((chain) => chain.map((z) => (z - mean) ** 2));
      const variance = squares.flatMap((chain) => [...chain]).reduce((a, b) => a + b, 0) / draws.size;
      return [
        { name: `mean of z${k}`, of: (z) => z[k], exact: mean, uncertainty: error },
        { name: `variance of z${k}`, of: (z) => (z[k] - mean) ** 2, exact: variance, uncertainty: mcseMean(squares) },
      ];
    });
    const { targets } = yacht.test;
    const flat = { mean: new Float64Array(targets.length), variance: new Float64Array(targets.length).fill(1) };
    chance = gaussianNll(flat, targets);
  });
  afterAll(() => yacht.dispose());

  it.each(samplers)('$name predicts as well as a long run of NUTS', async ({ name, create, thin }) => {
    const effort = unscaled.includes(name) ? 4 : 1;
    const options = { draws: 300, warmup: 500, thin: thin * effort, chains: 4, seed: 1 };
    const draws = await sample(create(yacht.posterior), options);
    expect(graveDiagnoses(draws)).toEqual([]);
    expect(tooFar(deviations(draws, moments))).toEqual([]);
    await expectNear(draws, 0.02);
  });

  it.each(particleMethods)('$name predicts as well as a long run of NUTS', async (method) => {
    const { positions } = await method.run(yacht.posterior as Posterior, { particles: 400, seed: '1' });
    await expectNear(drawsFrom([positions]), 0.02);
  });

  it.each(approximationMethods)('$name predicts nearly as well, and as well when corrected', async (method) => {
    const approximation = await method.fit(yacht.posterior, { iterations: 300, seed: '1' });
    await expectNear(approximation, 0.1);
    const corrected = await importanceResample(approximation, yacht.posterior, { draws: 400, seed: 1 });
    if (corrected.paretoK < 0.7) await expectNear(corrected, 0.02);
  });
});
