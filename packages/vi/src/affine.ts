import type { Gaussian, Vector } from '@subspace/core';

/**
 * The affine map x ↦ z = m + L·x of a Gaussian approximation, in parameters that fit the target.
 *
 * m = c + C·a, and L = C·M (full rank) or D·diag(exp b) (mean field). c is where the approximation starts and C·Cᵀ, D² are what the curvature there
 * suggests as covariance and conditional variances: in a and M every coordinate is of order one, however ill-scaled z is. M is lower triangular with
 * diagonal exp b.
 *
 * Parameters, in this order: a [K], unless the mean is fixed; b [K]; the rows of M below the diagonal [K·(K−1)/2], if of full rank.
 */
export interface Affine {
  readonly dim: number;
  /** Number of parameters. */
  readonly size: number;
  /** m and L. */
  gaussian(parameters: Vector): Gaussian;
  /** Parameters of m = c and L = D·std or as close to `factor` as the form allows. */
  initial(factor: Float64Array): Vector;
  /**
   * Adds the gradient of f(m + L·x) with respect to the parameters to `into`.
   *
   * @param slope ∇f at z
   */
  addGradient(parameters: Vector, x: Vector, slope: Vector, into: Vector): void;
  /** Adds `weight` times the gradient of log |L|. */
  addLogDetGradient(weight: number, into: Vector): void;
}

export interface AffineFrame {
  /** c and C. */
  readonly start: Gaussian;
  /** D [K]; a Gaussian of full rank without. */
  readonly widths?: Vector;
  readonly fixMean: boolean;
}

export function affine({ start, widths, fixMean }: AffineFrame): Affine {
  const dim = start.mean.length;
  const { mean: center, cholesky: frame } = start;
  const diagonal = fixMean ? 0 : dim;
  const below = diagonal + dim;
  const size = below + (widths ? 0 : (dim * (dim - 1)) / 2);
  /** Of M below its diagonal. */
  const place = (row: number, column: number) => below + (row * (row - 1)) / 2 + column;

  return {
    dim,
    size,
    gaussian(parameters) {
      const mean = center.slice();
      if (!fixMean) {
        for (let row = 0; row < dim; row++) {
          for (let k = 0; k <= row; k++) mean[row] += frame[row * dim + k] * parameters[k];
        }
      }
      const factor = new Float64Array(dim * dim);
      for (let row = 0; row < dim; row++) {
        if (widths) factor[row * dim + row] = widths[row] * Math.exp(parameters[diagonal + row]);
        else {
          for (let column = 0; column <= row; column++) {
            let sum = frame[row * dim + column] * Math.exp(parameters[diagonal + column]);
            for (let k = column + 1; k <= row; k++) sum += frame[row * dim + k] * parameters[place(k, column)];
            factor[row * dim + column] = sum;
          }
        }
      }
      return { mean, cholesky: factor };
    },
    initial(factor) {
      const parameters = new Float64Array(size);
      if (widths) {
        for (let k = 0; k < dim; k++) parameters[diagonal + k] = Math.log(factor[k * dim + k] / widths[k]);
        return parameters;
      }
      // M = C⁻¹·factor, column by column.
      for (let column = 0; column < dim; column++) {
        const solved = new Float64Array(dim);
        for (let row = column; row < dim; row++) {
          let sum = factor[row * dim + column];
          for (let k = column; k < row; k++) sum -= frame[row * dim + k] * solved[k];
          solved[row] = sum / frame[row * dim + row];
          if (row === column) parameters[diagonal + column] = Math.log(solved[row]);
          else parameters[place(row, column)] = solved[row];
        }
      }
      return parameters;
    },
    addGradient(parameters, x, slope, into) {
      // Cᵀ·slope.
      const pulled = new Float64Array(dim);
      for (let k = 0; k < dim; k++) {
        for (let row = k; row < dim; row++) pulled[k] += frame[row * dim + k] * slope[row];
      }
      if (!fixMean) for (let k = 0; k < dim; k++) into[k] += pulled[k];
      for (let row = 0; row < dim; row++) {
        const scale = Math.exp(parameters[diagonal + row]) * x[row];
        into[diagonal + row] += scale * (widths ? widths[row] * slope[row] : pulled[row]);
        if (!widths) for (let column = 0; column < row; column++) into[place(row, column)] += pulled[row] * x[column];
      }
    },
    addLogDetGradient(weight, into) {
      for (let k = 0; k < dim; k++) into[diagonal + k] += weight;
    },
  };
}

/** m + L·x. */
export function affinePoint({ mean, cholesky }: Gaussian, x: Vector): Vector {
  const dim = mean.length;
  const point = mean.slice();
  for (let row = 0; row < dim; row++) {
    for (let k = 0; k <= row; k++) point[row] += cholesky[row * dim + k] * x[k];
  }
  return point;
}

/** L⁻¹·(z − m). */
export function affineInverse({ mean, cholesky }: Gaussian, z: Vector): Vector {
  const dim = mean.length;
  const x = new Float64Array(dim);
  for (let row = 0; row < dim; row++) {
    let sum = z[row] - mean[row];
    for (let k = 0; k < row; k++) sum -= cholesky[row * dim + k] * x[k];
    x[row] = sum / cholesky[row * dim + row];
  }
  return x;
}

/** Lᵀ·v. */
export function affinePulled({ cholesky }: Gaussian, v: Vector): Vector {
  const dim = v.length;
  const pulled = new Float64Array(dim);
  for (let k = 0; k < dim; k++) {
    for (let row = k; row < dim; row++) pulled[k] += cholesky[row * dim + k] * v[row];
  }
  return pulled;
}

/** log |L|. */
export function affineLogDet({ cholesky }: Gaussian): number {
  const dim = Math.round(Math.sqrt(cholesky.length));
  let sum = 0;
  for (let k = 0; k < dim; k++) sum += Math.log(cholesky[k * dim + k]);
  return sum;
}
