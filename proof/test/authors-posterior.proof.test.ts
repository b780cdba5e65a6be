import { coordinateChains, type Draws, drawsFrom, randomSource } from '@subspace/core';
import { type Diagnosis, diagnose, rHat } from '@subspace/diagnostics';
import { hmc, nuts } from '@subspace/nuts';
import { gridPosterior } from '@subspace/smc';
import { describeGolden, sized, suite } from '@subspace-internal/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthorsPlane, curvePlane, principalPlane } from '../src/authors-plane.ts';
import { deviations, errorBetweenRuns, populationDeviations, tooFar } from '../src/deviations.ts';
import { graveDiagnoses } from '../src/expected-failures.ts';
import { type Population, type PopulationRun, particleMethods } from '../src/populations.ts';
import { predictiveDeviations } from '../src/predictive-deviations.ts';
import { thinned } from '../src/predictive-draws.ts';
import { runSampler } from '../src/run-sampler.ts';
import { type Sampler, samplers } from '../src/samplers.ts';
import type { Target } from '../src/target.ts';

/** How hard a case is for a sampler: the effort it takes, in the long suite only where the short one has no time for it, or what is said of the draws that it makes with an effort of 1. */
type Effort = number | { readonly long: number } | { readonly lost: Diagnosis['code'] };

type Efforts = Readonly<Record<string, Readonly<Record<string, Effort>>>>;

/** One that the ridge is too narrow and too long for. */
const lost: Effort = { lost: 'r-hat' };

const PLANES: readonly {
  readonly file: string;
  readonly plane: () => AuthorsPlane;
  /** Whether the mass lies along a bent ridge. */
  readonly ridge: boolean;
  readonly efforts: Efforts;
}[] = [
  {
    file: 'regression-curve-posterior.json',
    plane: curvePlane,
    ridge: true,
    efforts: {
      'T0.75': {
        ellipticalSlice: 2,
        sliceWithinGibbs: lost,
        nuts: { long: 12 },
        'nuts, dense': lost,
        hmc: lost,
        mala: lost,
        randomWalk: lost,
        adjustedMclmc: lost,
      },
      T1: {
        ellipticalSlice: 2,
        sliceWithinGibbs: lost,
        nuts: { long: 8 },
        'nuts, dense': lost,
        hmc: { long: 1 },
        mala: lost,
        randomWalk: lost,
        adjustedMclmc: { long: 8 },
      },
      T2: {
        ellipticalSlice: 2,
        sliceWithinGibbs: lost,
        nuts: 4,
        'nuts, dense': { long: 4 },
        hmc: 1,
        mala: lost,
        randomWalk: lost,
        adjustedMclmc: { long: 2 },
      },
      T5: {
        ellipticalSlice: 1,
        sliceWithinGibbs: { long: 15 },
        nuts: 2,
        'nuts, dense': { long: 8 },
        hmc: 1,
        mala: { long: 20 },
        randomWalk: 10,
        adjustedMclmc: 1,
      },
    },
  },
  {
    file: 'regression-pca2-posterior.json',
    plane: principalPlane,
    ridge: false,
    efforts: {
      'T1.5': {
        ellipticalSlice: 1,
        sliceWithinGibbs: 1,
        nuts: 1,
        'nuts, dense': 1,
        hmc: 1,
        mala: 1,
        randomWalk: 1,
        adjustedMclmc: 1,
      },
      T1: {
        ellipticalSlice: 1,
        sliceWithinGibbs: 1,
        nuts: 1,
        'nuts, dense': 1,
        hmc: 1,
        mala: 1,
        randomWalk: 1,
        adjustedMclmc: 1,
      },
    },
  },
];

/**
 * Along a ridge, steps short enough for its bend: with the default acceptance one chain in several learns steps of which it is told that they diverge. The length of its trajectories is the
 * user's to choose for Hamiltonian Monte Carlo: long ones.
 */
const alongTheRidge: Readonly<Record<string, Sampler['create']>> = {
  nuts: (target) => nuts(target, { targetAcceptance: 0.95 }),
  'nuts, dense': (target) => nuts(target, { targetAcceptance: 0.95, massMatrix: 'dense' }),
  hmc: (target) => hmc(target, { stepSize: 0.01, steps: [50, 150], massMatrix: 'diagonal', targetAcceptance: 0.95 }),
};

