import { argumentError, requireKnownOptions, requireOptions, requirePositive } from '../argument.ts';
import { type Dataset, requireDataset } from '../data/dataset.ts';
import { diagonalGaussian } from '../density/gaussian.ts';
import type { DataLogDensity, DifferentiableLogDensity, Disposable } from '../density/log-density.ts';
import { type Posterior, posterior } from '../density/posterior.ts';
import { type Likelihood, requireLikelihood } from '../likelihood/likelihood.ts';
import type { WeightLayout } from '../weights/layout.ts';
import type { WeightMap } from '../weights/weight-map.ts';
import { mapLikelihood } from './map-likelihood.ts';
import type { Network } from './network.ts';

export interface WeightPosteriorOptions {
  readonly likelihood: Likelihood;
  /** σ of the prior N(0, σ²·I) over the weights. */
  readonly priorStd: number;
  /** T; default 1. */
  readonly temperature?: number;
  /** Rows at a time: memory only, never the value beyond rounding. */
  readonly batchSize?: number;
}

/**
 * p(w | D) ∝ p(D | w)^(1/T) · N(w | 0, σ²·I) over **all** D weights of a network: what a subspace is judged against.
 *
 * Any sampler takes it, Hamiltonian ones at one gradient of all rows a leapfrog step. Weights hardly ever mix: a hidden unit has others to trade places with. Look at predictions, by
 * `functionRHat` and `functionEssBulk` of `@subspace/diagnostics`. A draw is D float64 numbers, which all are kept until the end: `thin`, and start chains from trained weights (`initial`).
 *
 * Positions are float64, and are rounded to the network's float32 for each evaluation. There is no Gauss–Newton matrix: it has D × D entries.
 *
 * @param network without batch norm, whose statistics belong to no single row
 * @throws on a network with batch norm, invalid options, or a prior width or temperature that is not positive
 * @see Izmailov et al. (2021), "What are Bayesian neural network posteriors really like?"
 * @example
 * ```ts
 * import { gaussianLikelihood, weightPosterior } from '@subspace/core';
 *
 * // weightPosterior(network, data, options): a network of any engine, of which the README of @subspace/dense has an example that samples.
 * const options: Parameters<typeof weightPosterior>[2] = { likelihood: gaussianLikelihood({ variance: 0.01 }), priorStd: 1 };
 * ```
 */
export function weightPosterior(
  network: Network,
  data: Dataset,
  options: WeightPosteriorOptions,
): Posterior<DifferentiableLogDensity & DataLogDensity & Disposable> {
  const where = 'weightPosterior';
  requireOptions(where, 'network', network);
  requireDataset(where, data);
  requireOptions(where, 'options', options);
  requireKnownOptions(where, options, ['likelihood', 'priorStd', 'temperature', 'batchSize']);
  const { likelihood, priorStd, temperature = 1, batchSize } = options;
  requireLikelihood(where, likelihood);
  requirePositive(where, 'priorStd', priorStd);
  requirePositive(where, 'temperature', temperature);
  if (network.refreshStatistics) {
    throw argumentError(where, 'the network has batch norm, whose statistics are no weights: expected one without');
  }
  const map = everyWeight(network.layout);
  const { gaussNewton: _, ...logLikelihood } = mapLikelihood(where, network, map, data, likelihood, { batchSize });
  return posterior({ logLikelihood, prior: diagonalGaussian(map.dim, priorStd), temperature });
}

/** w(z) = z. */
function everyWeight(layout: WeightLayout): WeightMap {
  return {
    layout,
    dim: layout.size,
    weights: (z, out = new Float32Array(layout.size)) => {
      out.set(z);
      return out;
    },
    pullback: (_z, gradient) => Float64Array.from(gradient),
  };
}
