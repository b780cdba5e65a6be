import { argumentError, requireList } from '../argument.ts';

/**
 * Quantile with linear interpolation between order statistics (type 7, the default of NumPy and R).
 *
 * @param values in any order, at least one
 * @param probability from 0 to 1
 * @returns NaN where a value is; infinite values have their place in the order
 * @see Hyndman and Fan (1996)
 * @example
 * ```ts
 * import { quantile } from '@subspace/core';
 *
 * quantile([3, 1, 2], 0.25); // 1.5
 * ```
 */
export function quantile(values: ArrayLike<number>, probability: number): number {
  requireList('quantile', 'values', values);
  if (values.length === 0) throw argumentError('quantile', 'values are empty, expected at least one');
  if (!(probability >= 0 && probability <= 1)) {
    throw argumentError('quantile', `probability is ${probability}, expected a number from 0 to 1`);
  }
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * probability;
  const below = Math.floor(at);
  // NaN comes last.
  if (Number.isNaN(sorted[sorted.length - 1])) return Number.NaN;
  const [low, high] = [sorted[below], sorted[Math.min(below + 1, sorted.length - 1)]];
  if (at === below || low === high) return low;
  return Number.isFinite(low) ? low + (at - below) * (high - low) : low + high;
}
