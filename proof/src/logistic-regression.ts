import {
  type Evaluation,
  type Gaussian,
  isotropicGaussian,
  logDensity,
  type Posterior,
  posterior,
  type RandomSource,
  type Vector,
} from '@subspace/core';
import { formulaArray } from '@subspace-internal/testing';

/** A model that data can be drawn from. */
export interface BayesianModel {
  readonly prior: Gaussian;
  simulate(z: Vector, random: RandomSource): Uint8Array;
  /** At T = 1. */
  posterior(data: Uint8Array): Posterior;
}

/**
 * yₙ ~ Bernoulli(1/(1 + exp(−aₙ·z))), z ~ N(0, σ²·I): a posterior of one mode and no closed form, skew where the data are few.
 *
 * @param rows how many observations
 */
export function logisticRegression(options: { readonly dim: number; readonly rows: number }): BayesianModel {
  const { dim, rows } = options;
  const prior = isotropicGaussian(dim, 1.5);
  const features = formulaArray(rows * dim, 700, 1);
  const activation = (z: Vector, n: number): number => {
    let sum = 0;
    for (let k = 0; k < dim; k++) sum += features[n * dim + k] * z[k];
    return sum;
  };
  return {
    prior,
    simulate: (z, random) =>
      Uint8Array.from({ length: rows }, (_, n) => (random.uniform() < 1 / (1 + Math.exp(-activation(z, n))) ? 1 : 0)),
    posterior: (data) =>
      posterior({
        prior,
        logLikelihood: logDensity(dim, (z): Evaluation => {
          let value = 0;
          const gradient = new Float64Array(dim);
          for (let n = 0; n < rows; n++) {
            const eta = activation(z, n);
            // log(1 + e^η) without overflow.
            value += data[n] * eta - Math.max(eta, 0) - Math.log1p(Math.exp(-Math.abs(eta)));
            const error = data[n] - 1 / (1 + Math.exp(-eta));
            for (let k = 0; k < dim; k++) gradient[k] += error * features[n * dim + k];
          }
          return { value, gradient };
        }),
      }),
  };
}
