import type { ParetoSmoothingOptions } from '@subspace/core';
import { smoothPareto } from '@subspace/core/internals';

/**
 * Shape k̂ of the generalised Pareto distribution of the largest importance weights: whether they have a variance (k < ½), a mean (k < 1), or
 * neither. Above 0.7 importance sampling does not work; below, it does where the draws have come. (`paretoSmooth` of core has its standard error too, and says what k̂ can't see.)
 *
 * @param logWeights log importance ratios [S] up to a constant, in nats; −∞ is a weight of zero. For the right tail of positive values: their logarithms
 * @returns ∞ where fewer than five weights stand out, as ArviZ
 * @throws as `paretoSmooth`
 * @see Vehtari, Simpson, Gelman, Yao & Gabry (2024), "Pareto smoothed importance sampling"
 * @example
 * ```ts
 * import { paretoK } from '@subspace/diagnostics';
 *
 * // Weights w with P(w > x) = x^(−1/0.3): k = 0.3.
 * paretoK(Array.from({ length: 4000 }, (_, i) => -0.3 * Math.log((i + 0.5) / 4000))); // 0.30
 * ```
 */
export function paretoK(logWeights: ArrayLike<number>, options: ParetoSmoothingOptions = {}): number {
  return smoothPareto('paretoK', logWeights, options).paretoK;
}
