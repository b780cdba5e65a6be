import { argumentError, requireCount, requireKnownOptions, requireNonNegative, requireOptions } from '../argument.ts';
import { requireTwoRows } from '../data/batches.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Network, TrainerState } from '../engine/network.ts';
import { type Optimizer, requireOptimizer } from '../engine/optimizer.ts';
import { type Likelihood, requireLikelihood } from '../likelihood/likelihood.ts';
import { abortError, breath, type CancelSignal } from '../macrotask.ts';
import { permutation } from '../random/permutation.ts';
import { randomSource, requireSeed, restoreRandomSource } from '../random/random-source.ts';
import { arithmetic } from '../storage/arithmetic.ts';
import { type CheckpointOptions, requireCheckpointOptions } from '../storage/checkpoint-store.ts';
import { dataIdentity, plainMembers } from '../storage/run-identity.ts';
import { layoutIdentity } from '../weights/layout-identity.ts';
import type { Collector } from './collector.ts';
import { type EpochUnderWay, trainEpoch } from './epoch-under-way.ts';
import { type FitState, fitCheckpoint, requireEpochs, requireSameRates } from './fit-checkpoint.ts';
import { type FitFinding, fitFindings } from './fit-finding.ts';
import { requireVariances } from './require-variances.ts';
import type { Schedule } from './schedule.ts';
import { validationLoss } from './validation.ts';

export interface FitOptions {
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
  /** Takes the weights after epoch e ≥ from with (e − from) % every = 0. */
  collect?: { into: Collector; from: number; every?: number };
  /** Mean −log p on other data after each epoch; with `patience`, stop after so many epochs without improvement and go back to the best. */
  validation?: { data: Dataset; patience?: number };
  /** Called about ten times a second at the end of an epoch, and after the last. */
  onProgress?: (progress: FitProgress) => void;
  /** Called after every epoch. */
  onEpoch?: (epoch: { epoch: number; loss: number; validationLoss?: number }) => void;
  signal?: CancelSignal;
  /**
   * Saves weights, optimizer, moments and losses at the end of epochs and when cancelled, and goes on from there, bit for bit. `onEpoch` is called
   * for the epochs that end now.
   */
  checkpoint?: CheckpointOptions;
}

export interface FitProgress {
  /** Epochs done. */
  readonly epoch: number;
  readonly of: number;
  readonly loss: number;
  readonly secondsLeft: number;
}

export interface FitResult {
  /** Mean −log p of each epoch's training rows, as they were seen. */
  readonly loss: readonly number[];
  /** Mean −log p of the validation data after each epoch; empty without validation. */
  readonly validationLoss: readonly number[];
  /** What about the data makes training hard: columns that are far from standardised. */
  readonly findings: readonly FitFinding[];
  /** With validation, the epoch whose weights the network has at the end. */
  readonly bestEpoch?: number;
}

/**
 * Trains a network by gradient steps on the mean −log p of shuffled batches, and collects weights on the way.
 *
 * The engine owns weights and steps; epochs, order, schedule, collection and stopping are here. The network keeps the weights it reached, also when
 * cancelled. The same seed gives the same run. The event loop gets a turn at least every 20 ms, or after each longer step.
 *
 * With a checkpoint, a run that was killed goes on from its last saved epoch and gives the numbers of one that was not. One that was cancelled by
 * `signal` saves the epoch under way first, and loses nothing. `epochs` may grow.
 *
 * @throws on invalid options, on batches of one row under batch norm, or as soon as an epoch's loss is not finite (the network then keeps the weights that gave it); when cancelled, an error with `code: 'ABORTED'` and the losses so far;
 * when resumed with another network, engine, data set, likelihood, optimizer, option or seed, naming the difference; on a damaged checkpoint; when the
 * store fails, with `code: 'STORAGE'` and the losses so far
 * @example
 * ```ts
 * import { type FitOptions, gaussianLikelihood, memoryStore, sgd } from '@subspace/core';
 *
 * // fit(network, data, options): the same call starts the run and, after a crash, goes on with it.
 * const options: FitOptions = {
 *   likelihood: gaussianLikelihood({ variance: 1 }),
 *   epochs: 100,
 *   batchSize: 50,
 *   optimizer: sgd({ momentum: 0.9 }),
 *   learningRate: 0.01,
 *   seed: 1,
 *   checkpoint: { store: memoryStore(), every: 10, resume: true },
 * };
 * ```
 */
