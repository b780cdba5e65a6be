import type { FloatRows, RegressionModel } from '@subspace/uci';

/** Least squares with an intercept, by the normal equations; the variance is the mean squared residual of the training rows. */
export function linearModel(): RegressionModel {
  let weights = new Float64Array(0);
  let variance = 1;
  const design = ({ data, shape }: FloatRows) => {
    const width = data.length / shape[0];
    return Array.from({ length: shape[0] }, (_, row) => [1, ...data.subarray(row * width, (row + 1) * width)]);
  };
  const value = (row: readonly number[]) => row.reduce((sum, x, k) => sum + x * weights[k], 0);
  return {
    fit(inputs, targets) {
      const rows = design(inputs);
      const d = rows[0].length;
      // A little ridge: constant features are 0.
      const a = Array.from({ length: d }, (_, j) =>
        Array.from({ length: d }, (_, k) => rows.reduce((sum, row) => sum + row[j] * row[k], j === k ? 1e-9 : 0)),
      );
      const b = Array.from({ length: d }, (_, j) => rows.reduce((sum, row, i) => sum + row[j] * targets.data[i], 0));
      weights = Float64Array.from(solve(a, b));
      const residuals = rows.map((row, i) => targets.data[i] - value(row));
      variance = residuals.reduce((sum, r) => sum + r * r, 0) / rows.length;
    },
    predict(inputs) {
      const mean = Float64Array.from(design(inputs), value);
      return { mean, variance: new Float64Array(mean.length).fill(variance) };
    },
  };
}

function solve(a: number[][], b: number[]): number[] {
  const n = b.length;
  for (let p = 0; p < n; p++) {
    const best = a.slice(p).reduce((at, row, i) => (Math.abs(row[p]) > Math.abs(a[at][p]) ? p + i : at), p);
    [a[p], a[best], b[p], b[best]] = [a[best], a[p], b[best], b[p]];
    for (let i = p + 1; i < n; i++) {
      const factor = a[i][p] / a[p][p];
      for (let k = p; k < n; k++) a[i][k] -= factor * a[p][k];
      b[i] -= factor * b[p];
    }
  }
  for (let p = n - 1; p >= 0; p--) {
    for (let k = p + 1; k < n; k++) b[p] -= a[p][k] * b[k];
    b[p] /= a[p][p];
  }
  return b;
}
