import {
  type DifferentiableLogDensity,
  type Gaussian,
  gaussianLogDensity,
  gaussianLogDensityGradient,
  logDensity,
} from '@subspace/core';
import { cholesky, logSumExp } from '@subspace/core/internals';

const LOG_TWO_PI = Math.log(2 * Math.PI);

function gaussian(mean: number[], covariance: number[]): Gaussian {
  return { mean: Float64Array.from(mean), cholesky: cholesky(Float64Array.from(covariance), mean.length)! };
}

/** The banana of `samplers-targets.json`: x ~ N(0, a²), y given x ~ N(b·(x² − a²), 1). Normalised, as all here. */
export function banana(a = 2, b = 0.5): DifferentiableLogDensity {
  return logDensity(2, ([x, y]) => {
    const residual = y - b * (x * x - a * a);
    return {
      value: -LOG_TWO_PI - Math.log(a) - x ** 2 / (2 * a * a) - residual ** 2 / 2,
      gradient: Float64Array.of(-x / (a * a) + 2 * b * x * residual, -residual),
    };
  });
}

/** Neal's funnel: v ~ N(0, width²), three coordinates N(0, eᵛ). */
export function funnel(width: number): DifferentiableLogDensity {
  return logDensity(4, (z) => {
    const v = z[0];
    const squares = z[1] ** 2 + z[2] ** 2 + z[3] ** 2;
    const gradient = z.map((x) => -x * Math.exp(-v));
    gradient[0] = -v / width ** 2 - 1.5 + (squares * Math.exp(-v)) / 2;
    const value =
      -2 * LOG_TWO_PI - Math.log(width) - v ** 2 / (2 * width ** 2) - 1.5 * v - (squares * Math.exp(-v)) / 2;
    return { value, gradient };
  });
}

/** Two Gaussians of `samplers-targets.json`. */
export function twoModes(): DifferentiableLogDensity {
  const parts = [
    { log: Math.log(0.3), density: gaussian([-2, 0], [0.5, 0.2, 0.2, 0.4]) },
    { log: Math.log(0.7), density: gaussian([2, 1], [0.8, -0.3, -0.3, 0.6]) },
  ];
  return logDensity(2, (z) => {
    const logs = parts.map(({ log, density }) => log + gaussianLogDensity(density, z));
    const value = logSumExp(logs);
    const gradient = new Float64Array(2);
    parts.forEach(({ density }, i) => {
      gaussianLogDensityGradient(density, z).forEach((g, k) => {
        gradient[k] += Math.exp(logs[i] - value) * g;
      });
    });
    return { value, gradient };
  });
}
