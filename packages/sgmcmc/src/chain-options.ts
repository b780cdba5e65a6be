import type { CancelSignal, CheckpointOptions, Dataset, Likelihood, Network } from '@subspace/core';
import {
  requireCheckpointOptions,
  requireCount,
  requireDataset,
  requireKnownOptions,
  requireLikelihood,
  requireOptions,
  requirePositive,
  requireSeed,
  requireTwoRows,
} from '@subspace/core/internals';

/** What every chain over minibatches takes. */
export interface WeightChainOptions {
  likelihood: Likelihood;
  /** σ of the prior N(0, σ²·I) over all weights, biases included. */
  priorStd: number;
  /** T > 0: p(D | w)^(1/T). Default 1. */
  temperature?: number;
  /**
   * Rows per step, in epochs without replacement; the last batch of an epoch may be smaller. With batch norm no batch has a single row: one that is left over joins the batch before it.
   */
  batchSize: number;
  seed: number | string;
  signal?: CancelSignal;
  /** Called about ten times a second, and once at the end. */
  onProgress?: (progress: WeightChainProgress) => void;
  /**
   * Saves the chain and its draws, also when cancelled, and goes on from there, bit for bit. There may be more draws than before. Functions can't be compared: with a custom
   * likelihood, see to it that the run goes on with the same one.
   */
  checkpoint?: CheckpointOptions;
}

/** A learning rate for each step, counted from 0. */
export type StepSchedule = (step: number) => number;

export interface WeightChainProgress {
  /** Steps done. */
  readonly step: number;
  readonly of: number;
  /** Weights kept so far. */
  readonly draws: number;
  /** Mean −log p of the rows of the last step. */
  readonly loss: number;
  readonly secondsLeft: number;
}

/** Throws unless network, data and what every chain takes are valid, or at an option that is neither one of these nor one of `others`. */
export function requireChain(
  where: string,
  network: Network,
  data: Dataset,
  options: WeightChainOptions,
  others: readonly string[],
): void {
  requireOptions(where, 'network', network);
  requireDataset(where, data);
  requireCount(where, 'data.size', data.size);
  requireOptions(where, 'options', options);
  const known = ['likelihood', 'priorStd', 'temperature', 'batchSize', 'seed', 'signal', 'onProgress', 'checkpoint'];
  requireKnownOptions(where, options, [...known, ...others]);
  const { likelihood, priorStd, temperature = 1, batchSize, seed, checkpoint } = options;
  requireLikelihood(where, likelihood);
  requirePositive(where, 'priorStd', priorStd);
  requirePositive(where, 'temperature', temperature);
  requireCount(where, 'batchSize', batchSize);
  if (network.refreshStatistics) {
    requireTwoRows(where, 'data.size', data.size);
    requireTwoRows(where, 'batchSize', batchSize);
  }
  requireSeed(where, seed);
  if (checkpoint) requireCheckpointOptions(where, checkpoint);
}

/** Rows that a batch has at least: batch norm has no statistics of a single one. */
export function leastBatch(network: Network): number {
  return network.refreshStatistics ? 2 : 1;
}