async function populationRuns(
  method: Population,
  target: Target,
  particles: number,
): Promise<readonly PopulationRun[]> {
  const runs: PopulationRun[] = [];
  for (let r = 0; r < 24; r++) runs.push(await method.run(target.posterior!, { particles, seed: `1 run ${r}` }));
  return runs;
}

for (const { file, plane: makePlane, ridge, efforts } of PLANES) {
  const methods = samplers.map((sampler) =>
    ridge ? { ...sampler, create: alongTheRidge[sampler.name] ?? sampler.create } : sampler,
  );
  describeGolden(file, (golden) => {
    let plane: AuthorsPlane;
    beforeAll(() => {
      plane = makePlane();
    });
    afterAll(() => plane.authors.dispose());

    const target = (name: string, effort = 1) => plane.target(golden[name], { name, effort });

    const predictions = (name: string, draws: Draws, standardError?: typeof errorBetweenRuns) =>
      predictiveDeviations(plane, golden[name], golden.xGrid, draws, standardError);

    it('the table says what the engine says', async () => {
      const [name] = Object.keys(efforts);
      const draws = await runSampler(samplers[0], target(name));
      const points = draws.sample(randomSource(1), 100);
      const exact = (await plane.exact.values(points)) as Float64Array;
      const read = plane.read.values(points) as Float64Array;
      for (const [i, value] of exact.entries()) expect(Math.abs(read[i] - value)).toBeLessThan(0.02);
    });

    it('every sampler has its effort at every temperature, or is known to be lost', () => {
      for (const perSampler of Object.values(efforts)) {
        expect(Object.keys(perSampler)).toEqual(samplers.map((sampler) => sampler.name));
      }
    });

    describe.each(Object.entries(efforts))('at %s', (name, perSampler) => {
      for (const sampler of methods) {
        const given = perSampler[sampler.name];
        if (typeof given === 'object' && 'lost' in given) {
          it(`${sampler.name} is lost, and told so: ${given.lost}`, async () => {
            // As many steps in the long suite.
            const codes = diagnose(await runSampler(sampler, target(name, sized(1, 0.25)))).map(({ code }) => code);
            expect(codes).toContain(given.lost);
          });
          continue;
        }
        const effort = typeof given === 'object' ? suite === 'statistics' && given.long : given;
        if (!effort) continue;
        it(`${sampler.name}: moments, quantiles and predictions`, async () => {
          const aim = target(name, effort);
          const draws = await runSampler(sampler, aim);
          expect(tooFar(deviations(draws, aim.expectations))).toEqual([]);
          for (const k of [0, 1]) expect(rHat(coordinateChains(draws, k)), `R̂ of z${k}`).toBeLessThan(1.01);
          expect(graveDiagnoses(draws)).toEqual([]);

          expect(tooFar(await predictions(name, thinned(draws, sized(100, 1000))))).toEqual([]);
        });
      }

      it('gridPosterior: moments, evidence and predictions', async () => {
        const grid = await gridPosterior(target(name).posterior);
        const { mean, covariance, logNormaliser } = golden[name];
        const scale = golden[name].std;
        expect(Math.abs(grid.logEvidence - logNormaliser)).toBeLessThan(2e-3);
        for (const i of [0, 1]) {
          expect(Math.abs(grid.mean[i] - mean[i]) / scale[i]).toBeLessThan(2e-3);
          for (const j of [0, 1]) {
            expect(Math.abs(grid.covariance[2 * i + j] - covariance[i][j]) / scale[i] / scale[j]).toBeLessThan(4e-3);
          }
        }
        const draws = drawsFrom([grid.sample(randomSource(1), sized(400, 4000))]);
        expect(tooFar(await predictions(name, draws))).toEqual([]);
      });

      it.each(particleMethods)('$name: moments, quantiles, evidence and predictions', async (method) => {
        const runs = await populationRuns(method, target(name), sized(128, 1024));
        expect(tooFar(populationDeviations(runs, target(name).expectations, golden[name].logNormaliser))).toEqual([]);
        const particles = thinned(drawsFrom(runs.map(({ positions }) => positions)), sized(32, 512));
        expect(tooFar(await predictions(name, particles, errorBetweenRuns))).toEqual([]);
      });
    });
  });
}
