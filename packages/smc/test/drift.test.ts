import { type LogDensity, logDensity, type Posterior, posterior } from '@subspace/core';
import { diagnose } from '@subspace/diagnostics';
import { ellipticalSlice } from '@subspace/ess';
import { cloudPosterior, type ParticleCloud, sequentialMonteCarlo } from '@subspace/smc';
import { describe, expect, it } from 'vitest';
import { autoregression, correlatedRegression } from './noisy-regression.ts';

const move = (tempered: Posterior<LogDensity>, cloud: ParticleCloud) =>
  ellipticalSlice(cloudPosterior(tempered, cloud));
const options = { particles: 400, move };

describe('sequentialMonteCarlo where the cloud has tails that ellipses miss', () => {
  for (const [name, { target, evidence }] of Object.entries({
    autoregression: autoregression(),
    correlatedRegression: correlatedRegression(),
  })) {
    it(`takes the moves that ${name} needs`, { timeout: 60_000 }, async () => {
      const run = await sequentialMonteCarlo(target, { ...options, seed: 1 });
      expect(Math.abs(run.logEvidence - evidence)).toBeLessThan(1.5);
      expect(diagnose(run)).toEqual([]);
      const most = Math.max(...run.stages.map(({ moves }) => moves));
      expect(most).toBeGreaterThan(5);
      expect(most).toBeLessThanOrEqual(160);
    });

    it(`says so where ${name} may not have them`, { timeout: 60_000 }, async () => {
      const few = await sequentialMonteCarlo(target, { ...options, maxMovesPerStage: 5, seed: 1 });
      for (const { moves } of few.stages) expect(moves).toBe(5);
      expect(diagnose(few)).toMatchObject([{ code: 'moves-too-few' }]);
    });
  }

  it('finds a likelihood 16 prior standard deviations away by ellipses of the cloud, and says that those of the prior may not have', async () => {
    const far = logDensity(4, (z) => z.reduce((sum, x) => sum - 0.5 * ((x - 8) / 0.05) ** 2, 0));
    const exact = 4 * (-0.5 * (64 / 1.0025) - 0.5 * Math.log(1.0025) + Math.log(0.05));
    const run = await sequentialMonteCarlo(posterior({ logLikelihood: far, priorStd: 1 }), { ...options, seed: 1 });
    expect(Math.abs(run.logEvidence - exact)).toBeLessThan(4 * run.logEvidenceStandardError);
    expect(diagnose(run)).toEqual([]);
    const lost = { ...options, particles: 200, move: ellipticalSlice, maxMovesPerStage: 5, seed: 1 };
    const short = await sequentialMonteCarlo(posterior({ logLikelihood: far, priorStd: 1 }), lost);
    expect(diagnose(short)).toMatchObject([{ code: 'moves-too-few' }]);
  });
});
