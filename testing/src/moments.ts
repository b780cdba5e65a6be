import { expect } from 'vitest';

/** Draws by chain, each of independent chains. */
interface ChainDraws {
  readonly positions: readonly (readonly Float64Array[])[];
}

/**
 * Means and covariances about the exact mean, each within 4 Monte-Carlo standard errors. Chains are independent, so the standard error is that
 * of the mean of the chains' own averages, whatever the autocorrelation within them.
 */
export function expectMoments(
  draws: ChainDraws,
  mean: readonly number[],
  covariance: readonly (readonly number[])[],
): void {
  mean.forEach((exact, i) => {
    expectMean(draws, `mean ${i}`, exact, (z) => z[i]);
    for (let j = 0; j <= i; j++) {
      expectMean(draws, `covariance ${i}, ${j}`, covariance[i][j], (z) => (z[i] - mean[i]) * (z[j] - mean[j]));
    }
  });
}

/** The mean of a statistic, within 4 standard errors. */
export function expectMean(
  draws: ChainDraws,
  what: string,
  exact: number,
  statistic: (z: Float64Array) => number,
): void {
  const averages = draws.positions.map((chain) => average(chain.map(statistic)));
  const estimate = average(averages);
  const variance = averages.reduce((sum, x) => sum + (x - estimate) ** 2, 0) / (averages.length - 1);
  expect(Math.abs(estimate - exact), what).toBeLessThan(4 * Math.sqrt(variance / averages.length));
}

function average(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}
