import { requireKnownOptions, requireOptions, requirePositive } from '../argument.ts';
import { type Dataset, requireDataset } from '../data/dataset.ts';
import { type Posterior, posterior } from '../density/posterior.ts';
import { type Likelihood, requireLikelihood } from '../likelihood/likelihood.ts';
import { requireSameLayout } from '../weights/layout-identity.ts';
import { subspace as checkedSubspace, type Subspace } from '../weights/subspace.ts';
import { isSubspace, requireWeightMap, type WeightMap } from '../weights/weight-map.ts';
import { mapLikelihood } from './map-likelihood.ts';
import type { BatchNormPolicy, Network, SubspaceLikelihood } from './network.ts';
import { withLogVolume } from './with-log-volume.ts';

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
 * Along a map, p(z | D) ∝ p(D | w(z))^(1/T) · N(z | 0, σ²·I) · volume(z), the volume where the map has a `logVolume`: then `logLikelihood` holds T times it, for samplers that take a Gaussian
 * prior and the likelihood apart; `pointwise` and the Gauss–Newton matrix are those of the data. A map that lies `within` a subspace is evaluated by the engine's kernels for it; any other one
 * weights by weights, one point at a time, on networks without batch norm, and its Gauss–Newton matrix takes a backward pass for each row of the data.
 *
 * @param subspace affine, or a map, of the network's layout
 * @throws on a subspace of another network, a prior width or temperature that is not positive
 * @see Izmailov et al. (2019), Section 4
 */
export function subspacePosterior(
  network: Network,
  subspace: Subspace | WeightMap,
  data: Dataset,
  options: SubspacePosteriorOptions,
): Posterior<SubspaceLikelihood> {
  requireOptions('subspacePosterior', 'network', network);
  requireOptions('subspacePosterior', 'subspace', subspace);
  requireDataset('subspacePosterior', data);
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
  if (!isSubspace(subspace)) requireWeightMap('subspacePosterior', 'subspace', subspace);
  requireSameLayout('subspacePosterior', 'subspace', subspace.layout, network.layout);
  const engine = { batchSize, batchNorm };
  if (isSubspace(subspace)) {
    const logLikelihood = network.subspaceLikelihood(checkedSubspace(subspace), data, likelihood, engine);
    return posterior({ logLikelihood, priorStd, temperature });
  }
  const logLikelihood = mapLikelihood('subspacePosterior', network, subspace, data, likelihood, engine);
  return posterior({ logLikelihood: withLogVolume(logLikelihood, subspace, temperature), priorStd, temperature });
}
