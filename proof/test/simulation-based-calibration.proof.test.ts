import { logDensity, posterior, sample } from '@subspace/core';
import { ellipticalSlice } from '@subspace/ess';
import { sized } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { logisticRegression } from '../src/logistic-regression.ts';
import {
  type ApproximationMethod,
  approximationMethods,
  corrected,
  type Population,
  particleMethods,
} from '../src/populations.ts';
import { type Sampler, samplers } from '../src/samplers.ts';
import {
  BINS,
  calibrationRanks,
  chiSquareSurvival,
  type PosteriorDraws,
  RANKED_DRAWS,
  uniformityPValue,
} from '../src/simulation-based-calibration.ts';

/** Fixed before any result was seen. */
const SEEDS = [1, 2, 3];
const model = logisticRegression({ dim: 3, rows: 12 });

/** Fits of 300 iterations: those that have not come far enough k̂ finds out. */
const ITERATIONS = 300;
const GOOD = 0.5;

function chainDraws(create: Sampler['create'], thin: number): PosteriorDraws {
  return async (target, label) => {
    const draws = await sample(create(target), {
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

/** Particles far from each other: neighbours may have the same ancestor. */
function particleDraws(method: Population): PosteriorDraws {
  return async (target, label) => {
    const { positions } = await method.run(target, { particles: 4 * RANKED_DRAWS, seed: label });
    return positions.filter((_, i) => i % 4 === 0);
  };
}

function correctedDraws(method: ApproximationMethod): PosteriorDraws {
  return async (target, label) => {
    const approximation = await method.fit(target, {
      iterations: ITERATIONS,
      seed: label,
      flow: { layers: 2, hidden: 8 },
    });
    if (!(approximation.paretoK < GOOD)) return undefined;
    const { positions } = await corrected(approximation).run(target, { particles: RANKED_DRAWS, seed: label });
    return positions;
  };
}

interface Method {
  readonly name: string;
  readonly draw: PosteriorDraws;
  readonly replicates: number;
}

const methods: readonly Method[] = [
  ...samplers.map(({ name, create, thin }) => ({ name, draw: chainDraws(create, thin), replicates: sized(200, 2000) })),
  ...particleMethods.map((method) => ({
    name: method.name,
    draw: particleDraws(method),
    replicates: sized(100, 1000),
  })),
  ...approximationMethods.map((method) => ({
    name: `${method.name}, corrected`,
    draw: correctedDraws(method),
    // 45 fits of a flow take up to half a minute; more are for the longer suite.
    replicates: method.family === 'flow' ? sized(45, 600) : sized(100, 1000),
  })),
];

/** The whole suite fails by chance once in a hundred runs. */
const significance = 0.01 / (methods.length * SEEDS.length * (model.prior.mean.length + 1));

describe('simulation-based calibration', () => {
  it('counts ranks in bins that divide them, and knows the χ² distribution', () => {
    expect((RANKED_DRAWS + 1) % BINS).toBe(0);
    // scipy.stats.chi2(8).sf
    expect(chiSquareSurvival(15.507313055865453, 8)).toBeCloseTo(0.05, 12);
    expect(chiSquareSurvival(0, 8)).toBe(1);
    expect(uniformityPValue(Array.from({ length: 36 }, (_, rank) => rank))).toBe(1);
    expect(uniformityPValue(new Array(36).fill(0))).toBeLessThan(1e-50);
  });

  describe.each(methods)('of $name', ({ draw, replicates }) => {
    // Of 45 ranks, χ² exceeds its threshold where they leave four of the nine bins empty, and hardly before: the longer suite is the one that tells.
    const title = replicates < 100 ? 'finds no gross mistake (test:statistics finds others)' : 'finds uniform ranks';
    it.each(SEEDS)(`${title} with seed %i`, async (seed) => {
      const found = await calibrationRanks(model, draw, { replicates, seed });
      expect(Math.abs(found.neighbourCorrelation), 'correlation of neighbouring draws').toBeLessThan(0.1);
      found.statistics.forEach((statistic, s) => {
        expect(uniformityPValue(found.ranks[s]), statistic).toBeGreaterThan(significance);
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
  ] as [string, Sampler['create']][])('finds %s', async (_mistake, create) => {
    const { ranks } = await calibrationRanks(model, chainDraws(create, 10), { replicates: 600, seed: 1 });
    expect(Math.min(...ranks.map(uniformityPValue))).toBeLessThan(significance);
  });
});

function parts({ logLikelihood, prior }: Parameters<Sampler['create']>[0]) {
  return { logLikelihood, prior };
}
