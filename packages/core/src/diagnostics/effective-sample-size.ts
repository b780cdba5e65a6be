import { areValid, mean, pool, rankNormalise, readChains, splitChains, variance } from './chains.ts';
import { quantile } from './order-statistics.ts';

/**
 * Effective sample size of the bulk: of the rank-normalised split chains. How many independent draws would place the centre as well.
 *
 * @param chains draws of one quantity, one array per chain, at least four draws each
 * @returns the number of draws for constant chains, NaN for values that are not finite (as ArviZ); may exceed the number of draws
 * @see Vehtari et al. (2021), Section 4; Geyer (1992) for the truncation
 * @example
 * ```ts
 * import { essBulk, randomSource } from '@subspace/core';
 *
 * const random = randomSource(1);
 * essBulk([0, 1, 2, 3].map(() => Float64Array.from({ length: 250 }, random.normal))); // about 1000
 * ```
 */
export function essBulk(chains: readonly ArrayLike<number>[]): number {
  const values = readChains('essBulk', chains);
  if (!areValid(values, 4)) return Number.NaN;
  return effectiveSize(rankNormalise(splitChains(values)));
}

/**
 * Effective sample size of the tails: the smaller of those for the 5 % and the 95 % quantile.
 *
 * @param chains draws of one quantity, one array per chain, at least four draws each
 * @returns as `essBulk`
 * @see Vehtari et al. (2021), Section 4.3
 */
export function essTail(chains: readonly ArrayLike<number>[]): number {
  const values = readChains('essTail', chains);
  if (!areValid(values, 4)) return Number.NaN;
  const pooled = pool(values);
  const sizes = [0.05, 0.95].map((probability) => {
    const threshold = quantile(pooled, probability);
    return effectiveSize(splitChains(values.map((chain) => chain.map((value) => (value <= threshold ? 1 : 0)))));
  });
  return Math.min(...sizes);
}

/**
 * Monte-Carlo standard error of the mean: sd / √(effective sample size of the split chains).
 *
 * @param chains draws of one quantity, one array per chain, at least four draws each
 * @returns in the units of the quantity; NaN for values that are not finite
 * @see Vehtari et al. (2021), Section 4.4
 */
export function mcseMean(chains: readonly ArrayLike<number>[]): number {
  const values = readChains('mcseMean', chains);
  if (!areValid(values, 4)) return Number.NaN;
  return Math.sqrt(variance(pool(values)) / effectiveSize(splitChains(values)));
}

/** Geyer's initial monotone sequence over the chains as they are. */
function effectiveSize(chains: readonly Float64Array[]): number {
  const draws = chains[0].length;
  const size = chains.length * draws;
  let [low, high] = [Infinity, -Infinity];
  for (const chain of chains) for (const value of chain) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (high - low < 1e-15) return size;

  const centred = chains.map((chain) => {
    const centre = mean(chain);
    return chain.map((value) => value - centre);
  });
  /** Mean over chains of the biased autocovariance at a lag; computed lag by lag, since few are needed. */
  const autocovariance = (lag: number): number => {
    let sum = 0;
    for (const chain of centred) for (let i = lag; i < draws; i++) sum += chain[i] * chain[i - lag];
    return sum / size;
  };
  const within = (autocovariance(0) * draws) / (draws - 1);
  const between = chains.length > 1 ? variance(Float64Array.from(chains, mean)) : 0;
  const total = (within * (draws - 1)) / draws + between;
  const correlation = (lag: number): number => 1 - (within - autocovariance(lag)) / total;

  // Sums of neighbouring pairs are positive and decreasing for a reversible chain; the sequence ends where that stops.
  let even = 1;
  let odd = correlation(1);
  let lastPair = even + odd;
  let sum = 0;
  let t = 1;
  for (; t < draws - 3 && even + odd > 0; t += 2) {
    sum += lastPair;
    even = correlation(t + 1);
    odd = correlation(t + 2);
    lastPair = Math.min(lastPair, even + odd);
  }
  // Of the last pair only the even half counts, if positive.
  const tau = -1 + 2 * sum + Math.max(even, 0);
  return size / Math.max(tau, 1 / Math.log10(size));
}
