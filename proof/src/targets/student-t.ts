import { type Evaluation, gaussianLogDensityGradient, logDensity } from '@subspace/core';
import { LEVELS, quantiles } from '../expectation.ts';
import type { Target } from '../target.ts';
import { gaussian } from './gaussian-density.ts';
import { STUDENT_T5_QUANTILES } from './quantile-tables.ts';

/** Student's t in three coordinates with 5 degrees of freedom: a fourth moment there is, a fifth not. */
export function studentT(): Target {
  const degrees = 5;
  const location = [1, 0, -1];
  const scale = [
    [1, 0.5, 0],
    [0.5, 2, 0.3],
    [0, 0.3, 0.5],
  ];
  const shape = gaussian(location, scale);
  const logDeterminant = 2 * [0, 1, 2].reduce((sum, k) => sum + Math.log(shape.cholesky[4 * k]), 0);
  // Γ(4) = 6 and Γ(5/2) = ¾·√π.
  const constant =
    Math.log(6) - Math.log(0.75 * Math.sqrt(Math.PI)) - 1.5 * Math.log(degrees * Math.PI) - 0.5 * logDeterminant;
  return {
    name: "Student's t",
    dim: 3,
    density: logDensity(3, (z): Evaluation => {
      const pull = gaussianLogDensityGradient(shape, z);
      const distance = -location.reduce((sum, m, k) => sum + (z[k] - m) * pull[k], 0);
      const factor = (degrees + 3) / (degrees + distance);
      return {
        value: constant - 0.5 * (degrees + 3) * Math.log1p(distance / degrees),
        gradient: pull.map((p) => factor * p),
      };
    }),
    starts: { mean: Float64Array.from(location), cholesky: shape.cholesky.map((x) => 2 * x) },
    effort: 2,
    expectations: location.flatMap((m, k) => [
      { name: `mean of z${k}`, of: (z: ArrayLike<number>) => z[k], exact: m },
      ...quantiles(`z${k}`, (z) => (z[k] - m) / Math.sqrt(scale[k][k]), LEVELS, STUDENT_T5_QUANTILES),
    ]),
  };
}
