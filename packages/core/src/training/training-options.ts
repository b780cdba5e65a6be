import { requireCount, requireKnownOptions, requireNonNegative, requireOptions } from '../argument.ts';
import { requireTwoRows } from '../data/batches.ts';
import { type Dataset, requireDataset } from '../data/dataset.ts';
import type { Network } from '../engine/network.ts';
import { type Optimizer, requireOptimizer } from '../engine/optimizer.ts';
import { type Likelihood, requireLikelihood } from '../likelihood/likelihood.ts';
import type { CancelSignal } from '../macrotask.ts';
import { requireSeed } from '../random/random-source.ts';
import { type CheckpointOptions, requireCheckpointOptions } from '../storage/checkpoint-store.ts';
import type { Collector } from './collector.ts';
import type { Schedule } from './schedule.ts';

/** What every training takes, of a network's weights or of a curve. */
export interface TrainingOptions {
  likelihood: Likelihood;
  epochs: number;
  /**
   * Rows per step; the last batch of an epoch may be smaller. With batch norm no batch has a single row: one that is left over joins the batch before it.
   */
  batchSize: number;
  optimizer: Optimizer;
  /** A number, or a schedule: from the epoch, counted from 0, to a rate. */
  learningRate: number | Schedule;
  /** A new order of rows each epoch. Default true. */
  shuffle?: boolean;
  seed: number | string;
  /** Called about ten times a second at the end of an epoch, and after the last. */
  onProgress?: (progress: FitProgress) => void;
  /** Called after every epoch. */
  onEpoch?: (epoch: { epoch: number; loss: number; validationLoss?: number }) => void;
  signal?: CancelSignal;
  /**
   * Saves weights, optimizer, moments and losses at the end of epochs and when cancelled, and goes on from there, bit for bit. `onEpoch` is called
   * for the epochs that end now. Functions can't be compared: with a custom likelihood, see to it that the run goes on with the same one.
   */
  checkpoint?: CheckpointOptions;
}

export interface FitOptions extends TrainingOptions {
  /** Takes the weights after epoch e ≥ from with (e − from) % every = 0. */
  collect?: { into: Collector; from: number; every?: number };
  /** Mean −log p on other data after each epoch; with `patience`, stop after so many epochs without improvement and go back to the best. */
  validation?: { data: Dataset; patience?: number };
}

export interface FitProgress {
  /** Epochs done. */
  readonly epoch: number;
  readonly of: number;
  readonly loss: number;
  readonly secondsLeft: number;
}

/** Throws unless network, data and what every training takes are valid, or at an option that is neither one of these nor one of `others`. */
export function requireTraining(
  where: string,
  network: Network,
  data: Dataset,
  options: TrainingOptions,
  others: readonly string[],
): void {
  requireOptions(where, 'network', network);
  requireDataset(where, data);
  requireKnownOptions(where, options, [
    'likelihood',
    'epochs',
    'batchSize',
    'optimizer',
    'learningRate',
    'shuffle',
    'seed',
    'onProgress',
    'onEpoch',
    'signal',
    'checkpoint',
    ...others,
  ]);
  requireCount(where, 'data.size', data.size);
  requireLikelihood(where, options.likelihood);
  requireOptimizer(where, options.optimizer);
  requireCount(where, 'epochs', options.epochs);
  requireCount(where, 'batchSize', options.batchSize);
  if (network.refreshStatistics) {
    requireTwoRows(where, 'data.size', data.size);
    requireTwoRows(where, 'batchSize', options.batchSize);
  }
  requireSeed(where, options.seed);
  if (typeof options.learningRate !== 'function') requireNonNegative(where, 'learningRate', options.learningRate);
  if (options.checkpoint) requireCheckpointOptions(where, options.checkpoint);
}
