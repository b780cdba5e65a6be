import { argumentError, requireCount, requireFinite, requireLength, requirePositive } from '../argument.ts';
import type { RandomSource } from '../random/random-source.ts';
import type { Evaluation, Vector } from './log-density.ts';

/** N(mean, L·Lᵀ). */
export interface Gaussian {
  /** [K] */
  readonly mean: Vector;
  /** Lower factor L of the covariance, [K, K] row major; or only its diagonal [K], where all else is 0: of all weights of a network, [K, K] would fit in no memory. */
  readonly cholesky: Float64Array;
}

/**
 * N(0, σ²·I) in K dimensions.
 *
 * @example
 * ```ts
 * import { gaussianLogDensity, isotropicGaussian } from '@subspace/core';
 *
 * gaussianLogDensity(isotropicGaussian(2, 1), Float64Array.of(0, 0)); // −log 2π = −1.8378…
 * ```
 */
export function isotropicGaussian(dim: number, std: number): Gaussian {
  requireCount('isotropicGaussian', 'dim', dim);
  requirePositive('isotropicGaussian', 'std', std);
  const cholesky = new Float64Array(dim * dim);
  for (let k = 0; k < dim; k++) cholesky[k * dim + k] = std;
  return { mean: new Float64Array(dim), cholesky };
}

/**
 * N(0, σ²·I) by its diagonal: of as many dimensions as a network has weights.
 */
export function diagonalGaussian(dim: number, std: number): Gaussian {
  return { mean: new Float64Array(dim), cholesky: new Float64Array(dim).fill(std) };
}

/** Throws unless the Gaussian has a finite mean [K], and a lower factor [K, K] with a positive diagonal and zeros above it, or a positive diagonal [K]. */
export function requireGaussian(where: string, name: string, gaussian: Gaussian, dim: number): void {
  requireLength(where, `${name}.mean`, gaussian.mean, dim);
  requireFinite(where, `${name}.mean`, gaussian.mean);
  if (isDiagonal(gaussian)) {
    for (let k = 0; k < dim; k++) requirePositive(where, `${name}.cholesky[${k}]`, gaussian.cholesky[k]);
    return;
  }
  requireLength(where, `${name}.cholesky`, gaussian.cholesky, dim * dim);
  requireFinite(where, `${name}.cholesky`, gaussian.cholesky);
  for (let row = 0; row < dim; row++) {
    requirePositive(where, `${name}.cholesky[${row}, ${row}]`, gaussian.cholesky[row * dim + row]);
    for (let column = row + 1; column < dim; column++) {
      const value = gaussian.cholesky[row * dim + column];
      if (value !== 0)
        throw argumentError(where, `${name}.cholesky[${row}, ${column}] is ${value}, expected 0 above the diagonal`);
    }
  }
}

/**
 * mean + L·ε with ε ~ N(0, I): one draw.
 *
 * @param draw [K], to be overwritten and returned; default: a new one
 */
export function gaussianDraw(
  gaussian: Gaussian,
  random: RandomSource,
  draw: Vector = new Float64Array(gaussian.mean.length),
): Vector {
  const { mean, cholesky } = gaussian;
  const dim = mean.length;
  for (let k = 0; k < dim; k++) draw[k] = random.normal();
  if (isDiagonal(gaussian)) {
    for (let k = 0; k < dim; k++) draw[k] = mean[k] + cholesky[k] * draw[k];
    return draw;
  }
  // From the last row up, in place: a row needs the noise of those before it only.
  for (let row = dim - 1; row >= 0; row--) {
    let sum = mean[row];
    for (let column = 0; column <= row; column++) sum += cholesky[row * dim + column] * draw[column];
    draw[row] = sum;
  }
  return draw;
}

/** log N(point | mean, L·Lᵀ), constants included. */
export function gaussianLogDensity(gaussian: Gaussian, point: Vector): number {
  return densityOfWhitened(gaussian, whiten(gaussian, point));
}

/** ∇ log N(point | mean, L·Lᵀ) = −L⁻ᵀ·L⁻¹·(point − mean), [K]. */
export function gaussianLogDensityGradient(gaussian: Gaussian, point: Vector): Vector {
  return gradientOfWhitened(gaussian, whiten(gaussian, point));
}

