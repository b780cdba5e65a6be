/**
 * Wilcoxon's signed-rank test of paired differences: the two-sided p value, exact (all signs equally probable), zeros left out, ties sharing their average rank.
 *
 * @returns 1 where no difference is left
 */
export function signedRank(differences: readonly number[]): number {
  const kept = differences.filter((d) => d !== 0).sort((a, b) => Math.abs(a) - Math.abs(b));
  // Twice the ranks, so that averages of ties are integers.
  const ranks = kept.map((d) => {
    const below = kept.filter((other) => Math.abs(other) < Math.abs(d)).length;
    const equal = kept.filter((other) => Math.abs(other) === Math.abs(d)).length;
    return 2 * below + equal + 1;
  });
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const positive = ranks.reduce((sum, rank, i) => sum + (kept[i] > 0 ? rank : 0), 0);
  // ways[s]: of all sign patterns, the share whose positive ranks sum to s.
  let ways = new Float64Array(total + 1);
  ways[0] = 1;
  for (const rank of ranks) ways = ways.map((share, s) => 0.5 * (share + (s >= rank ? ways[s - rank] : 0)));
  const smaller = Math.min(positive, total - positive);
  return Math.min(1, 2 * ways.subarray(0, smaller + 1).reduce((sum, share) => sum + share, 0));
}
