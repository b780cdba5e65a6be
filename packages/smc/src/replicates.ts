import type { RandomSource } from '@subspace/core';
import { systematicResampling } from './systematic-resampling.ts';

/** Replicate b has the particles from bounds[b] to bounds[b + 1]. */
export function replicateBounds(particles: number, replicates: number): readonly number[] {
  return Array.from({ length: replicates + 1 }, (_, b) => Math.floor((b * particles) / replicates));
}

/** Each replicate among its own particles. */
export function resampleReplicates(
  logWeights: Float64Array,
  bounds: readonly number[],
  random: RandomSource,
): Int32Array {
  const picks = new Int32Array(logWeights.length);
  for (let b = 0; b + 1 < bounds.length; b++) {
    const own = logWeights.subarray(bounds[b], bounds[b + 1]);
    const picked = systematicResampling(own, own.length, random.fork(`resampling ${b}`));
    picks.set(
      picked.map((pick) => bounds[b] + pick),
      bounds[b],
    );
  }
  return picks;
}

/** All particles together, each replicate by its evidence: one sample of equal weights comes out. */
export function joinReplicates(
  logWeights: Float64Array,
  logEvidences: Float64Array,
  bounds: readonly number[],
  random: RandomSource,
): Int32Array {
  const joined = logWeights.slice();
  for (let b = 0; b + 1 < bounds.length; b++) {
    const share = logEvidences[b] - Math.log(bounds[b + 1] - bounds[b]);
    for (let i = bounds[b]; i < bounds[b + 1]; i++) joined[i] += share;
  }
  return systematicResampling(joined, joined.length, random);
}
