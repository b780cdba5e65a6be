import {
  type LogDensity,
  logDensity,
  type Posterior,
  posterior,
  type ValueAlgorithm,
  type Vector,
} from '@subspace/core';
import { diagnose } from '@subspace/diagnostics';
import { ellipticalSlice } from '@subspace/ess';
import { cloudPosterior, type ParticleCloud, sequentialMonteCarlo } from '@subspace/smc';
import { describe, expect, it } from 'vitest';
import { autoregression, correlatedRegression } from './noisy-regression.ts';

const move = (tempered: Posterior<LogDensity>, cloud: ParticleCloud) =>
  ellipticalSlice(cloudPosterior(tempered, cloud));
const options = { particles: 400, move };

describe('sequentialMonteCarlo where the cloud has tails that ellipses miss', () => {
  for (const [name, { target }] of Object.entries({
    autoregression: autoregression(),
    correlatedRegression: correlatedRegression(),
  })) {
    it(`says so where ${name} may not have them`, { timeout: 60_000 }, async () => {
      const few = await sequentialMonteCarlo(target, { ...options, maxMovesPerStage: 5, seed: 1 });
      for (const { moves } of few.stages) expect(moves).toBeLessThanOrEqual(5);
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

  it('says so at a temperature so low that steps of a fixed length are never accepted', async () => {
    const logLikelihood = logDensity(1, (z) => -0.5 * z[0] ** 2);
    const cold = posterior({ logLikelihood, priorStd: 1, temperature: 1e-12 });
    const fixed = { particles: 64, maxMovesPerStage: 10, seed: 1 };
    const stuck = await sequentialMonteCarlo(cold, { ...fixed, move: walk });
    for (const { correlation, moves } of stuck.stages) if (correlation === 1) expect(moves).toBe(10);
    expect(diagnose(stuck)).toMatchObject([{ code: 'moves-too-few' }]);
    const { logEvidence, logEvidenceStandardError } = await sequentialMonteCarlo(cold, { ...fixed, move });
    // ½·log(T / (1 + T))
    expect(Math.abs(logEvidence - 0.5 * Math.log(1e-12))).toBeLessThan(4 * logEvidenceStandardError);
  });

  it('ends after a thousand stages where its moves do not get on', async () => {
    const far = posterior({ logLikelihood: logDensity(1, (z) => -0.5 * (z[0] - 1e6) ** 2), priorStd: 1 });
    const few = { particles: 16, replicates: 2, movesPerStage: 1, maxMovesPerStage: 1, seed: 1 };
    await expect(sequentialMonteCarlo(far, { ...few, move: walk })).rejects.toThrow(
      /^sequentialMonteCarlo: the exponent is \S+ after 1000 stages, expected 1; the moves don't follow the likelihood: take steps from the cloud$/,
    );
  });
});

/** Steps of half a prior standard deviation, whatever the stage. */
function walk(target: Posterior<LogDensity>): ValueAlgorithm<{ position: Vector; value: number }, object> {
  return {
    name: 'walk',
    needs: 'values',
    target,
    position: ({ position }) => position,
    *init(_random, position) {
      return { position, value: yield position };
    },
    *step(random, state) {
      const position = state.position.map((x) => x + 0.5 * random.normal());
      const value = yield position;
      return { state: Math.log(1 - random.uniform()) < value - state.value ? { position, value } : state, info: {} };
    },
  };
}
