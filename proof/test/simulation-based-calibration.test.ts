import { type Draws, logDensity, posterior, sample } from '@subspace/core';
import { ellipticalSlice } from '@subspace/ess';
import { describe, expect, it } from 'vitest';
import { logisticRegression } from '../src/logistic-regression.ts';
import { samplers } from '../src/samplers.ts';
import {
  BINS,
  calibrationRanks,
  chiSquareSurvival,
  type PosteriorDraws,
  RANKED_DRAWS,
  uniformityPValue,
} from '../src/simulation-based-calibration.ts';
import { sized } from '../src/suite-size.ts';

/** Fixed before any result was seen. */
const SEEDS = [1, 2, 3];
const model = logisticRegression({ dim: 3, rows: 12 });
const replicates = sized(200, 2000);

/** The whole suite fails by chance once in a hundred runs. */
const tests = samplers.length * SEEDS.length * (model.prior.mean.length + 1);
const significance = 0.01 / tests;

function chainDraws(create: (typeof samplers)[0]['create'], thin: number): PosteriorDraws {
  return async (target, _random, label) => {
    const draws: Draws = await sample(create(target), {
      draws: RANKED_DRAWS,
      warmup: 500,
      thin,
      chains: 1,
      seed: label,
      initial: [new Float64Array(target.dim)],
    });
    return draws.positions[0];
  };
}

describe('simulation-based calibration', () => {
  it('counts ranks in bins that divide them, and knows the χ² distribution', () => {
    expect((RANKED_DRAWS + 1) % BINS).toBe(0);
    // scipy.stats.chi2(8).sf
    expect(chiSquareSurvival(15.507313055865453, 8)).toBeCloseTo(0.05, 12);
    expect(chiSquareSurvival(0, 8)).toBe(1);
    expect(uniformityPValue(Array.from({ length: 36 }, (_, rank) => rank))).toBe(1);
    expect(uniformityPValue(new Array(36).fill(0))).toBeLessThan(1e-50);
  });

  describe.each(samplers)('of $name', ({ create, thin }) => {
    it.each(SEEDS)('finds uniform ranks with seed %i', async (seed) => {
      const { statistics, ranks, neighbourCorrelation } = await calibrationRanks(model, chainDraws(create, thin), {
        replicates,
        seed,
      });
      expect(Math.abs(neighbourCorrelation), 'correlation of neighbouring draws').toBeLessThan(0.1);
      statistics.forEach((statistic, s) => {
        expect(uniformityPValue(ranks[s]), statistic).toBeGreaterThan(significance);
      });
    });
  });

  // What the test is worth: mistakes that it finds.
  it.each([
    ['a temperature of 2', (target) => ellipticalSlice(posterior({ ...parts(target), temperature: 2 }))],
    [
      'a prior 1.5 times as wide',
      (target) => ellipticalSlice(posterior({ ...parts(target), prior: undefined, priorStd: 2.25 })),
    ],
    [
      'the data not looked at',
      (target) => ellipticalSlice(posterior({ ...parts(target), logLikelihood: logDensity(3, () => 0) as never })),
    ],
  ] as [string, (typeof samplers)[0]['create']][])('finds %s', async (_mistake, create) => {
    const { ranks } = await calibrationRanks(model, chainDraws(create, 10), { replicates: 3 * replicates, seed: 1 });
    expect(Math.min(...ranks.map(uniformityPValue))).toBeLessThan(significance);
  });
});

function parts({ logLikelihood, prior }: Parameters<(typeof samplers)[0]['create']>[0]) {
  return { logLikelihood, prior };
}
