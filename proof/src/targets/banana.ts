import { type Evaluation, isotropicGaussian, logDensity } from '@subspace/core';
import { LEVELS, moments, quantiles } from '../expectation.ts';
import type { Target } from '../target.ts';
import { NORMAL_QUANTILES } from './quantile-tables.ts';

const LOG_2_PI = Math.log(2 * Math.PI);

/** z₀ ~ N(0, a²), z₁ | z₀ ~ N(b·(z₀² − a²), 1): a bent ridge, with the tails of a χ² along z₁. */
export function banana(): Target {
  const [a, b] = [2, 0.5];
  const across = (z: ArrayLike<number>): number => z[1] - b * (z[0] ** 2 - a ** 2);
  return {
    name: 'banana',
    dim: 2,
    density: logDensity(2, (z): Evaluation => {
      const offset = across(z);
      return {
        value: -0.5 * (z[0] / a) ** 2 - Math.log(a) - 0.5 * offset ** 2 - LOG_2_PI,
        gradient: Float64Array.of(-z[0] / a ** 2 + 2 * b * z[0] * offset, -offset),
      };
    }),
    starts: isotropicGaussian(2, 3),
    effort: 4,
    expectations: [
      ...moments(
        [0, 0],
        [
          [a ** 2, 0],
          [0, 1 + 2 * b ** 2 * a ** 4],
        ],
      ),
      ...quantiles('z0', (z) => z[0] / a, LEVELS, NORMAL_QUANTILES),
      ...quantiles('the offset from the ridge', across, LEVELS, NORMAL_QUANTILES),
    ],
  };
}
