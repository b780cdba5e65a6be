import { mean, variance } from '@subspace/core/internals';
import { autocovariance } from './autocorrelation.ts';

/**
 * Effective sample size of chains as they are: their number of draws over the autocorrelation time τ = −1 + 2·Σ ρₜ, with the sum cut off by Geyer's
 * initial monotone sequence.
 *
 * @see Geyer (1992), Section 3.3; Vehtari et al. (2021), Equations (5)–(13)
 */
export function effectiveSize(chains: readonly Float64Array[]): number {
  const draws = chains[0].length;
  const size = chains.length * draws;
  let [low, high] = [Infinity, -Infinity];
  for (const chain of chains) for (const value of chain) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (high - low < 1e-15) return size;

  const covariances = chains.map(autocovariance);
  /** Mean over chains of the biased autocovariance at a lag. */
  const covariance = (lag: number): number =>
    covariances.reduce((sum, ofChain) => sum + ofChain(lag), 0) / chains.length;
  const within = (covariance(0) * draws) / (draws - 1);
  const between = chains.length > 1 ? variance(Float64Array.from(chains, mean)) : 0;
  const total = (within * (draws - 1)) / draws + between;
  const correlation = (lag: number): number => 1 - (within - covariance(lag)) / total;

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
