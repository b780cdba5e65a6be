import { cholesky, choleskySolve } from '../density/cholesky.ts';

/** height + slope·(x − centre) + ½·curvature·(x − centre)². */
export interface FittedParabola {
  readonly height: number;
  readonly slope: number;
  readonly curvature: number;
  /** Standard error of the curvature, from the residuals; ∞ where there are no more than three points. */
  readonly curvatureError: number;
}

/**
 * The parabola through points by least squares, weighted by the inverse squares of their standard errors where all have one.
 *
 * Fewer than three places are fitted by a constant.
 */
export function fitParabola(
  points: readonly { readonly x: number; readonly value: number; readonly standardError?: number }[],
  centre: number,
): FittedParabola {
  const known = points.every(({ standardError }) => standardError !== undefined && standardError > 0);
  const weights = points.map(({ standardError }) => (known ? 1 / (standardError! * standardError!) : 1));
  const unit = Math.max(...points.map(({ x }) => Math.abs(x - centre))) || 1;
  const rows = points.map(({ x }) => {
    const u = (x - centre) / unit;
    return [1, u, 0.5 * u * u];
  });
  // Values about their mean: a log evidence may be −10⁶.
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const offset = points.reduce((sum, { value }, i) => sum + (weights[i] * value) / total, 0);
  const products = (column: (i: number) => number) =>
    [0, 1, 2].map((k) => rows.reduce((sum, row, i) => sum + weights[i] * row[k] * column(i), 0));
  const matrix = Float64Array.from([0, 1, 2].flatMap((j) => products((i) => rows[i][j])));
  const factor = cholesky(matrix, 3);
  if (!factor) return { height: offset, slope: 0, curvature: 0, curvatureError: Infinity };
  const solution = choleskySolve(
    factor,
    products((i) => points[i].value - offset),
  );
  const residuals = points.reduce((sum, { value }, i) => {
    const fitted = offset + rows[i].reduce((part, entry, k) => part + entry * solution[k], 0);
    return sum + weights[i] * (value - fitted) * (value - fitted);
  }, 0);
  const freedom = points.length - 3;
  const variance = freedom > 0 ? (residuals / freedom) * choleskySolve(factor, [0, 0, 1])[2] : Infinity;
  return {
    height: offset + solution[0],
    slope: solution[1] / unit,
    curvature: solution[2] / (unit * unit),
    curvatureError: Math.sqrt(variance) / (unit * unit),
  };
}
