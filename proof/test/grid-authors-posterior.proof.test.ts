import { gridPosterior } from '@subspace/smc';
import { describeGolden, sized } from '@subspace-internal/testing';
import { expect, it } from 'vitest';
import { authorsNetwork } from '../src/authors-network.ts';

describeGolden('regression-curve-posterior.json', (golden) => {
  // A bent ridge, the thinner the colder: some 20,000 evaluations of the network find what the reference took 150,000 for.
  it.each(sized(['T0.75', 'T5'], ['T0.75', 'T1', 'T2', 'T5']))(
    "gridPosterior of the authors' network has the posterior of the curve plane: %s",
    async (name) => {
      const { temperature, sigma, logNormaliser, mean, covariance, std, quantiles } = golden[name];
      const authors = authorsNetwork();
      const target = authors.posterior(authors.curve, { sigma, temperature });
      const tolerance = 1e-3;
      const grid = await gridPosterior(target, { tolerance });
      expect(Math.abs(grid.logEvidence - logNormaliser)).toBeLessThan(tolerance);
      for (const k of [0, 1]) {
        expect(Math.abs(grid.mean[k] - mean[k]) / std[k]).toBeLessThan(tolerance);
        for (const j of [0, 1]) {
          expect(Math.abs(grid.covariance[2 * k + j] - covariance[k][j]) / (std[k] * std[j])).toBeLessThan(
            2 * tolerance,
          );
        }
        golden.quantileLevels.forEach((level: number, i: number) => {
          expect(Math.abs(grid.quantile(k, level) - quantiles[k][i]) / std[k]).toBeLessThan(tolerance);
        });
      }
      expect(grid.evaluations).toBeLessThan(30_000);
      target.dispose();
      authors.dispose();
    },
  );
});
