import { importanceResample, laplace } from '@subspace/vi';
import { describeGolden, sized } from '@subspace-internal/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthorsPlane, curvePlane, principalPlane } from '../src/authors-plane.ts';
import { populationDeviations, tooFar } from '../src/deviations.ts';
import { approximationMethods, corrected, type PopulationRun } from '../src/populations.ts';

const GOOD = 0.5;

for (const [file, makePlane, temperatures] of [
  ['regression-curve-posterior.json', curvePlane, ['T0.75', 'T1', 'T2', 'T5']],
  ['regression-pca2-posterior.json', principalPlane, ['T1.5', 'T1']],
] as const) {
  describeGolden(file, (golden) => {
    let plane: AuthorsPlane;
    beforeAll(() => {
      plane = makePlane();
    });
    afterAll(() => plane.authors.dispose());
    const target = (name: string) => plane.target(golden[name], { name, effort: 1 });

    describe.each(temperatures)('at %s', (name) => {
      it('laplace of the engine’s Gauss–Newton matrix has the curvature and the evidence of the mode', async () => {
        const { mode, gaussNewton } = golden[name].laplace;
        const { sigma, temperature } = golden[name];
        const posterior = plane.authors.posterior(plane.subspace, { sigma, temperature });
        const { covariance, logEvidence } = await laplace(posterior, { at: Float64Array.from(mode) });
        // The engine's single precision, in a log posterior of hundreds of nats.
        expect(Math.abs(logEvidence - gaussNewton.logNormaliser)).toBeLessThan(0.01);
        // Modes lie on kinks of ReLUs: which side of one a row of data is on is for the rounding to say.
        const scale = gaussNewton.covariance.map((row: number[], k: number) => Math.sqrt(row[k]));
        covariance.forEach((value, at) => {
          const [i, j] = [Math.floor(at / 2), at % 2];
          expect(Math.abs(value - gaussNewton.covariance[i][j]) / scale[i] / scale[j]).toBeLessThan(0.02);
        });
      });

      it.each(approximationMethods)('$name ends at an optimum that is known', async (method) => {
        const { elbo, elboStandardError, paretoK } = await method.fit(target(name).posterior, {
          iterations: 2000,
          seed: '1',
        });
        // Laplace at the highest of several modes, on a kink, may reach beyond the table, where there is nothing: its ELBO says so, and its k̂.
        if (method.name === 'laplace' && elbo === -Infinity) {
          expect(paretoK).toBeGreaterThan(GOOD);
          return;
        }
        const error = 4 * elboStandardError + 0.02;
        const { logNormaliser, meanFieldVI, fullRankVI } = golden[name];
        expect(elbo).toBeLessThan(logNormaliser + error);
        const optima = { meanField: meanFieldVI, fullRank: fullRankVI }[method.name];
        if (optima) {
          const known = [optima.best, ...optima.otherLocalOptima].map(
            (optimum) => optimum.elbo ?? optimum.elboInterpolated,
          );
          expect(Math.min(...known.map((value) => Math.abs(elbo - value)))).toBeLessThan(error);
        }
        // A flow has no list of optima, but all Gaussians in its family.
        if (method.family === 'flow') expect(elbo).toBeGreaterThan(fullRankVI.best.elbo - error);
      });
    });

    if (makePlane === curvePlane) {
      it.each(approximationMethods.filter(({ family }) => family === 'Gaussian'))(
        '$name is told by k̂ that it does not fit a bent ridge',
        async (method) => {
          for (const name of temperatures) {
            const { paretoK } = await method.fit(target(name).posterior, { iterations: 2000, seed: '1' });
            expect(paretoK, name).toBeGreaterThan(GOOD);
          }
        },
      );
      return;
    }
    it.each(approximationMethods)('$name is right when corrected', async (method) => {
      for (const name of temperatures) {
        const { posterior, expectations } = target(name);
        const approximation = await method.fit(posterior, { iterations: 2000, seed: '1' });
        const { paretoK } = await importanceResample(approximation, posterior, {
          draws: 1,
          proposals: 20_000,
          seed: 'k',
        });
        expect(paretoK, name).toBeLessThan(0.7);
        const runs: PopulationRun[] = [];
        for (let r = 0; r < 24; r++) {
          const options = { particles: sized(500, 2000), seed: `1 run ${r}` };
          runs.push(await corrected(approximation).run(posterior, options));
        }
        expect(tooFar(populationDeviations(runs, expectations, golden[name].logNormaliser)), name).toEqual([]);
      }
    });
  });
}
