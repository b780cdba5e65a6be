import { argumentError } from '../argument.ts';

/**
 * Quantile with linear interpolation between order statistics (type 7, the default of NumPy and R).
 *
 * @param values in any order, at least one
 * @param probability from 0 to 1
 * @see Hyndman and Fan (1996)
 * @example
 * ```ts
 * import { quantile } from '@subspace/core';
 *
 * quantile([3, 1, 2], 0.25); // 1.5
 * ```
 */
export function quantile(values: ArrayLike<number>, probability: number): number {
  if (values.length === 0) throw argumentError('quantile', 'values are empty, expected at least one');
  if (!(probability >= 0 && probability <= 1)) {
    throw argumentError('quantile', `probability is ${probability}, expected a number from 0 to 1`);
  }
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * probability;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/**
 * Highest-density interval: the shortest that holds at least `probability` of the values.
 *
 * @param values in any order, at least one
 * @param probability between 0 and 1; default 0.94, as ArviZ
 * @returns [low, high]
 * @example
 * ```ts
 * import { hdi } from '@subspace/core';
 *
 * hdi([0, 1, 1, 1, 5], 0.5); // [1, 1]
 * ```
 */
export function hdi(values: ArrayLike<number>, probability = 0.94): readonly [number, number] {
  if (values.length === 0) throw argumentError('hdi', 'values are empty, expected at least one');
  if (!(probability > 0 && probability < 1)) {
    throw argumentError('hdi', `probability is ${probability}, expected a number between 0 and 1`);
  }
  const sorted = Float64Array.from(values).sort();
  const span = Math.floor(probability * sorted.length);
  let best = 0;
  for (let i = 1; i + span < sorted.length; i++) {
    if (sorted[i + span] - sorted[i] < sorted[best + span] - sorted[best]) best = i;
  }
  return [sorted[best], sorted[best + span]];
}

/** Ranks of all values together, from 1, ties sharing their average; in the chains' shape. */
export function ranks(chains: readonly Float64Array[]): readonly Float64Array[] {
  const length = chains[0].length;
  const flat = Float64Array.from(
    { length: chains.length * length },
    (_, i) => chains[Math.floor(i / length)][i % length],
  );
  const order = Array.from(flat.keys()).sort((a, b) => flat[a] - flat[b]);
  const ranked = new Float64Array(flat.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && flat[order[end]] === flat[order[start]]) end++;
    for (let i = start; i < end; i++) ranked[order[i]] = (start + 1 + end) / 2;
    start = end;
  }
  return chains.map((_, c) => ranked.subarray(c * length, (c + 1) * length));
}