export async function fit(network: Network, data: Dataset, options: FitOptions): Promise<FitResult> {
  requireOptions('fit', 'options', options);
  const { likelihood, epochs, batchSize, optimizer, learningRate, shuffle = true, seed, collect, validation } = options;
  check(network, data, options);
  await requireVariances('fit', network, data, likelihood);
  const rate: Schedule = typeof learningRate === 'number' ? () => learningRate : learningRate;
  const random = randomSource(seed);
  const pause = breath();
  const started = performance.now();
  let lastReport = started;
  const checkpoint =
    options.checkpoint && (await fitCheckpoint(options.checkpoint, await identity(network, data, options)));
  const saved = checkpoint?.saved;
  if (saved) {
    requireEpochs(saved, epochs);
    requireSameRates(saved, rate);
  }
  const loss: number[] = [...(saved?.loss ?? [])];
  const validationLosses: number[] = [...(saved?.validationLoss ?? [])];
  const rates: number[] = [...(saved?.learningRate ?? [])];
  let best: FitState['best'] = saved?.best;
  let interrupted = saved?.underWay;
  let underWay: EpochUnderWay | undefined;
  const first = loss.length;
  /** Whether the last epoch was one too many without improvement. */
  const stopped = () => best !== undefined && loss.length - 1 - best.epoch >= (validation?.patience ?? Infinity);

  const throwIfCancelled = () => {
    if (options.signal?.aborted) throw abortError('fit', options.signal, { loss });
  };
  const trainer = network.trainer(data, likelihood, optimizer);
  const save = async (): Promise<void> =>
    checkpoint?.save({
      loss,
      validationLoss: validationLosses,
      learningRate: rates,
      trainer: await trainer.state(),
      collector: collect?.into.state(),
      best,
      underWay: underWay && { ...underWay, random: underWay.random.state() },
    });
  try {
    if (saved) {
      if (saved.collector) collect?.into.restore(saved.collector);
      trainer.restore(saved.trainer);
    }
    for (let epoch = first; epoch < epochs && !stopped(); epoch++) {
      const epochRandom = random.fork(`epoch ${epoch}`);
      const order = shuffle
        ? permutation(data.size, epochRandom.fork('order'))
        : Int32Array.from({ length: data.size }, (_, row) => row);
      const learningRateNow = rate(epoch);
      requireNonNegative('fit', `learningRate(${epoch})`, learningRateNow);
      throwIfCancelled();
      const now: EpochUnderWay = interrupted
        ? { ...interrupted, random: restoreRandomSource(interrupted.random) }
        : { rowsDone: 0, learningRate: learningRateNow, random: epochRandom.fork('steps') };
      interrupted = undefined;
      underWay = now;
      await trainEpoch(trainer, order, batchSize, network.refreshStatistics ? 2 : 1, now, pause, throwIfCancelled);

      now.loss ??= await trainer.takeLoss();
      const { sum, rows } = now.loss;
      if (!Number.isFinite(sum)) {
        loss.push(sum / rows);
        const [finding] = fitFindings(data, likelihood);
        const cause = finding
          ? `${finding.problem} ${finding.advice}`
          : `Is the learning rate ${learningRateNow} too large?`;
        const hint = `expected a finite number. ${cause}`;
        throw argumentError('fit', `loss is ${sum / rows} in epoch ${epoch}, ${hint}`);
      }
      if (validation) {
        const value = await validationLoss(network, validation.data, likelihood, async () => {
          if (!pause.due()) return;
          await pause.rest();
          throwIfCancelled();
        });
        if (!Number.isFinite(value)) {
          throw argumentError('fit', `validation loss is ${value} in epoch ${epoch}, expected a finite number`);
        }
        if (!best || value < best.loss) best = { epoch, loss: value, state: copyState(await trainer.state()) };
        validationLosses.push(value);
      }
      if (collect && epoch >= collect.from && (epoch - collect.from) % (collect.every ?? 1) === 0) {
        collect.into.collect((await trainer.points())[0]);
      }
      loss.push(sum / rows);
      rates.push(learningRateNow);
      underWay = undefined;
      options.onEpoch?.({ epoch, loss: loss[epoch], ...(validation && { validationLoss: validationLosses[epoch] }) });
      const stop = stopped();
      const time = performance.now();
      if (options.onProgress && (stop || epoch + 1 === epochs || time - lastReport > 100)) {
        lastReport = time;
        const secondsLeft = stop ? 0 : ((time - started) / 1000 / (epoch + 1 - first)) * (epochs - epoch - 1);
        options.onProgress({ epoch: epoch + 1, of: epochs, loss: loss[epoch], secondsLeft });
      }
      if (checkpoint && (stop || epoch + 1 === epochs || checkpoint.due(loss.length))) {
        await save();
      }
    }
    if (validation?.patience !== undefined && best) trainer.restore(best.state);
    return {
      loss,
      validationLoss: validationLosses,
      findings: fitFindings(data, likelihood),
      ...(best && { bestEpoch: validation?.patience !== undefined ? best.epoch : loss.length - 1 }),
    };
  } catch (error) {
    // What was cancelled between two epochs, or before the first step, has nothing newer than the last one's end.
    if ((error as { code?: unknown } | undefined)?.code === 'ABORTED' && (underWay || loss.length > first))
      await save();
    throw error;
  } finally {
    trainer.dispose();
  }
}

