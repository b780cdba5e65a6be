import type { RandomSource, WeightSampler } from '@subspace/core';
import { expect } from 'vitest';

/** Mean and central second moments [D, D] of `count` draws about a given mean. */
function momentsOfDraws(
  sampler: WeightSampler,
  mean: ArrayLike<number>,
  count: number,
  random: RandomSource,
): { offset: Float64Array; products: Float64Array[] } {
  const size = mean.length;
  const offset = new Float64Array(size);
  const products = Array.from({ length: size }, () => new Float64Array(size));
  const x = new Float64Array(size);
  for (const weights of sampler.weights(count, random)) {
    for (let i = 0; i < size; i++) {
      x[i] = weights[i] - mean[i];
      offset[i] += x[i] / count;
      const row = products[i];
      for (let j = 0; j <= i; j++) row[j] += (x[i] * x[j]) / count;
    }
  }
  return { offset, products };
}

/**
 * Expects draws to have a mean and a covariance [D, D] within 5 standard errors of n draws. D = 60 means and 1830 covariances are compared: at 5 standard
 * errors a right sampler is somewhere beyond with probability below 1890·5.8e-7 = 0.1 %; at 4 it would be 11 %.
 *
 * @param fourth E[xᵢ²xⱼ²] about the mean; that of a Gaussian by default, ΣᵢᵢΣⱼⱼ + 2Σᵢⱼ². The standard errors are √(Σᵢᵢ/n) and √((E[xᵢ²xⱼ²] − Σᵢⱼ²)/n)
 */
export function expectMoments(
  sampler: WeightSampler,
  mean: ArrayLike<number>,
  covariance: readonly ArrayLike<number>[],
  count: number,
  random: RandomSource,
  fourth: (i: number, j: number) => number = (i, j) => covariance[i][i] * covariance[j][j] + 2 * covariance[i][j] ** 2,
): void {
  const { offset, products } = momentsOfDraws(sampler, mean, count, random);
  for (let i = 0; i < mean.length; i++) {
    expect(Math.abs(offset[i]), `mean of ${i}`).toBeLessThan(5 * Math.sqrt(covariance[i][i] / count));
    for (let j = 0; j <= i; j++) {
      const error = Math.sqrt((fourth(i, j) - covariance[i][j] ** 2) / count);
      const difference = Math.abs(products[i][j] - covariance[i][j]);
      expect(difference, `covariance of ${i} and ${j}`).toBeLessThan(5 * error);
    }
  }
}