/** Both, for little more than one of them; the gradient is the caller's. */
export function gaussianEvaluation(gaussian: Gaussian, point: Vector): Evaluation {
  const whitened = whiten(gaussian, point);
  const value = densityOfWhitened(gaussian, whitened);
  return { value, gradient: gradientOfWhitened(gaussian, whitened) };
}

function densityOfWhitened(gaussian: Gaussian, whitened: Vector): number {
  const dim = whitened.length;
  const { cholesky } = gaussian;
  const stride = isDiagonal(gaussian) ? 1 : dim + 1;
  let value = -0.5 * dim * Math.log(2 * Math.PI);
  for (let k = 0; k < dim; k++) value -= 0.5 * whitened[k] * whitened[k] + Math.log(cholesky[k * stride]);
  return value;
}

/** −L⁻ᵀ·whitened, in place. */
function gradientOfWhitened(gaussian: Gaussian, whitened: Vector): Vector {
  const { cholesky } = gaussian;
  const dim = whitened.length;
  if (isDiagonal(gaussian)) {
    for (let k = 0; k < dim; k++) whitened[k] /= -cholesky[k];
    return whitened;
  }
  for (let row = dim - 1; row >= 0; row--) {
    let sum = whitened[row];
    for (let below = row + 1; below < dim; below++) sum -= cholesky[below * dim + row] * whitened[below];
    whitened[row] = sum / cholesky[row * dim + row];
  }
  for (let k = 0; k < dim; k++) whitened[k] = -whitened[k];
  return whitened;
}

/**
 * Σ = L·Lᵀ, [K, K] row major.
 *
 * @example
 * ```ts
 * import { gaussianCovariance } from '@subspace/core';
 *
 * gaussianCovariance({ mean: Float64Array.of(0, 0), cholesky: Float64Array.of(2, 0, 1, 3) }); // [4, 2, 2, 10]
 * ```
 */
export function gaussianCovariance(gaussian: Gaussian): Float64Array {
  const { mean, cholesky } = gaussian;
  const dim = mean.length;
  const covariance = new Float64Array(dim * dim);
  if (isDiagonal(gaussian)) {
    for (let k = 0; k < dim; k++) covariance[k * dim + k] = cholesky[k] * cholesky[k];
    return covariance;
  }
  for (let row = 0; row < dim; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = 0;
      for (let k = 0; k <= column; k++) sum += cholesky[row * dim + k] * cholesky[column * dim + k];
      covariance[row * dim + column] = sum;
      covariance[column * dim + row] = sum;
    }
  }
  return covariance;
}

/** Σ⁻¹ = L⁻ᵀ·L⁻¹, [K, K] row major. */
export function gaussianPrecision(gaussian: Gaussian): Float64Array {
  const dim = gaussian.mean.length;
  const precision = new Float64Array(dim * dim);
  const unit = { mean: new Float64Array(dim), cholesky: gaussian.cholesky };
  for (let column = 0; column < dim; column++) {
    const axis = new Float64Array(dim);
    axis[column] = 1;
    const solved = gaussianLogDensityGradient(unit, axis);
    for (let row = 0; row < dim; row++) precision[row * dim + column] = -solved[row];
  }
  return precision;
}

/** L⁻¹·(point − mean), [K]. */
function whiten(gaussian: Gaussian, point: Vector): Vector {
  const { mean, cholesky } = gaussian;
  const dim = point.length;
  const solved = new Float64Array(dim);
  if (isDiagonal(gaussian)) {
    for (let k = 0; k < dim; k++) solved[k] = (point[k] - mean[k]) / cholesky[k];
    return solved;
  }
  for (let row = 0; row < dim; row++) {
    let sum = point[row] - mean[row];
    for (let column = 0; column < row; column++) sum -= cholesky[row * dim + column] * solved[column];
    solved[row] = sum / cholesky[row * dim + row];
  }
  return solved;
}

/** Standard deviation of each coordinate, [K]. */
export function gaussianStds(gaussian: Gaussian): Vector {
  const { mean, cholesky } = gaussian;
  if (isDiagonal(gaussian)) return Float64Array.from(cholesky);
  const dim = mean.length;
  return Float64Array.from({ length: dim }, (_, k) => Math.hypot(...cholesky.subarray(k * dim, k * dim + k + 1)));
}

/** Whether only the diagonal of the factor is there; of one dimension it is all there is. */
function isDiagonal({ mean, cholesky }: Gaussian): boolean {
  return cholesky.length === mean.length;
}
