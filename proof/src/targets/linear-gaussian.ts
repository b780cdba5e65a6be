import {
  type Evaluation,
  type Gaussian,
  gaussianLogDensity,
  isotropicGaussian,
  logDensity,
  posterior,
} from '@subspace/core';
import { formulaArray } from '@subspace-internal/testing';
import { moments } from '../expectation.ts';
import type { Target } from '../target.ts';
import { covarianceOf, gaussian, gaussianEvaluation, meanFieldGap } from './gaussian-density.ts';

const ROWS = 40;
const WEIGHTS = 20;
const NOISE_VARIANCE = 0.3;
const PRIOR_STD = 1.5;

export interface LinearGaussianTarget extends Target {
  readonly exact: Gaussian;
}

/**
 * y = X·(ŵ + zᵀP) + noise: linear regression of 20 weights in a K-dimensional subspace, its likelihood tempered. The posterior is Gaussian, and with all its constants known.
 *
 * @param salt of the formula that fills X, P, ŵ and y (`formulaArray`): the golden file's
 */
export function linearGaussian(options: {
  readonly dim: number;
  readonly temperature: number;
  readonly salt: number;
}): LinearGaussianTarget {
  const { dim, temperature, salt } = options;
  const inputs = formulaArray(ROWS * WEIGHTS, salt, 1);
  const basis = formulaArray(dim * WEIGHTS, salt + 1, 0.5);
  const shift = formulaArray(WEIGHTS, salt + 2, 0.3);
  const targets = formulaArray(ROWS, salt + 3, 2);
  const row = (n: number) => inputs.subarray(n * WEIGHTS, (n + 1) * WEIGHTS);
  const design = Array.from({ length: ROWS }, (_, n) =>
    Float64Array.from({ length: dim }, (_, k) => dot(row(n), basis.subarray(k * WEIGHTS, (k + 1) * WEIGHTS))),
  );
  const residual = targets.map((y, n) => y - dot(row(n), shift));
  // ‖r − A·z‖² = ‖r‖² − z·(2·Aᵀr − AᵀA·z): as quick for 10,000 rows as for one.
  const projected = Float64Array.from({ length: dim }, (_, k) =>
    dot(
      design.map((a) => a[k]),
      residual,
    ),
  );
  const gram = Array.from({ length: dim }, (_, i) =>
    Float64Array.from({ length: dim }, (_, j) => design.reduce((sum, a) => sum + a[i] * a[j], 0)),
  );
  const constant =
    -0.5 * ROWS * Math.log(2 * Math.PI * NOISE_VARIANCE) - (0.5 * dot(residual, residual)) / NOISE_VARIANCE;
  const logLikelihood = logDensity(dim, (z): Evaluation => {
    const gradient = new Float64Array(dim);
    let value = 0;
    for (let k = 0; k < dim; k++) {
      gradient[k] = (projected[k] - dot(gram[k], z)) / NOISE_VARIANCE;
      value += 0.5 * z[k] * (projected[k] / NOISE_VARIANCE + gradient[k]);
    }
    return { value: constant + value, gradient };
  });
  const tempered = posterior({ logLikelihood, priorStd: PRIOR_STD, temperature });

  const exact = observed(isotropicGaussian(dim, PRIOR_STD), design, residual, temperature * NOISE_VARIANCE);
  // Bayes' rule at any point: prior × likelihood / posterior.
  const at = exact.mean;
  const logEvidence = (tempered.values([at]) as Float64Array)[0] - gaussianLogDensity(exact, at);
  return {
    name: `linear Gaussian model, K = ${dim}, T = ${temperature}`,
    dim,
    density: logDensity(dim, (z): Evaluation => gaussianEvaluation(exact, z)),
    posterior: tempered,
    starts: tempered.prior,
    effort: dim === 10 ? 3 : 1,
    expectations: moments(exact.mean, covarianceOf(exact)),
    logEvidence,
    meanFieldGap: meanFieldGap(exact),
    exact,
  };
}

/** The posterior after observations y = A·z + N(0, variance), taken in one after another (Kalman's update). */
function observed(prior: Gaussian, design: readonly Float64Array[], targets: Float64Array, variance: number): Gaussian {
  let mean = prior.mean;
  let covariance = covarianceOf(prior);
  design.forEach((a, n) => {
    const gain = Float64Array.from(covariance, (line) => dot(line, a));
    const spread = dot(gain, a) + variance;
    const surprise = targets[n] - dot(a, mean);
    mean = mean.map((m, i) => m + (gain[i] * surprise) / spread);
    covariance = covariance.map((line, i) => line.map((c, j) => c - (gain[i] * gain[j]) / spread));
  });
  return gaussian(mean, covariance);
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
