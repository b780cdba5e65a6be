import { logSumExp } from '@subspace/core/internals';
import type { Turn } from './turn.ts';

/**
 * Kong's effective sample size of the weights exp(step·ℓᵢ): (Σw)² / Σw², from 1 to the number of finite ℓ.
 */
export function effectiveSize(logLikelihoods: Float64Array, step: number): number {
  const largest = logLikelihoods.reduce((a, b) => Math.max(a, b), -Infinity);
  let sum = 0;
  let squares = 0;
  for (const value of logLikelihoods) {
    // −∞ has weight zero, also at a step of 0.
    const weight = value === -Infinity ? 0 : Math.exp(step * (value - largest));
    sum += weight;
    squares += weight * weight;
  }
  // Rounding may exceed the count.
  return Math.min(logLikelihoods.length, (sum * sum) / squares);
}

/**
 * The largest step, up to `most`, of the likelihood's exponent at which equally weighted particles keep the given share of their effective size.
 *
 * The effective size falls monotonically with the step, from the number of finite ℓ at 0: bisection.
 */
export async function largestStep(
  logLikelihoods: Float64Array,
  share: number,
  most: number,
  turn: Turn,
): Promise<number> {
  const wanted = share * effectiveSize(logLikelihoods, 0);
  if (effectiveSize(logLikelihoods, most) >= wanted) return most;
  let low = 0;
  let high = most;
  while (high - low > 1e-6 * high) {
    const middle = (low + high) / 2;
    if (effectiveSize(logLikelihoods, middle) >= wanted) low = middle;
    else high = middle;
    await turn();
  }
  return low;
}

/** log(Σ exp(xᵢ) / n). */
export function logMeanExp(values: Float64Array): number {
  return logSumExp(values) - Math.log(values.length);
}

/** Of a mean of independent estimates. */
export function meanStandardError(estimates: Float64Array): number {
  const n = estimates.length;
  const mean = estimates.reduce((sum, value) => sum + value, 0) / n;
  const squares = estimates.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  return Math.sqrt(squares / (n * (n - 1)));
}
