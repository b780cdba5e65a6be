import {
  type CancelSignal,
  type CheckpointOptions,
  type Dataset,
  type Draws,
  ensemble,
  type Likelihood,
  type Network,
  type SamplingProgress,
  sample,
  type WeightSampler,
  weightPosterior,
} from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireFinite,
  requireKnownOptions,
  requireLength,
  requireList,
  requireOptions,
} from '@subspace/core/internals';
import { type MclmcInfo, type MclmcOptions, mclmc } from './mclmc.ts';

export interface MileOptions extends Pick<MclmcOptions, 'stepSize' | 'length' | 'energyVariance' | 'scales'> {
  /** Weights [D] of trained networks, one chain each: a deep ensemble. */
  starts: readonly Float32Array[];
  likelihood: Likelihood;
  /** σ of the prior N(0, σ²·I) over all weights, biases included. */
  priorStd: number;
  /** T > 0: p(D | w)^(1/T). Default 1. */
  temperature?: number;
  /** Weights that are kept of each chain: memory is D·12 bytes for each. */
  draws: number;
  /** Steps in which step size and length are tuned. Default: half of draws · thin. */
  warmup?: number;
  /** Steps from one draw to the next. Default 10. */
  thin?: number;
  seed: number | string;
  signal?: CancelSignal;
  /** Called about ten times a second, and once at the end. */
  onProgress?: (progress: SamplingProgress) => void;
  /** Saves chains and draws, also when cancelled, and goes on from there, bit for bit. */
  checkpoint?: CheckpointOptions;
}

/** Weights that the chains have kept, chain by chain. */
export interface MileDraws extends WeightSampler {
  readonly size: number;
  readonly members: readonly Float32Array[];
  /** The chains, for diagnostics of what the members say: weights themselves hardly ever mix. */
  readonly draws: Draws<MclmcInfo>;
}

const WHERE = 'mile';

/**
 * Microcanonical Langevin ensembles: a deep ensemble, each member of which is explored by `mclmc` over all weights of the network.
 *
 * Members find modes, chains the posterior around them: p(w | D) ∝ p(D | w)^(1/T)·N(w | 0, σ²·I), by gradients of all rows, two a step. Train the members first: `fit` with several seeds, the
 * better with early stopping. How much of the posterior each mode has, no chain says: all count alike.
 *
 * As in the paper's code, scales are 1 for all weights by default, and ε is tuned by the energy's variance a dimension; L is the root of the summed variances. Not as there, the wanted variance is constant, and L isn't
 * refined by autocorrelations.
 *
 * @param network without batch norm; its own weights do not matter, and stay
 * @returns the kept weights as a sampler for `predictRegression` and `predictClassification`
 * @throws on invalid options, starts of another length or not finite, and as `weightPosterior`, `mclmc` and `sample`
 * @see Sommer et al. (2025), "Microcanonical Langevin ensembles: advancing the sampling of Bayesian neural networks", arXiv 2502.06335
 * @example
 * ```ts
 * import { arraysDataset, gaussianLikelihood } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { mile } from '@subspace/sgmcmc';
 *
 * const data = arraysDataset({ inputs: { data: Float32Array.of(-1, 0, 1), shape: [3, 1] }, targets: { data: Float32Array.of(-2, 0, 2), shape: [3, 1] } });
 * const network = denseNetwork({ sizes: [1, 4, 1], seed: 1 });
 * const sampler = await mile(network, data, {
 *   starts: [await network.readWeights()], likelihood: gaussianLikelihood({ variance: 1 }), priorStd: 1, draws: 50, warmup: 200, seed: 1,
 * });
 * sampler.size; // 50
 * network.dispose();
 * ```
 */
export async function mile(network: Network, data: Dataset, options: MileOptions): Promise<MileDraws> {
  requireOptions(WHERE, 'network', network);
  requireOptions(WHERE, 'options', options);
  requireKnownOptions(WHERE, options, [
    ...['starts', 'likelihood', 'priorStd', 'temperature', 'draws', 'warmup', 'thin', 'seed', 'signal', 'onProgress'],
    ...['checkpoint', 'stepSize', 'length', 'energyVariance', 'scales'],
  ]);
  const { starts, likelihood, priorStd, temperature, draws, thin = 10, seed, signal, onProgress } = options;
  const { layout } = network;
  requireList(WHERE, 'starts', starts);
  if (starts.length === 0) throw argumentError(WHERE, 'starts are empty, expected the weights of at least one network');
  starts.forEach((start, i) => {
    requireLength(WHERE, `starts[${i}]`, start, layout.size);
    requireFinite(WHERE, `starts[${i}]`, start);
  });
  requireCount(WHERE, 'draws', draws);
  requireCount(WHERE, 'thin', thin);
  const { warmup = Math.floor((draws * thin) / 2), stepSize, length, energyVariance, scales = 'none' } = options;
  const posterior = weightPosterior(network, data, { likelihood, priorStd, temperature });
  try {
    const found = await sample(mclmc(posterior, { stepSize, length, energyVariance, scales }), {
      ...{ draws, warmup, thin, seed, signal, onProgress },
      ...{ chains: starts.length, initial: starts.map((start) => Float64Array.from(start)) },
      ...(options.checkpoint && { checkpoint: options.checkpoint }),
    });
    const members = found.positions.flat().map((position) => Float32Array.from(position));
    return { ...ensemble(members, { layout }), members, draws: found };
  } finally {
    posterior.dispose();
  }
}
