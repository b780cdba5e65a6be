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
