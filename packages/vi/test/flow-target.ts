import type { Gaussian } from '@subspace/core';
import { cholesky } from '@subspace/core/internals';

/** The target of `flows-*.json`: mean ½, −½, …, covariance 0.6^|i−j|. */
export function correlatedGaussian(dim: number): Gaussian {
  const covariance = Float64Array.from(
    { length: dim * dim },
    (_, i) => 0.6 ** Math.abs(Math.floor(i / dim) - (i % dim)),
  );
  return { mean: Float64Array.from({ length: dim }, (_, i) => 0.5 * (-1) ** i), cholesky: cholesky(covariance, dim)! };
}
