import type { Vector } from '@subspace/core';

/**
 * A function of z whose mean under a target is known. Everything a sampler is tested on is one of these: a mean, a product of two deviations, or, for a quantile, the
 * indicator of lying below it, which has a variance however heavy the tails.
 */
export interface Expectation {
  readonly name: string;
  of(z: Vector): number;
  readonly exact: number;
  /** Standard error of `exact`, where it is an estimate too. */
  readonly uncertainty?: number;
}

/** E[z] and E[(z − E z)(z − E z)ᵀ], of all coordinates. */
export function moments(mean: ArrayLike<number>, covariance: readonly ArrayLike<number>[]): readonly Expectation[] {
  const expectations: Expectation[] = [];
  for (let i = 0; i < mean.length; i++) {
    expectations.push({ name: `mean of z${i}`, of: (z) => z[i], exact: mean[i] });
    for (let j = 0; j <= i; j++) {
      expectations.push({
        name: `covariance of z${i} and z${j}`,
        of: (z) => (z[i] - mean[i]) * (z[j] - mean[j]),
        exact: covariance[i][j],
      });
    }
  }
  return expectations;
}

/** P(x ≤ q) = level for a scalar x of z. */
export function quantiles(
  name: string,
  x: (z: Vector) => number,
  levels: readonly number[],
  values: readonly number[],
): readonly Expectation[] {
  return levels.map((level, i) => ({
    name: `${100 * level} % quantile of ${name}`,
    of: (z) => (x(z) <= values[i] ? 1 : 0),
    exact: level,
  }));
}

/** The levels that quantiles are tested at. */
export const LEVELS: readonly number[] = [0.05, 0.25, 0.5, 0.75, 0.95];
