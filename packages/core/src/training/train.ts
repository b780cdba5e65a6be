import { argumentError, requireNonNegative } from '../argument.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Network, Trainer, TrainerState } from '../engine/network.ts';
import { abortError, breath } from '../macrotask.ts';
import { permutation } from '../random/permutation.ts';
import { type RandomSource, randomSource, restoreRandomSource } from '../random/random-source.ts';
import { dataIdentity, plainMembers } from '../storage/run-identity.ts';
import { type EpochUnderWay, trainEpoch } from './epoch-under-way.ts';
import { type FitState, fitCheckpoint, requireEpochs, requireSameRates } from './fit-checkpoint.ts';
import { type FitFinding, fitFindings } from './fit-finding.ts';
import { problemIdentity } from './problem-identity.ts';
import type { Schedule } from './schedule.ts';
import type { FitOptions } from './training-options.ts';
import { validationLoss } from './validation.ts';

/** A training: `fit`'s, or one of several points at once. */
export interface TrainingRun {
  /** The public function that was called. */
  readonly where: string;
  readonly network: Network;
  readonly data: Dataset;
  readonly options: FitOptions;
  /** The caller's, who disposes it. */
  readonly trainer: Trainer;
  /** What a checkpoint must have been made with, besides network, data and options. */
  readonly identity?: object;
  /** Of the trainer's points, for its next step. */
  coefficients?(random: RandomSource): Float64Array;
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

/** The epochs of a training: order, schedule, collection, stopping, checkpoints. */
export async function train(run: TrainingRun): Promise<FitResult> {
  const { where, network, data, options, trainer, coefficients } = run;
  const { likelihood, epochs, batchSize, learningRate, shuffle = true, seed, collect, validation } = options;
  const rate: Schedule = typeof learningRate === 'number' ? () => learningRate : learningRate;
  const random = randomSource(seed);
  const pause = breath();
  const started = performance.now();
  let lastReport = started;
  const checkpoint = options.checkpoint && (await fitCheckpoint(where, options.checkpoint, await identity(run)));
  const saved = checkpoint?.saved;
  if (saved) {
    requireEpochs(where, saved, epochs);
    requireSameRates(where, saved, rate);
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
    if (options.signal?.aborted) throw abortError(where, options.signal, { loss });
  };
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
      requireNonNegative(where, `learningRate(${epoch})`, learningRateNow);
      throwIfCancelled();
      const now: EpochUnderWay = interrupted
        ? { ...interrupted, random: restoreRandomSource(interrupted.random) }
        : { rowsDone: 0, learningRate: learningRateNow, random: epochRandom.fork('steps') };
      interrupted = undefined;
      underWay = now;
      await trainEpoch(
        trainer,
        order,
        batchSize,
        network.refreshStatistics ? 2 : 1,
        now,
        pause,
        throwIfCancelled,
        coefficients,
      );

      now.loss ??= await trainer.takeLoss();
      const { sum, rows } = now.loss;
      if (!Number.isFinite(sum)) {
        loss.push(sum / rows);
        const [finding] = fitFindings(data, likelihood);
        const cause = finding
          ? `${finding.problem} ${finding.advice}`
          : `Is the learning rate ${learningRateNow} too large?`;
        const hint = `expected a finite number. ${cause}`;
        throw argumentError(where, `loss is ${sum / rows} in epoch ${epoch}, ${hint}`);
      }
      if (validation) {
        const value = await validationLoss(network, validation.data, likelihood, async () => {
          if (!pause.due()) return;
          await pause.rest();
          throwIfCancelled();
        });
        if (!Number.isFinite(value)) {
          throw argumentError(where, `validation loss is ${value} in epoch ${epoch}, expected a finite number`);
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
  }
}

/** What a checkpoint must have been made with. Functions can't be compared: of a schedule, the rates of the epochs done are. */
async function identity({ network, data, options, identity }: TrainingRun): Promise<object> {
  const { likelihood, batchSize, optimizer, shuffle = true, seed, collect, validation } = options;
  return {
    ...(await problemIdentity(network, data, likelihood)),
    batchSize,
    optimizer: plainMembers(optimizer),
    shuffle,
    seed: String(seed),
    collect: collect && { from: collect.from, every: collect.every ?? 1 },
    validation: validation && { data: dataIdentity(validation.data), patience: validation.patience },
    ...identity,
  };
}

/** Engines may hand out live buffers. */
function copyState(state: TrainerState): TrainerState {
  return Object.fromEntries(
    Object.entries(state).map(([name, value]) => [name, typeof value === 'object' ? value.slice() : value]),
  );
}
