import { isotropicGaussian, type LogDensity, type Posterior, posterior, type Subspace } from '@subspace/core';
import { type AuthorsNetwork, authorsNetwork } from './authors-network.ts';
import { LEVELS, moments, quantiles } from './expectation.ts';
import { tabulated } from './tabulated-likelihood.ts';
import type { Target } from './target.ts';

/** What quadrature says of one plane at one temperature: an entry of `regression-curve-posterior.json` or `regression-pca2-posterior.json`. */
export interface GoldenPlane {
  readonly sigma: number;
  readonly temperature: number;
  readonly mean: readonly number[];
  readonly covariance: readonly (readonly number[])[];
  readonly quantiles: readonly (readonly number[])[];
  readonly logNormaliser: number;
}

/**
 * A plane through the authors' weights. Methods read the engine's likelihood from a table, which says the same to a hundredth of a nat, so that hundreds of millions of evaluations
 * take minutes.
 */
export interface AuthorsPlane {
  readonly authors: AuthorsNetwork;
  readonly subspace: Subspace;
  /** The engine's log likelihood, and the table's. */
  readonly exact: LogDensity;
  readonly read: LogDensity;
  target(
    golden: GoldenPlane,
    options: { readonly name: string; readonly effort: number },
  ): Target & { readonly posterior: Posterior };
}

/** The plane of the curve: a bent ridge of length 3, and of standard deviation 0.01 across at T = 1. */
export function curvePlane(): AuthorsPlane {
  return planeOf(({ curve }) => curve, { spacing: 0.01, extent: 8 });
}

/** The plane of the first two principal rows: wide, and nearly Gaussian. */
export function principalPlane(): AuthorsPlane {
  return planeOf(({ pca }) => pca(2), { spacing: 0.5, extent: 40 });
}

function planeOf(
  of: (authors: AuthorsNetwork) => Subspace,
  lattice: { readonly spacing: number; readonly extent: number },
): AuthorsPlane {
  const authors = authorsNetwork();
  const subspace = of(authors);
  const exact = authors.posterior(subspace, { sigma: 1, temperature: 1 }).logLikelihood;
  const { likelihood } = tabulated(exact, { ...lattice, maximum: 222 });
  return {
    authors,
    subspace,
    exact,
    read: likelihood,
    target({ sigma, temperature, mean, covariance, quantiles: values, logNormaliser }, { name, effort }) {
      const tempered = posterior({ logLikelihood: likelihood, priorStd: sigma, temperature });
      return {
        name,
        dim: 2,
        density: tempered,
        posterior: tempered,
        starts: isotropicGaussian(2, sigma),
        effort,
        expectations: [
          ...moments(mean, covariance),
          ...[0, 1].flatMap((k) => quantiles(`z${k}`, (z) => z[k], LEVELS, values[k])),
        ],
        logEvidence: logNormaliser,
      };
    },
  };
}
