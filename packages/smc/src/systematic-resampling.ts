import type { RandomSource } from '@subspace/core';
import { argumentError, requireCount } from '@subspace/core/internals';

/**
 * Systematic resampling: picks `count` of the weighted indices, each with an expected number of copies of count·wᵢ/Σw, with one random number.
 *
 * With u uniform on [0, 1), copy j is the index whose stretch of the cumulated weights holds (j + u)/count. Unbiased; the number of copies of an
 * index is its expectation rounded down or up.
 *
 * @param logWeights log wᵢ up to a constant; −∞ is a weight of zero
 * @returns indices in ascending order, [count]
 * @throws on NaN, +∞, or if no weight is above zero
 * @see Douc, Cappé & Moulines (2005), "Comparison of resampling schemes for particle filtering", Section 2.4
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { systematicResampling } from '@subspace/smc';
 *
 * systematicResampling([Math.log(0.5), -Infinity, Math.log(0.25)], 3, randomSource(1)); // Int32Array [0, 0, 2]
 * ```
 */
export function systematicResampling(logWeights: ArrayLike<number>, count: number, random: RandomSource): Int32Array {
  requireCount('systematicResampling', 'count', count, 0);
  let largest = -Infinity;
  for (let i = 0; i < logWeights.length; i++) {
    const weight = logWeights[i];
    if (!(weight < Infinity)) {
      throw argumentError('systematicResampling', `logWeights[${i}] is ${weight}, expected a number below Infinity`);
    }
    largest = Math.max(largest, weight);
  }
  if (largest === -Infinity) {
    throw argumentError('systematicResampling', 'logWeights are all -Infinity or none, expected a weight above zero');
  }
  const weights = Float64Array.from(logWeights, (weight) => Math.exp(weight - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // Never past the last weight above zero, whatever the sums are rounded to.
  const last = weights.reduce((found, weight, i) => (weight > 0 ? i : found), 0);
  const offset = random.uniform();
  let index = 0;
  let cumulated = weights[0];
  return Int32Array.from({ length: count }, (_, j) => {
    const place = ((j + offset) / count) * total;
    while (place >= cumulated && index < last) cumulated += weights[++index];
    return index;
  });
}
