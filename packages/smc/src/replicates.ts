import type { RandomSource } from '@subspace/core';
import { systematicResampling } from './systematic-resampling.ts';

/** Replicate b has the particles from bounds[b] to bounds[b + 1]. */
export function replicateBounds(particles: number, replicates: number): readonly number[] {
  return Array.from({ length: replicates + 1 }, (_, b) => Math.floor((b * particles) / replicates));
}

/** The values of each replicate, of values at all places of each particle: [particles, places]. */
export function replicateParts(values: Float64Array, replicates: number, particles: number): readonly Float64Array[] {
  const places = values.length / particles;
  const bounds = replicateBounds(particles, replicates);
  return bounds.slice(1).map((end, b) => values.subarray(bounds[b] * places, end * places));
}

/** Each replicate among its own places, as many as it has particles. */
export function resampleReplicates(
  logWeights: readonly Float64Array[],
  bounds: readonly number[],
  random: RandomSource,
): Int32Array {
  const picks = new Int32Array(bounds[bounds.length - 1]);
  let first = 0;
  logWeights.forEach((own, b) => {
    const picked = systematicResampling(own, bounds[b + 1] - bounds[b], random.fork(`resampling ${b}`));
    picks.set(
      picked.map((pick) => first + pick),
      bounds[b],
    );
    first += own.length;
  });
  return picks;
}

/** All places together, those of a replicate by its evidence: one sample of equal weights comes out. */
export function joinReplicates(
  logWeights: readonly Float64Array[],
  logEvidences: Float64Array,
  particles: number,
  random: RandomSource,
): Int32Array {
  const joined = logWeights.flatMap((own, b) => Array.from(own, (x) => x + logEvidences[b] - Math.log(own.length)));
  return systematicResampling(joined, particles, random);
}
