import type { RandomSource, Vector } from '@subspace/core';
import { cholesky, meanAndCovariance } from '@subspace/core/internals';
import { affineInverse } from './affine.ts';

/** Draws ε of N(0, I) in pairs ε and −ε: what is odd in ε cancels, and with it most of the noise in the gradient of the mean. */
export function pairedDraws(random: RandomSource, dim: number, count: number): readonly Vector[] {
  const draws: Vector[] = [];
  while (draws.length < count) {
    const draw = Float64Array.from({ length: dim }, () => random.normal());
    draws.push(draw);
    if (draws.length < count) draws.push(draw.map((x) => -x));
  }
  return draws;
}

/**
 * Draws whose mean is 0 and whose covariance is I exactly: C⁻¹·(ε − m), m and C·Cᵀ mean and covariance of paired draws. The ELBO over them is then that
 * over N(0, I) where the log density is quadratic, and its gradient is the same with and without sticking the landing: Σ ε = 0 and Σ ε·εᵀ / n = I are
 * what the part left out takes to be zero. (Over any other draws that stay the same it is not, and the ELBO over them may fall in the direction that is left.)
 *
 * @param count at least two for each coordinate: fewer leave a direction out, in which the ELBO over them rises without end
 */
export function standardizedDraws(random: RandomSource, dim: number, count: number): readonly Vector[] {
  const draws = pairedDraws(random, dim, count);
  const { mean, covariance } = meanAndCovariance(draws);
  const gaussian = { mean, cholesky: cholesky(covariance, dim)! };
  return draws.map((draw) => affineInverse(gaussian, draw));
}
