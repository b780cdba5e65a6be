import { type Dataset, type Network, randomSource } from '@subspace/core';
import { requireCount, requireNonNegative } from '@subspace/core/internals';
import { leastBatch, requireChain, type StepSchedule, type WeightChainOptions } from './chain-options.ts';
import { minibatches } from './minibatches.ts';
import type { WeightChain } from './weight-chain.ts';

/** What a chain takes whose draws come at equal distances. */
export interface StochasticGradientOptions extends WeightChainOptions {
  /** Weights that are kept: memory is D·4 bytes for each. */
  draws: number;
  /** Steps before those of the first draw. Default: half as many as come after. */
  warmup?: number;
  /** Steps from one draw to the next. Default: those of one epoch. */
  thin?: number;
  /**
   * η, in units of `fit`: a step goes −η times the gradient of the mean of −log p. A number, or a schedule: from the step, counted from 0, to a rate. The step size ε of the papers, in units
   * of the log posterior, is 2η/N.
   */
  learningRate: number | StepSchedule;
}

/** All of a chain but how it moves. Throws unless network, data and options are valid, or at an option that is neither one of these nor one of `others`. */
export function equalDistances(
  where: string,
  network: Network,
  data: Dataset,
  options: StochasticGradientOptions,
  others: readonly string[],
): Omit<WeightChain, 'dynamics'> {
  requireChain(where, network, data, options, ['draws', 'warmup', 'thin', 'learningRate', ...others]);
  const { batchSize, seed, draws, learningRate } = options;
  const batches = minibatches(data.size, batchSize, leastBatch(network), randomSource(seed).fork('batches'));
  const { thin = batches.stepsPerEpoch } = options;
  requireCount(where, 'draws', draws);
  requireCount(where, 'thin', thin);
  const { warmup = Math.floor((draws * thin) / 2) } = options;
  requireCount(where, 'warmup', warmup, 0);
  const constant = typeof learningRate === 'function' ? undefined : learningRate;
  if (typeof learningRate !== 'function') requireNonNegative(where, 'learningRate', learningRate);
  return {
    ...{ where, network, data, options, batches },
    identity: { warmup, thin, learningRate: constant },
    steps: warmup + draws * thin,
    rate: typeof learningRate === 'function' ? learningRate : () => learningRate,
    noisy: () => true,
    keeps: (steps) => steps > warmup && (steps - warmup) % thin === 0,
  };
}
