import { requireKnownOptions, requireOptions, requirePositive } from '../argument.ts';
import type { Dataset } from '../data/dataset.ts';
import { type Posterior, posterior } from '../density/posterior.ts';
import { type Likelihood, requireLikelihood } from '../likelihood/likelihood.ts';
import { requireSameLayout } from '../weights/layout-identity.ts';
import { subspace as checkedSubspace, type Subspace } from '../weights/subspace.ts';
import type { BatchNormPolicy, Network, SubspaceLikelihood } from './network.ts';

export interface SubspacePosteriorOptions {
  readonly likelihood: Likelihood;
  /** σ of the prior N(0, σ²·I) over z. */
  readonly priorStd: number;
  /** T; default 1. */
  readonly temperature?: number;
  /** Rows at a time: memory only, never the value. But with batch norm it defines the batches: see `SubspaceLikelihoodOptions`. */
  readonly batchSize?: number;
  readonly batchNorm?: BatchNormPolicy;
}

/**
 * p(z | D) ∝ p(D | ŵ + zᵀP)^(1/T) · N(z | 0, σ²·I): what every sampler and approximation takes.
 *
 * @param subspace of the network's layout
 * @throws on a subspace of another network, a prior width or temperature that is not positive
 * @see Izmailov et al. (2019), Section 4
 */
export function subspacePosterior(
  network: Network,
  subspace: Subspace,
  data: Dataset,
  options: SubspacePosteriorOptions,
): Posterior<SubspaceLikelihood> {
  requireOptions('subspacePosterior', 'network', network);
  requireOptions('subspacePosterior', 'subspace', subspace);
  requireOptions('subspacePosterior', 'data', data);
  requireOptions('subspacePosterior', 'options', options);
  requireKnownOptions('subspacePosterior', options, [
    'likelihood',
    'priorStd',
    'temperature',
    'batchSize',
    'batchNorm',
  ]);
  const { likelihood, priorStd, temperature = 1, batchSize, batchNorm } = options;
  requireLikelihood('subspacePosterior', likelihood);
  requirePositive('subspacePosterior', 'priorStd', priorStd);
  requirePositive('subspacePosterior', 'temperature', temperature);
  requireSameLayout('subspacePosterior', 'subspace', subspace.layout, network.layout);
  const logLikelihood = network.subspaceLikelihood(checkedSubspace(subspace), data, likelihood, {
    batchSize,
    batchNorm,
  });
  return posterior({ logLikelihood, priorStd, temperature });
}
