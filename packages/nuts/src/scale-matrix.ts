import { gaussianPrecision, type RandomSource, type Vector } from '@subspace/core';
import { argumentError, cholesky, isFloat64Array, requirePositive } from '@subspace/core/internals';

/**
 * A positive definite matrix, diagonal [K] or dense [K, K] row major: the inverse mass matrix M⁻¹ of Hamiltonian methods, the covariance of a
 * random walk's proposals. Both are best when they are the target's covariance.
 */
export interface ScaleMatrix {
  readonly matrix: Vector;
  /** L of matrix = L·Lᵀ: square roots [K], or the lower factor [K, K]. */
  readonly factor: Vector;
}

/** What warmup learns, or a matrix that is not learnt: [K] for a diagonal, [K·K] row major for a dense one. */
export type ScaleMatrixOption = 'diagonal' | 'dense' | Vector;

export function unitScale(dim: number, kind: 'diagonal' | 'dense'): ScaleMatrix {
  if (kind === 'diagonal') return { matrix: new Float64Array(dim).fill(1), factor: new Float64Array(dim).fill(1) };
  const identity = new Float64Array(dim * dim);
  for (let k = 0; k < dim; k++) identity[k * dim + k] = 1;
  return { matrix: identity, factor: identity };
}

/** A matrix with its factor. Undefined if it is not positive definite. */
export function scaleMatrix(matrix: Vector, dim: number): ScaleMatrix | undefined {
  if (matrix.length === dim) {
    return matrix.every((x) => x > 0 && x < Infinity) ? { matrix, factor: matrix.map(Math.sqrt) } : undefined;
  }
  const factor = cholesky(matrix, dim);
  return factor && { matrix, factor };
}

/** Throws unless the option is one of the words, or a symmetric positive definite matrix. */
export function requireScaleMatrixOption(where: string, name: string, option: unknown, dim: number): void {
  if (option === 'diagonal' || option === 'dense') return;
  const expected = `'diagonal', 'dense', or a Float64Array of length ${dim} or ${dim * dim}`;
  if (!isFloat64Array(option)) {
    throw argumentError(where, `${name} is ${String(option)}, expected ${expected}`);
  }
  const matrix = option as Vector;
  if (matrix.length === dim) {
    for (let k = 0; k < dim; k++) requirePositive(where, `${name}[${k}]`, matrix[k]);
    return;
  }
  if (matrix.length !== dim * dim)
    throw argumentError(where, `${name} has length ${matrix.length}, expected ${expected}`);
  for (let row = 0; row < dim; row++) {
    for (let column = 0; column < row; column++) {
      if (matrix[row * dim + column] !== matrix[column * dim + row]) {
        throw argumentError(where, `${name} is not symmetric in [${row}, ${column}], expected a symmetric matrix`);
      }
    }
  }
  if (!cholesky(matrix, dim)) throw argumentError(where, `${name} is not positive definite, expected one that is`);
}

/** The inverse of a matrix that `requireScaleMatrixOption` has passed. */
export function inverseOf(matrix: Vector, dim: number): ScaleMatrix {
  if (matrix.length === dim)
    return scaleMatrix(
      matrix.map((x) => 1 / x),
      dim,
    )!;
  return scaleMatrix(gaussianPrecision({ mean: new Float64Array(dim), cholesky: cholesky(matrix, dim)! }), dim)!;
}

/** out = matrix·vector. */
export function multiply({ matrix }: ScaleMatrix, vector: Vector, out: Vector): void {
  const dim = vector.length;
  if (matrix.length === dim) {
    for (let k = 0; k < dim; k++) out[k] = matrix[k] * vector[k];
    return;
  }
  for (let row = 0, at = 0; row < dim; row++) {
    let sum = 0;
    for (let column = 0; column < dim; column++) sum += matrix[at++] * vector[column];
    out[row] = sum;
  }
}

/** out ~ N(0, matrix): L·ε. */
export function drawScaled({ factor }: ScaleMatrix, random: RandomSource, out: Vector): void {
  const dim = out.length;
  for (let k = 0; k < dim; k++) out[k] = random.normal();
  if (factor.length === dim) {
    for (let k = 0; k < dim; k++) out[k] *= factor[k];
    return;
  }
  for (let row = dim - 1; row >= 0; row--) {
    let sum = 0;
    for (let column = 0; column <= row; column++) sum += factor[row * dim + column] * out[column];
    out[row] = sum;
  }
}

/** out ~ N(0, matrix⁻¹): L⁻ᵀ·ε. */
export function drawInverselyScaled({ factor }: ScaleMatrix, random: RandomSource, out: Vector): void {
  const dim = out.length;
  for (let k = 0; k < dim; k++) out[k] = random.normal();
  if (factor.length === dim) {
    for (let k = 0; k < dim; k++) out[k] /= factor[k];
    return;
  }
  for (let row = dim - 1; row >= 0; row--) {
    let sum = out[row];
    for (let below = row + 1; below < dim; below++) sum -= factor[below * dim + row] * out[below];
    out[row] = sum / factor[row * dim + row];
  }
}
