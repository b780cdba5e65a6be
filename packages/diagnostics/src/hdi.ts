import { argumentError, requireList } from '@subspace/core/internals';

/**
 * Highest-density interval: the shortest that holds at least `probability` of the values.
 *
 * @param values in any order, at least one
 * @param probability between 0 and 1; default 0.94, as ArviZ
 * @returns [low, high]; both NaN where a value is
 * @example
 * ```ts
 * import { hdi } from '@subspace/diagnostics';
 *
 * hdi([0, 1, 1, 1, 5], 0.5); // [1, 1]
 * ```
 */
export function hdi(values: ArrayLike<number>, probability = 0.94): readonly [number, number] {
  requireList('hdi', 'values', values);
  if (values.length === 0) throw argumentError('hdi', 'values are empty, expected at least one');
  if (!(probability > 0 && probability < 1)) {
    throw argumentError('hdi', `probability is ${probability}, expected a number between 0 and 1`);
  }
  const sorted = Float64Array.from(values).sort();
  // NaN comes last.
  if (Number.isNaN(sorted[sorted.length - 1])) return [Number.NaN, Number.NaN];
  const span = Math.floor(probability * sorted.length);
  // Of equal infinities, the difference would be NaN.
  const width = (i: number) => (sorted[i] === sorted[i + span] ? 0 : sorted[i + span] - sorted[i]);
  let best = 0;
  for (let i = 1; i + span < sorted.length; i++) if (width(i) < width(best)) best = i;
  return [sorted[best], sorted[best + span]];
}
