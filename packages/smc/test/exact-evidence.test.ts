import { logDensity, posterior } from '@subspace/core';
import { ellipticalSlice } from '@subspace/ess';
import { cloudPosterior, type SequentialMonteCarloResult, sequentialMonteCarlo } from '@subspace/smc';
import { describeGolden, suite } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { average, expectMean, logNormal } from './independent-runs.ts';
import { goldenLogLikelihood, salts } from './linear-gaussian.ts';

describe('sequentialMonteCarlo on two modes', () => {
  it('has both, with their weights, and the evidence', async () => {
    // Two observations of |z|-like data: likelihood 0.2·N(z | −3, 0.1²·I) + 0.8·N(z | 3, 0.2²·I), far apart for any chain.
    const modes = [
      { share: 0.2, centre: -3, std: 0.1 },
      { share: 0.8, centre: 3, std: 0.2 },
    ];
    const logLikelihood = logDensity(2, (z) => {
      const terms = modes.map(
        ({ share, centre, std }) => Math.log(share) + z.reduce((sum, x) => sum + logNormal(x, centre, std ** 2), 0),
      );
      const largest = Math.max(...terms);
      return largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0));
    });
    const priorStd = 2;
    const masses = modes.map(
      ({ share, centre, std }) => share * Math.exp(2 * logNormal(centre, 0, priorStd ** 2 + std ** 2)),
    );
    const total = masses[0] + masses[1];
    const runs: SequentialMonteCarloResult[] = [];
    for (let seed = 0; seed < (suite === 'test' ? 8 : 24); seed++) {
      runs.push(
        await sequentialMonteCarlo(posterior({ logLikelihood, priorStd }), {
          particles: 256,
          move: ellipticalSlice,
          seed,
        }),
      );
    }
    expectMean(
      runs.map(({ logEvidence }) => Math.exp(logEvidence) / total),
      1,
    );
    // Z times the share of a mode: the share itself is right to the order of 1/particles.
    expectMean(
      runs.map(
        ({ logEvidence, positions }) => (Math.exp(logEvidence) * average(positions, (z) => (z[0] < 0 ? 1 : 0))) / total,
      ),
      masses[0] / total,
    );
    for (const { positions } of runs)
      expect(positions.some((z) => z[0] < 0) && positions.some((z) => z[0] > 0)).toBe(true);
  });
});

/** Particles; of more than five coordinates, half as many. */
const size = suite === 'test' ? 800 : 1600;

describeGolden('samplers-targets.json', (golden) => {
  for (const [name, salt] of Object.entries(salts)) {
    it(`has the evidence and the posterior mean of the linear Gaussian model ${name}`, {
      timeout: 30_000,
    }, async () => {
      const { sigma, temperature, ...exact } = golden.linearGaussian[name];
      const logLikelihood = goldenLogLikelihood(exact, salt);
      exact.z.forEach((z: number[], i: number) => {
        expect((logLikelihood.values([Float64Array.from(z)]) as Float64Array)[0] / exact.logLikelihood[i]).toBeCloseTo(
          1,
          10,
        );
      });
      const run = await sequentialMonteCarlo(posterior({ logLikelihood, priorStd: sigma, temperature }), {
        particles: exact.K > 5 ? size / 2 : size,
        replicates: suite !== 'test' && exact.K <= 5 ? 32 : 16,
        move: (tempered, cloud) => ellipticalSlice(cloudPosterior(tempered, cloud)),
        seed: 1,
      });
      expect(Math.abs(run.logEvidence - exact.logEvidence)).toBeLessThan(4 * run.logEvidenceStandardError);
      expect(run.logEvidenceStandardError).toBeLessThan(0.3);
      exact.posteriorMean.forEach((mean: number, k: number) => {
        // The particles are independent in parts only: four standard errors of a quarter of `size` draws.
        const error = 4 * Math.sqrt(exact.posteriorCovariance[k][k] / (size / 4));
        expect(Math.abs(average(run.positions, (z) => z[k]) - mean)).toBeLessThan(error);
      });
    });
  }
});
