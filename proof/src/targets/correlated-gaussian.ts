import { type Evaluation, isotropicGaussian, logDensity, type Vector } from '@subspace/core';
import { moments } from '../expectation.ts';
import type { Target } from '../target.ts';
import { dividedByGaussian } from './divided-by-gaussian.ts';
import { gaussian, gaussianEvaluation, meanFieldGap } from './gaussian-density.ts';

/** Five coordinates of standard deviations ½ to 2, neighbours correlated by 0.8. */
export function correlatedGaussian(): Target {
  const stds = [0.5, 1, 2, 1.5, 0.8];
  const mean = [1, -1, 0.5, 0, 2];
  const covariance = stds.map((s, i) => stds.map((t, j) => s * t * 0.8 ** Math.abs(i - j)));
  const exact = gaussian(mean, covariance);
  const evaluate = (z: Vector): Evaluation => gaussianEvaluation(exact, z);
  return {
    name: 'correlated Gaussian',
    dim: 5,
    density: logDensity(5, evaluate),
    posterior: dividedByGaussian(5, 4, evaluate),
    starts: isotropicGaussian(5, 4),
    effort: 5,
    expectations: moments(mean, covariance),
    logEvidence: 0,
    meanFieldGap: meanFieldGap(exact),
  };
}
