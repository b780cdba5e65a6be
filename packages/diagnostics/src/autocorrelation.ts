import { argumentError, mean, requireList } from '@subspace/core/internals';
import { fourierTransform } from './fourier-transform.ts';

/**
 * Correlation of a series with itself, by lag: ρₜ = Σᵢ (xᵢ − x̄)(xᵢ₊ₜ − x̄) / Σᵢ (xᵢ − x̄)². In O(N log N).
 *
 * @param values draws of one chain, in order, at least one
 * @returns [N], for lags 0 to N − 1; 1 at lag 0; NaN for a constant series (as ArviZ)
 * @throws on no values
 * @example
 * ```ts
 * import { autocorrelation } from '@subspace/diagnostics';
 *
 * autocorrelation([1, -1, 1, -1]); // [1, −¾, ½, −¼]
 * ```
 */
export function autocorrelation(values: ArrayLike<number>): Float64Array {
  requireList('autocorrelation', 'values', values);
  if (values.length === 0) throw argumentError('autocorrelation', 'values are empty, expected at least one');
  const series = Float64Array.from(values);
  if (series.every((value) => value === series[0])) return new Float64Array(series.length).fill(Number.NaN);
  const covariances = autocovariances(series);
  return covariances.map((covariance) => covariance / covariances[0]);
}

/** Biased autocovariances (sum / N) for lags 0 to N − 1: the inverse transform of the power spectrum, padded so that it doesn't wrap round. */
function autocovariances(values: Float64Array): Float64Array {
  const n = values.length;
  const centre = mean(values);
  const real = new Float64Array(2 ** Math.ceil(Math.log2(2 * n)));
  const imaginary = new Float64Array(real.length);
  for (let i = 0; i < n; i++) real[i] = values[i] - centre;
  fourierTransform(real, imaginary);
  for (let k = 0; k < real.length; k++) real[k] = real[k] ** 2 + imaginary[k] ** 2;
  imaginary.fill(0);
  // The spectrum is even, so the transform is its own inverse but for the factor.
  fourierTransform(real, imaginary);
  return Float64Array.from({ length: n }, (_, lag) => real[lag] / (real.length * n));
}

/** Lags that are cheaper one by one: a chain that mixes well needs no more. */
const FEW = 64;

/** Biased autocovariance of a series as a function of the lag, computed when it is asked for. */
export function autocovariance(values: Float64Array): (lag: number) => number {
  const n = values.length;
  const centre = mean(values);
  const centred = values.map((value) => value - centre);
  let all: Float64Array | undefined;
  return (lag) => {
    if (lag < FEW) {
      let sum = 0;
      for (let i = lag; i < n; i++) sum += centred[i] * centred[i - lag];
      return sum / n;
    }
    all ??= autocovariances(values);
    return all[lag];
  };
}
