import type { Vector } from '@subspace/core';
import { type ScaleMatrix, scaleMatrix } from './scale-matrix.ts';

/** Welford's running mean and sums of squared deviations: of each coordinate [K], or of all pairs [K, K]. */
export interface RunningCovariance {
  readonly count: number;
  readonly mean: Vector;
  readonly squares: Vector;
}

export function runningCovariance(dim: number, kind: 'diagonal' | 'dense'): RunningCovariance {
  return { count: 0, mean: new Float64Array(dim), squares: new Float64Array(kind === 'diagonal' ? dim : dim * dim) };
}

/** With one more position: a new one, the old stays as it is. */
export function collected(state: RunningCovariance, position: Vector): RunningCovariance {
  const dim = position.length;
  const count = state.count + 1;
  const before = position.map((x, k) => x - state.mean[k]);
  const mean = state.mean.map((m, k) => m + before[k] / count);
  const squares = state.squares.slice();
  if (squares.length === dim) {
    for (let k = 0; k < dim; k++) squares[k] += before[k] * (position[k] - mean[k]);
  } else {
    for (let row = 0; row < dim; row++) {
      const after = position[row] - mean[row];
      for (let column = 0; column <= row; column++) {
        squares[row * dim + column] += after * before[column];
        squares[column * dim + row] = squares[row * dim + column];
      }
    }
  }
  return { count, mean, squares };
}

/**
 * The covariance, drawn a little towards 10⁻³·I, as Stan does: n/(n + 5)·S + 10⁻³·5/(n + 5)·I, S with n − 1.
 *
 * @returns undefined if it is not positive definite
 */
export function regularised({ count, squares, mean }: RunningCovariance): ScaleMatrix | undefined {
  const dim = mean.length;
  const shrink = count / ((count + 5) * (count - 1));
  const matrix = squares.map((x) => shrink * x);
  const stride = matrix.length === dim ? 1 : dim + 1;
  for (let k = 0; k < dim; k++) matrix[k * stride] += 5e-3 / (count + 5);
  return scaleMatrix(matrix, dim);
}
