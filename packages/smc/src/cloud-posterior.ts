import { type Gaussian, gaussianLogDensity, type LogDensity, type Posterior, posterior } from '@subspace/core';
import { argumentError, cholesky, requireKnownOptions, requirePositive, whenReady } from '@subspace/core/internals';
import type { ParticleCloud } from './particle-cloud.ts';

/**
 * The same density, written as a Gaussian fitted to the cloud of particles times what that leaves: p(z) = N(z | m, cΣ) · [p(z) / N(z | m, cΣ)].
 *
 * Elliptical slice sampling of it draws its ellipses from the cloud instead of the prior, which is what makes its steps long where the posterior is much
 * narrower than the prior, or correlated.
 *
 * @param tempered a stage's posterior over z [K]
 * @param cloud the mean m and covariance Σ of its particles
 * @param options.inflation c: the particles' covariance is widened by this, because too narrow a Gaussian leaves too much in the tails. Default 1.5
 * @throws if the covariance is not positive definite: more coordinates than particles
 * @see Nishihara, Murray & Adams (2014), "Parallel MCMC with generalized elliptical slice sampling"
 * @example
 * ```ts
 * import { logDensity, posterior } from '@subspace/core';
 * import { ellipticalSlice } from '@subspace/ess';
 * import { cloudPosterior, sequentialMonteCarlo } from '@subspace/smc';
 *
 * // Five coordinates, known a hundred times better than before.
 * const logLikelihood = logDensity(5, (z) => z.reduce((sum, x) => sum - 0.5 * ((x - 1) / 0.01) ** 2, 0));
 * const smc = await sequentialMonteCarlo(posterior({ logLikelihood, priorStd: 1 }), {
 *   particles: 200,
 *   move: (tempered, cloud) => ellipticalSlice(cloudPosterior(tempered, cloud)),
 *   movesPerStage: 2,
 *   seed: 1,
 * });
 * smc.logEvidence; // about −25.5 = 5·log N(1 | 0, 1.0001) + 2.5·log(2π·0.0001)
 * ```
 */
export function cloudPosterior<L extends LogDensity>(
  tempered: Posterior<L>,
  cloud: ParticleCloud,
  options: { readonly inflation?: number } = {},
): Posterior<LogDensity> {
  requireKnownOptions('cloudPosterior', options, ['inflation']);
  const { inflation = 1.5 } = options;
  requirePositive('cloudPosterior', 'inflation', inflation);
  const { dim } = tempered;
  const factor = cholesky(
    cloud.covariance.map((value) => inflation * value),
    dim,
  );
  if (!factor) {
    const why = 'is not positive definite, expected more particles than coordinates';
    throw argumentError('cloudPosterior', `the cloud's covariance [${dim}, ${dim}] ${why}`);
  }
  const prior: Gaussian = { mean: cloud.mean, cholesky: factor };
  return posterior({
    prior,
    logLikelihood: {
      dim,
      ...(tempered.engine !== undefined && { engine: tempered.engine }),
      values: (points) =>
        whenReady(tempered.values(points), (values) =>
          values.map((value, i) => value - gaussianLogDensity(prior, points[i])),
        ),
    },
  });
}
