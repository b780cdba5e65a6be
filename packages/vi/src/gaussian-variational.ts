import { argumentError } from '@subspace/core/internals';
import { affine } from './affine.ts';
import { type GaussianApproximation, gaussianDensity } from './approximation.ts';
import { gaussianFamily } from './family.ts';
import { fitVariational } from './fit-variational.ts';
import { initialFactor } from './start.ts';
import type { ApproximationTarget } from './target.ts';
import { requireSwitch, type VariationalFit, type VariationalOptions } from './variational-options.ts';

export interface GaussianVariationalOptions extends VariationalOptions {
  /** Keeps the mean where it starts: at the prior's mean, or at `initial`. The original's `--no_mu`. Default false. */
  readonly fixMean?: boolean;
  /**
   * Leaves the part of the gradient out that is zero on average: no noise where the approximation fits. Default true. With
   * common random numbers it changes nothing: over draws whose mean is 0 and whose covariance is I, that part is zero.
   *
   * @see Roeder, Wu & Duvenaud (2017), "Sticking the landing"
   */
  readonly stickingTheLanding?: boolean;
}

export interface GaussianVariational extends GaussianApproximation, VariationalFit {}

/**
 * Mean-field Gaussian variational inference: the N(μ, diag(s²)) with the highest ELBO E_q[log p(z) − log q(z)].
 *
 * Reparameterised gradients, z = μ + s∘ε, and Adam with a learning rate that is halved as the ELBO settles. It starts from a MAP, and steps are
 * measured by the curvature there (Gauss–Newton where the posterior has it), so that the defaults do for ill-scaled coordinates.
 *
 * Unlike the original code, the KL divergence has all its constants, the initial width is honoured, and iterations and samples are two things.
 *
 * @param posterior any differentiable log density; of a posterior, the ELBO is E_q[log p(D | z)] / T − KL(q ‖ prior)
 * @throws on invalid options, a log density that is not finite at the start or at all draws of an iteration; when cancelled, an error with
 * `code: 'ABORTED'` and the history; when resumed with another target, option or seed, naming the difference; when the store fails, `code: 'STORAGE'`
 * @see Izmailov et al. (2019), Section 4.2; Kucukelbir et al. (2017), "Automatic differentiation variational inference"
 * @example
 * ```ts
 * import { logDensity, posterior, randomSource } from '@subspace/core';
 * import { meanField } from '@subspace/vi';
 *
 * // One observation 2 ± 1 and a prior 0 ± 1: the posterior is N(1, ½).
 * const logLikelihood = logDensity(1, (z) => ({ value: -0.5 * (z[0] - 2) ** 2, gradient: Float64Array.of(2 - z[0]) }));
 * const target = posterior({ logLikelihood, priorStd: 1 });
 * const approximation = await meanField(target, { iterations: 1000, seed: 1 });
 * approximation.mean; // [1]
 * approximation.covariance; // [0.5]
 * approximation.elbo; // −1 − ½ log 2, the log evidence
 * approximation.paretoK; // 0: all importance ratios are equal
 * approximation.sample(randomSource(2), 100); // 100 draws
 * ```
 */
export function meanField(
  posterior: ApproximationTarget,
  options: GaussianVariationalOptions,
): Promise<GaussianVariational> {
  return fitGaussian('meanField', posterior, options, true);
}

/**
 * Full-rank Gaussian variational inference: the N(μ, L·Lᵀ) with the highest ELBO. As `meanField`, with z = μ + L·ε.
 *
 * @throws as `meanField`
 * @see Kucukelbir et al. (2017), "Automatic differentiation variational inference", Section 2.4
 * @example
 * ```ts
 * import { logDensity, posterior } from '@subspace/core';
 * import { fullRank } from '@subspace/vi';
 *
 * // Only the sum of two coordinates is observed: 1 ± ½.
 * const logLikelihood = logDensity(2, (z) => {
 *   const residual = 1 - z[0] - z[1];
 *   return { value: -2 * residual ** 2, gradient: Float64Array.of(4 * residual, 4 * residual) };
 * });
 * const approximation = await fullRank(posterior({ logLikelihood, priorStd: 1 }), { iterations: 1000, seed: 1 });
 * approximation.covariance; // [0.56, −0.44, −0.44, 0.56]
 * ```
 */
export function fullRank(
  posterior: ApproximationTarget,
  options: GaussianVariationalOptions,
): Promise<GaussianVariational> {
  return fitGaussian('fullRank', posterior, options, false);
}

async function fitGaussian(
  where: string,
  posterior: ApproximationTarget,
  options: GaussianVariationalOptions,
  diagonal: boolean,
): Promise<GaussianVariational> {
  const { fixMean = false, stickingTheLanding = true, initialStd } = options ?? {};
  requireSwitch(where, 'fixMean', fixMean);
  requireSwitch(where, 'stickingTheLanding', stickingTheLanding);
  if (fixMean && (options.starts ?? 1) !== 1) {
    throw argumentError(where, `starts is ${options.starts} with fixMean, expected 1: the mean stays at one of them`);
  }
  return fitVariational(posterior, options, {
    where,
    learningRate: 0.1,
    samplesPerIteration: 8,
    patience: 50,
    initial: fixMean ? 'prior' : 'map',
    own: { fixMean, stickingTheLanding },
    begin(start) {
      const { gaussian, widths } = start;
      const map = affine({ start: gaussian, widths: diagonal ? widths : undefined, fixMean });
      return {
        family: gaussianFamily(map, stickingTheLanding),
        parameters: map.initial(initialFactor(start, diagonal, initialStd)),
      };
    },
    density: ({ gaussian }) => gaussianDensity(where, gaussian!),
  });
}
