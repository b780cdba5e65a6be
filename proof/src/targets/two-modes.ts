import { type Evaluation, isotropicGaussian, logDensity, type Vector } from '@subspace/core';
import { logSumExp } from '@subspace/core/internals';
import { moments } from '../expectation.ts';
import type { Target } from '../target.ts';
import { dividedByGaussian } from './divided-by-gaussian.ts';
import { gaussian, gaussianEvaluation } from './gaussian-density.ts';

/** 0.3·N(m₀, Σ₀) + 0.7·N(m₁, Σ₁); `apart` moves the modes away from each other. */
export function twoModes(options: { readonly apart?: number } = {}): Target {
  const { apart = 1 } = options;
  const weights = [0.3, 0.7];
  const means = [
    [-2 * apart, 0],
    [2 * apart, 1],
  ];
  const covariances = [
    [
      [0.5, 0.2],
      [0.2, 0.4],
    ],
    [
      [0.8, -0.3],
      [-0.3, 0.6],
    ],
  ];
  const parts = means.map((mean, k) => gaussian(mean, covariances[k]));
  const evaluate = (z: Vector): Evaluation => {
    const evaluations = parts.map((part) => gaussianEvaluation(part, z));
    const logs = evaluations.map(({ value }, k) => value + Math.log(weights[k]));
    const value = logSumExp(logs);
    const gradient = new Float64Array(2);
    evaluations.forEach((evaluation, k) => {
      for (let i = 0; i < 2; i++) gradient[i] += Math.exp(logs[k] - value) * evaluation.gradient[i];
    });
    return { value, gradient };
  };
  const mean = [0, 1].map((i) => weights[0] * means[0][i] + weights[1] * means[1][i]);
  const covariance = [0, 1].map((i) =>
    [0, 1].map((j) =>
      weights.reduce(
        (sum, w, k) => sum + w * (covariances[k][i][j] + (means[k][i] - mean[i]) * (means[k][j] - mean[j])),
        0,
      ),
    ),
  );
  return {
    name: apart === 1 ? 'two modes' : 'two modes far apart',
    dim: 2,
    density: logDensity(2, evaluate),
    posterior: dividedByGaussian(2, 3 * apart, evaluate),
    starts: isotropicGaussian(2, 3 * apart),
    effort: 4,
    expectations: moments(mean, covariance),
    logEvidence: 0,
  };
}
