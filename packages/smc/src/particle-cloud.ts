import type { Gaussian, Vector } from '@subspace/core';

/** Mean and covariance of the particles that a stage starts from: what a step size or a mass matrix can be taken from. */
export interface ParticleCloud {
  /** [K] */
  readonly mean: Vector;
  /** [K, K] row major */
  readonly covariance: Float64Array;
}

export function particleCloud(positions: readonly Vector[]): ParticleCloud {
  const count = positions.length;
  const dim = positions[0].length;
  const mean = new Float64Array(dim);
  for (const position of positions) for (let k = 0; k < dim; k++) mean[k] += position[k] / count;
  const covariance = new Float64Array(dim * dim);
  for (const position of positions) {
    for (let i = 0; i < dim; i++) {
      for (let j = 0; j < dim; j++) {
        covariance[i * dim + j] += ((position[i] - mean[i]) * (position[j] - mean[j])) / count;
      }
    }
  }
  return { mean, covariance };
}

/** That of a Gaussian. */
export function gaussianCloud({ mean, cholesky }: Gaussian): ParticleCloud {
  const dim = mean.length;
  const covariance = Float64Array.from({ length: dim * dim }, (_, at) => {
    const [i, j] = [Math.floor(at / dim), at % dim];
    let sum = 0;
    for (let k = 0; k <= Math.min(i, j); k++) sum += cholesky[i * dim + k] * cholesky[j * dim + k];
    return sum;
  });
  return { mean: mean.slice(), covariance };
}
