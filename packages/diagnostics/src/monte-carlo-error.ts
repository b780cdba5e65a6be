import { areValid, mean, pool, readChains, variance } from '@subspace/core/internals';
import { betaQuantile } from './beta.ts';
import { essMean, essQuantile, squaredDeviations } from './effective-sample-size.ts';

/**
 * Monte-Carlo standard error of the mean: sd / √(effective sample size of the split chains).
 *
 * @param chains draws of one quantity, one array per chain, at least four draws each
 * @returns in the units of the quantity; NaN for values that are not finite
 * @see Vehtari et al. (2021), Section 4.4
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { mcseMean } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * mcseMean([0, 1, 2, 3].map(() => Float64Array.from({ length: 250 }, random.normal))); // about 1/√1000
 * ```
 */
export function mcseMean(chains: readonly ArrayLike<number>[]): number {
  const values = readChains('mcseMean', chains);
  if (!areValid(values, 4)) return Number.NaN;
  return Math.sqrt(variance(pool(values)) / essMean(values));
}

/**
 * Monte-Carlo standard error of the standard deviation: √(var((x − x̄)²) / ESS) / (2·sd), by the delta method.
 *
 * @param chains draws of one quantity, one array per chain, at least four draws each
 * @returns in the units of the quantity; NaN for constant chains (as ArviZ) and for values that are not finite
 * @see Vehtari et al. (2021), Section 4.4; Kenney & Keeping (1951)
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { mcseSd } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * mcseSd([0, 1, 2, 3].map(() => Float64Array.from({ length: 250 }, random.normal))); // about 1/√2000
 * ```
 */
export function mcseSd(chains: readonly ArrayLike<number>[]): number {
  const values = readChains('mcseSd', chains);
  if (!areValid(values, 4)) return Number.NaN;
  const squares = squaredDeviations(values);
  const pooled = pool(squares);
  const centre = mean(pooled);
  const spread = mean(pooled.map((square) => square ** 2)) - centre ** 2;
  return Math.sqrt(spread / essMean(squares) / centre / 4);
}

/**
 * Monte-Carlo standard error of a quantile: half the distance of the order statistics that one standard error of the probability reaches on
 * either side.
 *
 * @param chains draws of one quantity, one array per chain, at least four draws each
 * @param probability from 0 to 1
 * @returns in the units of the quantity; NaN for values that are not finite
 * @throws on a probability outside [0, 1]
 * @see Vehtari et al. (2021), Section 4.4 and Appendix
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { mcseQuantile } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * mcseQuantile([0, 1, 2, 3].map(() => Float64Array.from({ length: 250 }, random.normal)), 0.9); // about √(0.9·0.1/1000) over the density there: 0.054
 * ```
 */
export function mcseQuantile(chains: readonly ArrayLike<number>[], probability: number): number {
  const values = readChains('mcseQuantile', chains);
  const size = essQuantile(values, probability);
  if (Number.isNaN(size)) return Number.NaN;
  const sorted = pool(values).sort();
  // Φ(±1), to the digits that ArviZ and posterior have.
  const [low, high] = [0.1586553, 0.8413447].map(
    (level) => betaQuantile(level, size * probability + 1, size * (1 - probability) + 1) * sorted.length - 1,
  );
  return (sorted[Math.ceil(Math.min(high, sorted.length - 1))] - sorted[Math.floor(Math.max(low, 0))]) / 2;
}

/**
 * Monte-Carlo standard error of the median.
 *
 * @param chains draws of one quantity, one array per chain, at least four draws each
 * @returns as `mcseQuantile`
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { mcseMedian } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * mcseMedian([0, 1, 2, 3].map(() => Float64Array.from({ length: 250 }, random.normal))); // about √(π/2000)
 * ```
 */
export function mcseMedian(chains: readonly ArrayLike<number>[]): number {
  return mcseQuantile(readChains('mcseMedian', chains), 0.5);
}
