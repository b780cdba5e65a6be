import { type Evaluation, isotropicGaussian, logDensity, type Posterior, posterior, type Vector } from '@subspace/core';
import { gaussianEvaluation } from './gaussian-density.ts';

/**
 * A normalised density p as a posterior: its likelihood is p(z)/N(z | 0, σ²·I), so that the evidence is 1. It has a maximum where σ is wider than p in every direction.
 */
export function dividedByGaussian(dim: number, std: number, evaluate: (z: Vector) => Evaluation): Posterior {
  const prior = isotropicGaussian(dim, std);
  const logLikelihood = logDensity(dim, (z): Evaluation => {
    const whole = evaluate(z);
    const factor = gaussianEvaluation(prior, z);
    return { value: whole.value - factor.value, gradient: whole.gradient.map((g, k) => g - factor.gradient[k]) };
  });
  return posterior({ logLikelihood, prior });
}
