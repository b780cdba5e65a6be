import { argumentError, requireCount, requireKnownOptions, requireNonNegative } from '../argument.ts';
import type { Dataset } from '../data/dataset.ts';
import { isPromise } from '../density/maybe-promise.ts';
import type { Network, Trainer, TrainerState } from '../engine/network.ts';
import type { Likelihood } from '../likelihood/likelihood.ts';
import { abortError, type Breath, breath, type CancelSignal } from '../macrotask.ts';
import { permutation } from '../random/permutation.ts';
import { type RandomSource, randomSource, requireSeed } from '../random/random-source.ts';
import type { Collector } from './collector.ts';
import type { Optimizer } from './optimizer.ts';
import type { Schedule } from './schedule.ts';
import { validationLoss } from './validation.ts';

export interface FitOptions {
  likelihood: Likelihood;
  epochs: number;
  /** Rows per step; the last batch of an epoch may be smaller. */
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
  /** With validation, the epoch whose weights the network has at the end. */
  readonly bestEpoch?: number;
}

/**
 * Trains a network by gradient steps on the mean −log p of shuffled batches, and collects weights on the way.
 *
 * The engine owns weights and steps; epochs, order, schedule, collection and stopping are here. The network keeps the weights it reached, also when
 * cancelled. The same seed gives the same run. The event loop gets a turn at least every 20 ms, or after each longer step.
 *
 * @throws on invalid options, or as soon as an epoch's loss is not finite; when cancelled, an error with `code: 'ABORTED'` and the losses so far
 */
export async function fit(network: Network, data: Dataset, options: FitOptions): Promise<FitResult> {
  const { likelihood, epochs, batchSize, optimizer, learningRate, shuffle = true, seed, collect, validation } = options;
  check(data, options);
  const rate: Schedule = typeof learningRate === 'number' ? () => learningRate : learningRate;
  const random = randomSource(seed);
  const pause = breath();
  const started = performance.now();
  let lastReport = started;
  const loss: number[] = [];
  const validationLosses: number[] = [];
  let best: { epoch: number; loss: number; state: TrainerState } | undefined;

  const trainer = network.trainer(data, likelihood, optimizer);
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const epochRandom = random.fork(`epoch ${epoch}`);
      const order = shuffle
        ? permutation(data.size, epochRandom.fork('order'))
        : Int32Array.from({ length: data.size }, (_, row) => row);
      const learningRateNow = rate(epoch);
      requireNonNegative('fit', `learningRate(${epoch})`, learningRateNow);
      await trainEpoch(trainer, order, batchSize, learningRateNow, epochRandom.fork('steps'), pause, () => {
        if (options.signal?.aborted) throw abortError('fit', options.signal, { loss });
      });

      const { sum, rows } = await trainer.takeLoss();
      loss.push(sum / rows);
      if (!Number.isFinite(sum)) {
        const hint = `expected a finite number; is the learning rate ${learningRateNow} too large?`;
        throw argumentError('fit', `loss is ${sum / rows} in epoch ${epoch}, ${hint}`);
      }
      if (collect && epoch >= collect.from && (epoch - collect.from) % (collect.every ?? 1) === 0) {
        collect.into.collect((await trainer.points())[0]);
      }
      if (validation) {
        const value = await validationLoss(network, validation.data, likelihood);
        validationLosses.push(value);
        if (!best || value < best.loss) best = { epoch, loss: value, state: copyState(await trainer.state()) };
      }
      options.onEpoch?.({ epoch, loss: loss[epoch], ...(validation && { validationLoss: validationLosses[epoch] }) });
      const stop = best !== undefined && epoch - best.epoch >= (validation?.patience ?? Infinity);
      const now = performance.now();
      if (options.onProgress && (stop || epoch + 1 === epochs || now - lastReport > 100)) {
        lastReport = now;
        const secondsLeft = stop ? 0 : ((now - started) / 1000 / (epoch + 1)) * (epochs - epoch - 1);
        options.onProgress({ epoch: epoch + 1, of: epochs, loss: loss[epoch], secondsLeft });
      }
      if (stop) break;
    }
    if (validation?.patience !== undefined && best) trainer.restore(best.state);
    return {
      loss,
      validationLoss: validationLosses,
      ...(best && { bestEpoch: validation?.patience !== undefined ? best.epoch : loss.length - 1 }),
    };
  } finally {
    trainer.dispose();
  }
}

/** All steps of one epoch, with a rest whenever one is due. */
async function trainEpoch(
  trainer: Trainer,
  order: Int32Array,
  batchSize: number,
  learningRate: number,
  random: RandomSource,
  pause: Breath,
  throwIfCancelled: () => void,
): Promise<void> {
  throwIfCancelled();
  // Steps per fused run: as many as fit between two rests. Where a run is cut does not change what it computes.
  let stepsPerRun = 1;
  for (let start = 0; start < order.length; ) {
    const end = Math.min(order.length, start + stepsPerRun * batchSize);
    const before = performance.now();
    const rows = order.subarray(start, end);
    const stepped = trainer.run
      ? trainer.run(rows, batchSize, learningRate, random)
      : trainer.step(rows, learningRate, random);
    if (isPromise(stepped)) await stepped;
    if (trainer.run) {
      const milliseconds = (performance.now() - before) / stepsPerRun;
      stepsPerRun = Math.max(1, Math.min(2 * stepsPerRun, Math.floor(5 / milliseconds)));
    }
    start = end;
    if (pause.due()) {
      await pause.rest();
      throwIfCancelled();
    }
  }
}

/** Engines may hand out live buffers. */
function copyState(state: TrainerState): TrainerState {
  return Object.fromEntries(
    Object.entries(state).map(([name, value]) => [name, typeof value === 'object' ? value.slice() : value]),
  );
}

function check(data: Dataset, options: FitOptions): void {
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
  ]);
  requireCount('fit', 'data.size', data.size);
  if (!options.likelihood) throw argumentError('fit', 'likelihood is missing, expected one');
  if (!options.optimizer) throw argumentError('fit', 'optimizer is missing, expected sgd(…) or adam(…)');
  requireCount('fit', 'epochs', options.epochs);
  requireCount('fit', 'batchSize', options.batchSize);
  requireSeed('fit', options.seed);
  if (typeof options.learningRate !== 'function') requireNonNegative('fit', 'learningRate', options.learningRate);
  if (options.collect) {
    requireCount('fit', 'collect.from', options.collect.from, 0);
    requireCount('fit', 'collect.every', options.collect.every ?? 1);
    if (options.collect.from >= options.epochs) {
      throw argumentError(
        'fit',
        `collect.from is ${options.collect.from}, expected less than epochs (${options.epochs})`,
      );
    }
  }
  if (options.validation?.patience !== undefined)
    requireCount('fit', 'validation.patience', options.validation.patience);
}
