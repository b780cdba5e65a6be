import { diagnose } from '@subspace/diagnostics';
import { ellipticalSlice } from '@subspace/ess';
import { cloudPosterior, sequentialMonteCarlo } from '@subspace/smc';
import { describe, expect, it } from 'vitest';
import { autoregression, correlatedRegression } from './noisy-regression.ts';

describe('sequentialMonteCarlo where the cloud has tails that ellipses miss', () => {
  for (const [name, { target, evidence }] of Object.entries({
    autoregression: autoregression(),
    correlatedRegression: correlatedRegression(),
  })) {
    it(`takes the moves that ${name} needs`, async () => {
      const run = await sequentialMonteCarlo(target, {
        particles: 400,
        move: (tempered, cloud) => ellipticalSlice(cloudPosterior(tempered, cloud)),
        seed: 1,
      });
      expect(Math.abs(run.logEvidence - evidence)).toBeLessThan(1.5);
      expect(diagnose(run)).toEqual([]);
      const most = Math.max(...run.stages.map(({ moves }) => moves));
      expect(most).toBeGreaterThan(5);
      expect(most).toBeLessThanOrEqual(160);
    });
  }
});
