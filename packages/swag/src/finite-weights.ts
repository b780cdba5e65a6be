import { requireFinite } from '@subspace/core/internals';

/** Throws at the first NaN or infinity, naming its index; at memory speed where there is none. */
export function requireFiniteWeights(where: string, weights: Float32Array): void {
  // x·0 is NaN for NaN and infinity, and 0 for the rest. Four sums, so that one addition need not wait for the last.
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 4 <= weights.length; i += 4) {
    s0 += weights[i] * 0;
    s1 += weights[i + 1] * 0;
    s2 += weights[i + 2] * 0;
    s3 += weights[i + 3] * 0;
  }
  for (; i < weights.length; i++) s0 += weights[i] * 0;
  if (s0 + s1 + s2 + s3 !== 0) requireFinite(where, 'weights', weights);
}
