import type { RandomSource } from '@subspace/core';
import type { PredictedTargets } from '../model.ts';

/** Draws of the targets from a prediction: of its members, each as often as another; of its Gaussian where it has none. [count][N]. */
export function targetDraws(
  prediction: PredictedTargets,
  count: number,
  random: RandomSource,
): readonly Float64Array[] {
  const { mean, variance, samples, members } = prediction;
  if (samples && samples.length >= count) return samples.slice(0, count).map((draw) => Float64Array.from(draw));
  return Array.from({ length: count }, (_, k) => {
    const means = members ? members.means[k % members.means.length] : mean;
    const variances = members ? members.variances[k % members.variances.length] : variance;
    return Float64Array.from(means, (value, i) => value + Math.sqrt(variances[i]) * random.normal());
  });
}
