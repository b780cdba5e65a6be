import { argumentError, requireLength } from '../argument.ts';
import type { Vector } from './log-density.ts';

/**
 * m = Σ x / N and Σ (x − m)·(x − m)ᵀ / N of N points.
 *
 * @param points [N] of [K]
 * @returns `mean` [K] and `covariance` [K, K] row major
 * @throws without points, or on points of different lengths
 * @example
 * ```ts
 * import { meanAndCovariance } from '@subspace/core/internals';
 *
 * meanAndCovariance([Float64Array.of(0, 0), Float64Array.of(2, 4)]); // mean [1, 2], covariance [1, 2, 2, 4]
 * ```
 */
export function meanAndCovariance(points: readonly Vector[]): {
  readonly mean: Vector;
  readonly covariance: Float64Array;
} {
  const where = 'meanAndCovariance';
  const count = points.length;
  if (count === 0) throw argumentError(where, 'points is empty, expected at least one point');
  const dim = points[0].length;
  points.forEach((point, n) => {
    requireLength(where, `points[${n}]`, point, dim);
  });
  const mean = new Float64Array(dim);
  for (const point of points) for (let k = 0; k < dim; k++) mean[k] += point[k] / count;
  const covariance = new Float64Array(dim * dim);
  for (const point of points) {
    for (let row = 0; row < dim; row++) {
      for (let column = 0; column < dim; column++) {
        covariance[row * dim + column] += ((point[row] - mean[row]) * (point[column] - mean[column])) / count;
      }
    }
  }
  return { mean, covariance };
}
