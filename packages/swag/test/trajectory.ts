import { type WeightLayout, weightLayout } from '@subspace/core';
import { type SwagMoments, type SwagMomentsOptions, swagMoments } from '@subspace/swag';
import { formulaArray } from '@subspace-internal/testing';

/** Three tensors of 60 weights together: those of the golden files `swag-*`. */
export const layout: WeightLayout = weightLayout([
  { name: 'first/kernel', shape: [5, 6] },
  { name: 'first/bias', shape: [6] },
  { name: 'second/kernel', shape: [4, 6] },
]);

/** The golden files' trajectory: three drifts and noise; the last two weights never move. */
export function trajectory(salt: number, total = 25): Float32Array[] {
  const size = layout.size;
  const start = formulaArray(size, salt, 0.5);
  const drifts = [0.3, 0.15, 0.07].map((std, k) => formulaArray(size, salt + 10 + k, std));
  const c = formulaArray(total, salt + 20, 1);
  return Array.from({ length: total }, (_, t) => {
    const noise = formulaArray(size, salt + 100 + t, 0.03);
    const a = (t - 12) / 12;
    const b = (((7 * t) % 25) - 12) / 12;
    return Float32Array.from({ length: size }, (_, i) => {
      if (i >= size - 2) return start[i];
      return start[i] + a * drifts[0][i] + b * drifts[1][i] + c[t] * drifts[2][i] + noise[i];
    });
  });
}

export function momentsOf(snapshots: readonly Float32Array[], options: SwagMomentsOptions = {}): SwagMoments {
  const moments = swagMoments(layout, options);
  for (const weights of snapshots) moments.collect(weights);
  return moments;
}

/** scale·(diag(variance) + DᵀD/(M − 1)), dense; `kept` says which entries of DᵀD. */
export function denseCovariance(
  moments: SwagMoments,
  scale: number,
  kept: 'low-rank' | 'diagonal' | 'block' = 'low-rank',
): Float64Array[] {
  const rows = moments.deviations();
  const tensor = (i: number) => layout.entries.filter(({ offset }) => offset <= i).length;
  const keeps = (i: number, j: number) => kept === 'low-rank' || (kept === 'block' && tensor(i) === tensor(j));
  return Array.from(moments.variance(), (variance, i) =>
    Float64Array.from({ length: layout.size }, (_, j) => {
      const lowRank = rows.reduce((sum, row) => sum + row[i] * row[j], 0) / (rows.length - 1);
      return scale * ((keeps(i, j) ? lowRank : 0) + (i === j ? variance : 0));
    }),
  );
}

/** Lower Cholesky factor of a dense positive definite matrix. */
function cholesky(matrix: readonly ArrayLike<number>[]): Float64Array[] {
  const factor = matrix.map((row) => new Float64Array(row.length));
  for (let i = 0; i < matrix.length; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i][j];
      for (let k = 0; k < j; k++) rest -= factor[i][k] * factor[j][k];
      factor[i][j] = i === j ? Math.sqrt(rest) : rest / factor[j][j];
    }
  }
  return factor;
}

/** ln |Σ|. */
export function logDeterminant(covariance: readonly ArrayLike<number>[]): number {
  return cholesky(covariance).reduce((sum, row, i) => sum + 2 * Math.log(row[i]), 0);
}

/** log N(x | mean, Σ) the dense way. */
export function denseLogDensity(
  x: ArrayLike<number>,
  mean: ArrayLike<number>,
  covariance: readonly ArrayLike<number>[],
): number {
  const solved: number[] = [];
  let value = -0.5 * mean.length * Math.log(2 * Math.PI);
  cholesky(covariance).forEach((row, i) => {
    let rest = x[i] - mean[i];
    for (let k = 0; k < i; k++) rest -= row[k] * solved[k];
    solved.push(rest / row[i]);
    value -= 0.5 * solved[i] ** 2 + Math.log(row[i]);
  });
  return value;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  // Math.max keeps a NaN, which no bound lets pass.
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}
