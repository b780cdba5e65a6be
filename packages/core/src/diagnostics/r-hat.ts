import { areValid, mean, pool, rankNormalise, readChains, splitChains, variance } from './chains.ts';
import { quantile } from './order-statistics.ts';

/**
 * Potential scale reduction R̂: rank-normalised, split, the larger of the bulk's and the tails' (folded). Below 1.01 is good.
 *
 * @param chains draws of one quantity, one array per chain, at least two chains of at least four draws
 * @returns NaN for a single chain, constant chains, or values that are not finite (as ArviZ)
 * @see Vehtari, Gelman, Simpson, Carpenter & Bürkner (2021), Equations (1)–(4) and Section 4
 * @example
 * ```ts
 * import { rHat } from '@subspace/core';
 *
 * rHat([[0, 1, 0, 1, 0, 1], [5, 6, 5, 6, 5, 6]]); // far above 1: the chains are in different places
 * ```
 */
export function rHat(chains: readonly ArrayLike<number>[]): number {
  const values = readChains('rHat', chains);
  if (values.length < 2 || !areValid(values, 4)) return Number.NaN;
  const split = splitChains(values);
  const median = quantile(pool(split), 0.5);
  const folded = split.map((chain) => chain.map((value) => Math.abs(value - median)));
  return Math.max(scaleReduction(rankNormalise(split)), scaleReduction(rankNormalise(folded)));
}

/** √(((n − 1)/n · W + B/n) / W). */
function scaleReduction(chains: readonly Float64Array[]): number {
  const draws = chains[0].length;
  const between = variance(Float64Array.from(chains, mean));
  const within = mean(Float64Array.from(chains, variance));
  return Math.sqrt((draws - 1) / draws + between / within);
}
