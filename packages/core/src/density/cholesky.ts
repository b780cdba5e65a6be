import { requireLength } from '../argument.ts';

/**
 * Lower factor L of a symmetric positive definite matrix A = L·Lᵀ. Only the lower triangle of A is read.
 *
 * @param matrix A, [K, K] row major
 * @returns L, [K, K] row major, zeros above the diagonal; undefined where A is not positive definite in float64
 * @throws unless the matrix has K² entries
 * @example
 * ```ts
 * import { cholesky } from '@subspace/core/internals';
 *
 * cholesky(Float64Array.of(4, 2, 2, 5), 2); // [2, 0, 1, 2]
 * cholesky(Float64Array.of(1, 2, 2, 1), 2); // undefined
 * ```
 */
export function cholesky(matrix: Float64Array, dim: number): Float64Array | undefined {
  requireLength('cholesky', 'matrix', matrix, dim * dim);
  const factor = new Float64Array(dim * dim);
  for (let row = 0; row < dim; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * dim + column];
      for (let k = 0; k < column; k++) sum -= factor[row * dim + k] * factor[column * dim + k];
      if (row !== column) factor[row * dim + column] = sum / factor[column * dim + column];
      // Negated, so that NaN is caught too.
      else if (!(sum > 0 && sum < Infinity)) return undefined;
      else factor[row * dim + row] = Math.sqrt(sum);
    }
  }
  return factor;
}

/**
 * x of L·Lᵀ·x = b.
 *
 * @param factor L, as `cholesky` gives it
 * @example
 * ```ts
 * import { cholesky, choleskySolve } from '@subspace/core/internals';
 *
 * choleskySolve(cholesky(Float64Array.of(4, 2, 2, 5), 2)!, [8, 12]); // [1, 2]
 * ```
 */
export function choleskySolve(factor: Float64Array, b: ArrayLike<number>): Float64Array {
  const dim = b.length;
  const x = Float64Array.from(b);
  for (let i = 0; i < dim; i++) {
    for (let k = 0; k < i; k++) x[i] -= factor[i * dim + k] * x[k];
    x[i] /= factor[i * dim + i];
  }
  for (let i = dim - 1; i >= 0; i--) {
    for (let k = i + 1; k < dim; k++) x[i] -= factor[k * dim + i] * x[k];
    x[i] /= factor[i * dim + i];
  }
  return x;
}
