import type { Turn } from './turn.ts';

/** Spearman's correlation of ranks, in [−1, 1]; ties are ranked in order, −∞ is the lowest. 1 where there are fewer than two values. */
export async function rankCorrelation(a: Float64Array, b: Float64Array, turn: Turn): Promise<number> {
  const n = a.length;
  const [first, second] = [await ranks(a, turn), await ranks(b, turn)];
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (first[i] - second[i]) * (first[i] - second[i]);
  return n < 2 ? 1 : 1 - (6 * squares) / (n * (n * n - 1));
}

/** A value's rank: how many are below it, and how many before it are the same. */
async function ranks(values: Float64Array, turn: Turn): Promise<Float64Array> {
  const sorted = values.slice().sort();
  const same = new Uint32Array(values.length);
  const rank = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const below = countBelow(sorted, values[i]);
    rank[i] = below + same[below]++;
    if (i % 1000 === 0) await turn();
  }
  return rank;
}

/** How many of the sorted values are less. */
function countBelow(sorted: Float64Array, value: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle] < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
