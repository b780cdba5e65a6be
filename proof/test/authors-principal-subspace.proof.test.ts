import { coordinateChains, sample } from '@subspace/core';
import { rHat } from '@subspace/diagnostics';
import { importanceResample, laplace } from '@subspace/vi';
import { describeGolden, sized, suite } from '@subspace-internal/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthorsNetwork, authorsNetwork } from '../src/authors-network.ts';
import { deviations, tooFar } from '../src/deviations.ts';
import type { Expectation } from '../src/expectation.ts';
import { predictiveDraws, thinned } from '../src/predictive-draws.ts';
import { samplers } from '../src/samplers.ts';

// Five and ten coordinates are too many for a table: here every evaluation is the engine's. The truth is a long run, with errors of its own.
describeGolden('regression-pca-posterior.json', (golden) => {
  let authors: AuthorsNetwork;
  beforeAll(() => {
    authors = authorsNetwork();
  });
  afterAll(() => authors.dispose());

  const posterior = (name: string) =>
    authors.posterior(authors.pca(golden[name].K), {
      sigma: golden[name].sigma,
      temperature: golden[name].temperature,
    });

  const moments = (name: string): readonly Expectation[] => {
    const { K, mean, covariance, mcseMean, mcseCovariance } = golden[name];
    const found: Expectation[] = [];
    for (let i = 0; i < K; i++) {
      found.push({ name: `mean of z${i}`, of: (z) => z[i], exact: mean[i], uncertainty: mcseMean[i] });
      for (let j = 0; j <= i; j++) {
        found.push({
          name: `covariance of z${i} and z${j}`,
          of: (z) => (z[i] - mean[i]) * (z[j] - mean[j]),
          exact: covariance[i][j],
          uncertainty: mcseCovariance[i][j],
        });
      }
    }
    return found;
  };

  describe.each(['k5', 'k10'])('%s', (name) => {
    // Those that ask for gradients, or for many values, have the long suite.
    it.each(suite === 'statistics' ? samplers : samplers.slice(0, 1))(
      '$name: moments and predictive mean',
      async ({ create, thin }) => {
        const target = posterior(name);
        const draws = await sample(create(target), {
          draws: 500,
          warmup: sized(200, 500),
          thin: sized(2, thin),
          seed: 1,
        });
        expect(tooFar(deviations(draws, moments(name)))).toEqual([]);
        for (let k = 0; k < draws.dim; k++) expect(rHat(coordinateChains(draws, k)), `R̂ of z${k}`).toBeLessThan(1.01);

        const { xGrid, predictiveMean, predictiveMeanMcse } = golden[name];
        const at: readonly number[] = [...xGrid.keys()].filter((i) => i % 6 === 0);
        const band = at.map(
          (i, j): Expectation => ({
            name: `predictive mean at x${i}`,
            of: (f) => f[j],
            exact: predictiveMean[i],
            uncertainty: predictiveMeanMcse[i],
          }),
        );
        const x = at.map((i) => xGrid[i]);
        const { functions } = await predictiveDraws(
          authors.network,
          authors.pca(draws.dim),
          thinned(draws, sized(100, 1000)),
          x,
        );
        expect(tooFar(deviations(functions, band))).toEqual([]);
      },
    );

    it('laplace, corrected: evidence, and means', async () => {
      const target = posterior(name);
      const approximation = await laplace(target);
      const { positions, paretoK, logEvidence, effectiveSize } = await importanceResample(approximation, target, {
        draws: 4000,
        proposals: sized(4000, 20_000),
        seed: 1,
      });
      expect(paretoK).toBeLessThan(0.7);
      const { mean, std, mcseMean, importanceSampling } = golden[name];
      // The ratios' spread, by the effective size they leave.
      const error = Math.sqrt((sized(4000, 20_000) / effectiveSize - 1) / sized(4000, 20_000));
      expect(Math.abs(logEvidence - importanceSampling.logNormaliser)).toBeLessThan(
        4 * Math.hypot(error, importanceSampling.logNormaliserError),
      );
      for (let k = 0; k < mean.length; k++) {
        const estimate = positions[0].reduce((sum, z) => sum + z[k], 0) / positions[0].length;
        const own = std[k] * Math.sqrt(1 / effectiveSize + 1 / positions[0].length);
        expect(Math.abs(estimate - mean[k]), `mean of z${k}`).toBeLessThan(4 * Math.hypot(own, mcseMean[k]));
      }
    });
  });
});
