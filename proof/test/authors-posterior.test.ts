import {
  coordinateChains,
  diagnose,
  isotropicGaussian,
  type LogDensity,
  posterior,
  randomSource,
  rHat,
} from '@subspace/core';
import { hmc, nuts } from '@subspace/nuts';
import { describeGolden } from '@subspace-internal/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthorsNetwork, authorsNetwork } from '../src/authors-network.ts';
import { deviations, tooFar } from '../src/deviations.ts';
import { type Expectation, moments, quantiles } from '../src/expectation.ts';
import { graveDiagnoses } from '../src/expected-failures.ts';
import { predictiveDraws } from '../src/predictive-draws.ts';
import { runSampler } from '../src/run-sampler.ts';
import { type Sampler, samplers } from '../src/samplers.ts';
import { isLong } from '../src/suite-size.ts';
import { type Table, tabulated } from '../src/tabulated-likelihood.ts';
import type { Target } from '../src/target.ts';

/** How hard a case is for each sampler; the long suite has them all. */
type Efforts = Readonly<Record<string, { readonly [sampler: string]: number | { readonly long: number } }>>;

/**
 * The posteriors of the authors' checkpoints: the network, data and subspace are theirs, the truth is quadrature. The samplers read the engine's likelihood from a table, which says the
 * same to a hundredth of a nat, so that hundreds of millions of evaluations take minutes.
 */
const PLANES: readonly {
  readonly file: string;
  readonly plane: (of: AuthorsNetwork) => AuthorsNetwork['curve'];
  /** Whether the mass lies along a bent ridge. */
  readonly ridge: boolean;
  readonly spacing: number;
  readonly extent: number;
  readonly efforts: Efforts;
}[] = [
  {
    // Of length 3, and of standard deviation 0.01 across at T = 1.
    file: 'regression-curve-posterior.json',
    plane: ({ curve }) => curve,
    ridge: true,
    spacing: 0.01,
    extent: 8,
    efforts: {
      'T0.75': { ellipticalSlice: 2, nuts: { long: 12 } },
      T1: { ellipticalSlice: 2, nuts: { long: 8 }, hmc: { long: 1 } },
      T2: { ellipticalSlice: 2, nuts: 4, 'nuts, dense': { long: 4 }, hmc: 1 },
      T5: {
        ellipticalSlice: 1,
        nuts: 2,
        'nuts, dense': { long: 8 },
        hmc: 1,
        mala: 20,
        randomWalk: 10,
        sliceWithinGibbs: 15,
      },
    },
  },
  {
    file: 'regression-pca2-posterior.json',
    plane: ({ pca }) => pca(2),
    ridge: false,
    spacing: 0.5,
    extent: 40,
    efforts: {
      'T1.5': { ellipticalSlice: 1, nuts: 1, 'nuts, dense': 1, hmc: 1, mala: 1, randomWalk: 1, sliceWithinGibbs: 1 },
      T1: { ellipticalSlice: 1, nuts: 1, 'nuts, dense': 1, hmc: 1, mala: 1, randomWalk: 1, sliceWithinGibbs: 1 },
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

for (const { file, plane, ridge, spacing, extent, efforts } of PLANES) {
  const methods = samplers.map((sampler) =>
    ridge ? { ...sampler, create: alongTheRidge[sampler.name] ?? sampler.create } : sampler,
  );
  describeGolden(file, (golden) => {
    let authors: AuthorsNetwork;
    let engine: LogDensity;
    let table: Table;
    beforeAll(() => {
      authors = authorsNetwork();
      engine = authors.posterior(plane(authors), { sigma: 1, temperature: 1 }).logLikelihood;
      table = tabulated(engine, { spacing, extent, maximum: 222 });
    });
    afterAll(() => authors.dispose());

    const target = (name: string, effort: number): Target => {
      const { sigma, temperature, mean, covariance, quantiles: values } = golden[name];
      const tempered = posterior({ logLikelihood: table.likelihood, priorStd: sigma, temperature });
      return {
        name,
        dim: 2,
        density: tempered,
        posterior: tempered,
        starts: isotropicGaussian(2, sigma),
        effort,
        expectations: [
          ...moments(mean, covariance),
          ...[0, 1].flatMap((k) => quantiles(`z${k}`, (z) => z[k], golden.quantileLevels, values[k])),
        ],
      };
    };

    for (const [name, perSampler] of Object.entries(efforts)) {
      describe(`at ${name}`, () => {
        for (const sampler of methods) {
          const given = perSampler[sampler.name];
          const effort = typeof given === 'object' ? isLong && given.long : given;
          if (!effort) continue;
          it(`${sampler.name}: moments, quantiles and predictive band`, async () => {
            const aim = target(name, effort);
            const draws = await runSampler(sampler, aim);
            expect(tooFar(deviations(draws, aim.expectations))).toEqual([]);
            for (const k of [0, 1]) expect(rHat(coordinateChains(draws, k)), `R̂ of z${k}`).toBeLessThan(1.01);
            expect(graveDiagnoses(draws)).toEqual([]);

            const at = golden.xGrid.map((_: number, i: number) => i).filter((i: number) => i % 6 === 0);
            const band = at.flatMap((i: number, j: number): Expectation[] => {
              const centre = golden[name].predictiveMean[i];
              const spread = golden[name].predictiveEpistemicStd[i];
              return [
                { name: `predictive mean at x${i}`, of: (f) => f[j], exact: centre },
                { name: `predictive variance at x${i}`, of: (f) => (f[j] - centre) ** 2, exact: spread ** 2 },
              ];
            });
            const x = at.map((i: number) => golden.xGrid[i]);
            const { network } = authors;
            const predicted = await predictiveDraws(network, plane(authors), draws, x, { perChain: 100 });
            expect(tooFar(deviations(predicted, band))).toEqual([]);
          });
        }
      });
    }

    const lost = ridge ? methods.filter(({ name }) => ['mala', 'randomWalk'].includes(name)) : [];
    it.each(lost)('$name is too slow for the narrowest ridge, and told so', async (sampler) => {
      const codes = diagnose(await runSampler(sampler, target('T0.75', 2))).map(({ code }) => code);
      expect(codes).toContain('r-hat');
    });

    it('the table says what the engine says', async () => {
      const [name] = Object.keys(efforts);
      const draws = await runSampler(samplers[0], target(name, 1));
      const points = draws.sample(randomSource(1), 100);
      const exact = (await engine.values(points)) as Float64Array;
      const read = table.likelihood.values(points) as Float64Array;
      for (const [i, value] of exact.entries()) expect(Math.abs(read[i] - value)).toBeLessThan(0.02);
    });
  });
}