/** What a checkpoint must have been made with. Functions can't be compared: of a schedule, the rates of the epochs done are. */
async function identity(network: Network, data: Dataset, options: FitOptions): Promise<object> {
  const { likelihood, batchSize, optimizer, shuffle = true, seed, collect, validation } = options;
  return {
    engine: network.engine,
    arithmetic: arithmetic(),
    layout: layoutIdentity(network.layout),
    network: await network.identity?.(data),
    data: dataIdentity(data),
    likelihood: plainMembers(likelihood),
    batchSize,
    optimizer: plainMembers(optimizer),
    shuffle,
    seed: String(seed),
    collect: collect && { from: collect.from, every: collect.every ?? 1 },
    validation: validation && { data: dataIdentity(validation.data), patience: validation.patience },
  };
}

/** Engines may hand out live buffers. */
function copyState(state: TrainerState): TrainerState {
  return Object.fromEntries(
    Object.entries(state).map(([name, value]) => [name, typeof value === 'object' ? value.slice() : value]),
  );
}

function check(network: Network, data: Dataset, options: FitOptions): void {
  requireOptions('fit', 'network', network);
  requireOptions('fit', 'data', data);
  requireKnownOptions('fit', options, [
    'likelihood',
    'epochs',
    'batchSize',
    'optimizer',
    'learningRate',
    'shuffle',
    'seed',
    'collect',
    'validation',
    'onProgress',
    'onEpoch',
    'signal',
    'checkpoint',
  ]);
  requireCount('fit', 'data.size', data.size);
  requireLikelihood('fit', options.likelihood);
  requireOptimizer('fit', options.optimizer);
  requireCount('fit', 'epochs', options.epochs);
  requireCount('fit', 'batchSize', options.batchSize);
  if (network.refreshStatistics) {
    requireTwoRows('fit', 'data.size', data.size);
    requireTwoRows('fit', 'batchSize', options.batchSize);
  }
  requireSeed('fit', options.seed);
  if (typeof options.learningRate !== 'function') requireNonNegative('fit', 'learningRate', options.learningRate);
  if (options.collect) {
    requireKnownOptions('fit: collect', options.collect, ['into', 'from', 'every']);
    requireOptions('fit', 'collect.into', options.collect.into);
    requireCount('fit', 'collect.from', options.collect.from, 0);
    requireCount('fit', 'collect.every', options.collect.every ?? 1);
    if (options.collect.from >= options.epochs) {
      throw argumentError(
        'fit',
        `collect.from is ${options.collect.from}, expected less than epochs (${options.epochs})`,
      );
    }
  }
  if (options.validation) {
    requireKnownOptions('fit: validation', options.validation, ['data', 'patience']);
    requireOptions('fit', 'validation.data', options.validation.data);
    const { data: other, patience } = options.validation;
    if (
      String(other.inputShape) !== String(data.inputShape) ||
      String(other.targetShape) !== String(data.targetShape)
    ) {
      throw argumentError(
        'fit',
        `validation.data has rows [${other.inputShape}] → [${other.targetShape}], expected [${data.inputShape}] → [${data.targetShape}] as the data`,
      );
    }
    if (patience !== undefined) requireCount('fit', 'validation.patience', patience);
  }
  if (options.checkpoint) requireCheckpointOptions('fit', options.checkpoint);
}
