import { quantile } from '@subspace/core';
import {
  areValid,
  argumentError,
  mean,
  pool,
  rankNormalise,
  readChains,
  requireList,
  splitChains,
} from '@subspace/core/internals';
import { effectiveSize } from './initial-monotone-sequence.ts';

/**
 * Effective sample size of the bulk: of the rank-normalised split chains. How many independent draws would place the centre as well.
 *
 * @param chains draws of one quantity, one array per chain, at least four draws each
 * @returns the number of draws for constant chains, NaN for values that are not finite (as ArviZ); may exceed the number of draws
 * @see Vehtari et al. (2021), Section 4; Geyer (1992) for the truncation
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { essBulk } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * essBulk([0, 1, 2, 3].map(() => Float64Array.from({ length: 250 }, random.normal))); // about 1000
 * ```
 */
export function essBulk(chains: readonly ArrayLike<number>[]): number {
  return essOf('essBulk', chains, (values) => rankNormalise(splitChains(values)));
}

/**
 * Effective sample size of the tails: the smaller of those for the 5 % and the 95 % quantile.
 *
 * @param chains draws of one quantity, one array per chain, at least four draws each
 * @returns as `essBulk`
 * @see Vehtari et al. (2021), Section 4.3
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { essTail } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * essTail([0, 1, 2, 3].map(() => Float64Array.from({ length: 250 }, random.normal))); // 927 of 1000
 * ```
 */
export function essTail(chains: readonly ArrayLike<number>[]): number {
  return Math.min(...[0.05, 0.95].map((probability) => quantileSize('essTail', chains, probability)));
}

/**
 * Effective sample size for the mean: of the split chains as they are, without ranks. The variance must be finite.
 *
 * @param chains draws of one quantity, one array per chain, at least four draws each
 * @returns as `essBulk`
 * @see Vehtari et al. (2021), Section 3
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { essMean } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * essMean([0, 1, 2, 3].map(() => Float64Array.from({ length: 250 }, random.normal))); // 781 of 1000
 * ```
 */
export function essMean(chains: readonly ArrayLike<number>[]): number {
  return essOf('essMean', chains, splitChains);
}

/**
 * Effective sample size for the standard deviation: that of (x − x̄)².
 *
 * @param chains draws of one quantity, one array per chain, at least four draws each
 * @returns as `essBulk`
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { essSd } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * essSd([0, 1, 2, 3].map(() => Float64Array.from({ length: 250 }, random.normal))); // about 1000
 * ```
 */
export function essSd(chains: readonly ArrayLike<number>[]): number {
  return essOf('essSd', chains, (values) => splitChains(squaredDeviations(values)));
}

/**
 * Effective sample size for a quantile: that of the indicator x ≤ quantile.
 *
 * @param chains draws of one quantity, one array per chain, at least four draws each
 * @param probability from 0 to 1
 * @returns as `essBulk`
 * @throws on a probability outside [0, 1]
 * @see Vehtari et al. (2021), Section 4.3
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { essQuantile } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * essQuantile([0, 1, 2, 3].map(() => Float64Array.from({ length: 250 }, random.normal)), 0.9); // about 1000
 * ```
 */
export function essQuantile(chains: readonly ArrayLike<number>[], probability: number): number {
  return quantileSize('essQuantile', chains, probability);
}

/**
 * Effective sample size for the median.
 *
 * @param chains draws of one quantity, one array per chain, at least four draws each
 * @returns as `essBulk`
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { essMedian } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * essMedian([0, 1, 2, 3].map(() => Float64Array.from({ length: 250 }, random.normal))); // about 1000
 * ```
 */
export function essMedian(chains: readonly ArrayLike<number>[]): number {
  return quantileSize('essMedian', chains, 0.5);
}

/**
 * Effective sample size for the median absolute deviation: that of the indicator |x − median| ≤ its median.
 *
 * @param chains draws of one quantity, one array per chain, at least four draws each
 * @returns as `essBulk`
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { essMad } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * essMad([0, 1, 2, 3].map(() => Float64Array.from({ length: 250 }, random.normal))); // about 1000
 * ```
 */
export function essMad(chains: readonly ArrayLike<number>[]): number {
  return essOf('essMad', chains, (values) => {
    const median = quantile(pool(values), 0.5);
    const deviations = values.map((chain) => chain.map((value) => Math.abs(value - median)));
    return rankNormalise(splitChains(below(deviations, quantile(pool(deviations), 0.5))));
  });
}

/**
 * Effective sample size for the share of draws between two quantiles: where in the distribution the chains mix badly.
 *
 * @param chains draws of one quantity, one array per chain, at least four draws each
 * @param between two probabilities from 0 to 1, the lower one first
 * @returns as `essBulk`
 * @throws on probabilities outside [0, 1] or in the wrong order
 * @see Vehtari et al. (2021), Section 4.3, Figure 4
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { essLocal } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * essLocal([0, 1, 2, 3].map(() => Float64Array.from({ length: 250 }, random.normal)), [0.4, 0.6]); // about 1000
 * ```
 */
export function essLocal(chains: readonly ArrayLike<number>[], between: readonly [number, number]): number {
  requireList('essLocal', 'between', between);
  if (!(between[0] <= between[1])) {
    throw argumentError('essLocal', `between is ${between.join(', ')}, expected the lower probability first`);
  }
  return essOf('essLocal', chains, (values) => {
    const pooled = pool(values);
    const [low, high] = between.map((probability) => quantile(pooled, probability));
    return splitChains(values.map((chain) => chain.map((value) => (low <= value && value <= high ? 1 : 0))));
  });
}

/**
 * Effective sample size of the chains as they are: neither split nor ranked. Blind to a trend within the chains; for comparison only.
 *
 * @param chains draws of one quantity, one array per chain, at least four draws each
 * @returns as `essBulk`
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { essIdentity } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * essIdentity([0, 1, 2, 3].map(() => Float64Array.from({ length: 250 }, random.normal))); // 753 of 1000
 * ```
 */
export function essIdentity(chains: readonly ArrayLike<number>[]): number {
  return essOf('essIdentity', chains, (values) => values);
}

/** (x − x̄)² about the mean of all draws. */
export function squaredDeviations(chains: readonly Float64Array[]): readonly Float64Array[] {
  const centre = mean(pool(chains));
  return chains.map((chain) => chain.map((value) => (value - centre) ** 2));
}

/** Of what `prepare` makes of checked chains. */
function essOf(
  where: string,
  chains: readonly ArrayLike<number>[],
  prepare: (chains: readonly Float64Array[]) => readonly Float64Array[],
): number {
  const values = readChains(where, chains);
  return areValid(values, 4) ? effectiveSize(prepare(values)) : Number.NaN;
}

function quantileSize(where: string, chains: readonly ArrayLike<number>[], probability: number): number {
  return essOf(where, chains, (values) => splitChains(below(values, quantile(pool(values), probability))));
}

/** The indicator x ≤ threshold. */
function below(chains: readonly Float64Array[], threshold: number): readonly Float64Array[] {
  return chains.map((chain) => chain.map((value) => (value <= threshold ? 1 : 0)));
}
