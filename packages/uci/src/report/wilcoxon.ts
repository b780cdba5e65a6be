import { argumentError, normalCdf, requireFinite } from '@subspace/core/internals';

/** Above so many differences, a normal distribution stands for the exact one. */
const EXACT = 50;

/**
 * Wilcoxon's signed-rank test: the probability, two-sided, of ranks as one-sided as these if differences are symmetric about 0.
 *
 * Differences of 0 are left out. Exact for up to 50 differences, given their ranks (SciPy takes the normal distribution where some are equal); else by the normal distribution, corrected for ties.
 *
 * @param differences of pairs, in any order
 * @returns p; 1 where no difference is left
 * @throws on values that are not finite
 * @see Wilcoxon (1945), "Individual comparisons by ranking methods"
 * @example
 * ```ts
 * import { wilcoxon } from '@subspace/uci';
 *
 * wilcoxon([1, 2, 3, 4, 5]); // 0.0625: 2 of 32 ways of giving signs are as one-sided
 * ```
 */
export function wilcoxon(differences: ArrayLike<number>): number {
  if (typeof differences?.length !== 'number') {
    throw argumentError('wilcoxon', `differences is ${String(differences)}, expected a list of numbers`);
  }
  requireFinite('wilcoxon', 'differences', differences);
  const kept = Array.from(differences).filter((difference) => difference !== 0);
  const size = kept.length;
  if (size === 0) return 1;
  const { ranks, ties } = ranked(kept.map(Math.abs));
  const positive = kept.reduce((sum, difference, i) => sum + (difference > 0 ? ranks[i] : 0), 0);
  const total = (size * (size + 1)) / 2;
  const smaller = Math.min(positive, total - positive);
  if (size <= EXACT) return Math.min(1, 2 * exactTail(ranks, smaller));
  const variance = (size * (size + 1) * (2 * size + 1)) / 24 - ties / 48;
  return Math.min(1, 2 * normalCdf((smaller - total / 2) / Math.sqrt(variance)));
}

/** P(sum of the ranks with a plus ≤ `sum`), each sign as likely. */
function exactTail(ranks: Float64Array, sum: number): number {
  // Ways to each sum, as shares of all; of twice the ranks, which are integers also where some are equal.
  let ways = new Float64Array(ranks.length * (ranks.length + 1) + 1);
  ways[0] = 1;
  for (const rank of ranks) {
    ways = ways.map((share, at) => 0.5 * (share + (at >= 2 * rank ? ways[at - 2 * rank] : 0)));
  }
  return ways.slice(0, 2 * sum + 1).reduce((total, share) => total + share, 0);
}

/** Ranks from 1, the mean of them where values are equal, and Σ (t³ − t) over the groups of equal ones. */
export function ranked(values: readonly number[]): { readonly ranks: Float64Array; readonly ties: number } {
  const order = [...values.keys()].sort((a, b) => values[a] - values[b]);
  const ranks = new Float64Array(values.length);
  let ties = 0;
  for (let first = 0; first < order.length; ) {
    let end = first + 1;
    while (end < order.length && values[order[end]] === values[order[first]]) end += 1;
    for (let i = first; i < end; i++) ranks[order[i]] = (first + 1 + end) / 2;
    const group = end - first;
    ties += group * group * group - group;
    first = end;
  }
  return { ranks, ties };
}
