import { type Evaluation, type Gaussian, logDensity } from '@subspace/core';
import { LEVELS, quantiles } from '../expectation.ts';
import type { Target } from '../target.ts';
import { NORMAL_QUANTILES } from './quantile-tables.ts';

const LOG_2_PI = Math.log(2 * Math.PI);

/**
 * Neal's funnel: v = z₀ ~ N(0, width²) and z₁, z₂, z₃ ~ N(0, e^v). Width 1 is a mild one, width 3 the one that leapfrog steps of one size cannot enter.
 *
 * @see Neal (2003), "Slice sampling", Section 8
 */
export function funnel(options: { readonly width: number }): Target {
  const { width } = options;
  const wide = Math.exp(width ** 2 / 4);
  return {
    name: width === 1 ? 'mild funnel' : "Neal's funnel",
    dim: 4,
    density: logDensity(4, ([v, ...x]): Evaluation => {
      const precision = Math.exp(-v);
      const squares = x.reduce((sum, xi) => sum + xi ** 2, 0);
      return {
        value: -0.5 * (v / width) ** 2 - Math.log(width) - 2 * LOG_2_PI - 0.5 * precision * squares - 1.5 * v,
        gradient: Float64Array.of(-v / width ** 2 + 0.5 * precision * squares - 1.5, ...x.map((xi) => -xi * precision)),
      };
    }),
    starts: diagonal([width, wide, wide, wide]),
    effort: 4,
    // x has the tails of a mixture of Gaussians with log-normal variances; v and the standardised x are Gaussian.
    expectations: [
      { name: 'mean of v', of: (z) => z[0], exact: 0 },
      { name: 'variance of v', of: (z) => z[0] ** 2, exact: width ** 2 },
      ...quantiles('v', (z) => z[0] / width, LEVELS, NORMAL_QUANTILES),
      ...[1, 2, 3].flatMap((k) =>
        quantiles(`z${k} in units of its deviation`, (z) => z[k] * Math.exp(-z[0] / 2), LEVELS, NORMAL_QUANTILES),
      ),
    ],
  };
}

function diagonal(stds: readonly number[]): Gaussian {
  const dim = stds.length;
  const cholesky = new Float64Array(dim * dim);
  stds.forEach((std, k) => {
    cholesky[k * dim + k] = std;
  });
  return { mean: new Float64Array(dim), cholesky };
}
