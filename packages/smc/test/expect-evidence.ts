import type { Posterior } from '@subspace/core';
import { diagnose } from '@subspace/diagnostics';
import { ellipticalSlice } from '@subspace/ess';
import { cloudPosterior, sequentialMonteCarlo } from '@subspace/smc';
import { expect } from 'vitest';

/**
 * Runs by ellipses of the cloud, at defaults: each error is within three of the standard errors that its run claims, their root mean square is below
 * a bound, and their mean is within three of its standard errors of 0. Nothing is found to say of them.
 */
export async function expectEvidence(
  { target, evidence }: { readonly target: Posterior; readonly evidence: number },
  { particles, seeds, rms }: { readonly particles: number; readonly seeds: readonly number[]; readonly rms: number },
): Promise<void> {
  let [sum, squares, claimed] = [0, 0, 0];
  for (const seed of seeds) {
    const run = await sequentialMonteCarlo(target, {
      particles,
      move: (tempered, cloud) => ellipticalSlice(cloudPosterior(tempered, cloud)),
      seed,
    });
    const error = run.logEvidence - evidence;
    expect(Math.abs(error), `seed ${seed}`).toBeLessThan(3 * run.logEvidenceStandardError);
    expect(diagnose(run), `seed ${seed}`).toEqual([]);
    sum += error;
    squares += error * error;
    claimed += run.logEvidenceStandardError * run.logEvidenceStandardError;
  }
  expect(Math.sqrt(squares / seeds.length)).toBeLessThan(rms);
  expect(Math.abs(sum)).toBeLessThan(3 * Math.sqrt(claimed));
}
