import {
  type CancelSignal,
  type CheckpointOptions,
  type Collector,
  type Dataset,
  type FitResult,
  fit,
  type Likelihood,
  type Network,
} from '@subspace/core';
import type { SubspaceEstimatorOptions, TrainingSettings } from './estimator-options.ts';

/** A network that was trained, and moments of the epochs around the end of training. */
export interface TrainedNetwork<M> {
  /** With the weights at the end of exploration. */
  readonly network: Network;
  readonly training: FitResult;
  /** At the end of training: what a plain network would predict with. */
  readonly weights: Float32Array;
  /** The epochs after that. */
  readonly exploration: FitResult;
  readonly moments: M;
}

export interface TrainingRun {
  readonly network: Network;
  readonly data: Dataset;
  readonly likelihood: Likelihood;
  readonly seed: string;
  readonly signal?: CancelSignal;
  readonly checkpoint: (stage: string) => CheckpointOptions | undefined;
  readonly onProgress: (stage: string) => (done: number, of: number) => void;
}

/** However few epochs were trained, so many more give snapshots. */
const LEAST_EXPLORATION = 10;

/** Trains until held-out rows are predicted worse, and says after how many epochs they were predicted best; the network has its first weights again. */
export async function epochsUntilWorse(
  settings: TrainingSettings,
  heldOut: Dataset,
  run: TrainingRun,
): Promise<{ readonly stopping: FitResult; readonly epochs: number }> {
  const { network } = run;
  const first = await network.readWeights();
  const stopping = await fit(network, run.data, {
    ...trainingOptions(settings, run, 'stopping'),
    epochs: settings.epochs,
    validation: { data: heldOut, patience: settings.patience },
  });
  network.writeWeights(first);
  return { stopping, epochs: stopping.bestEpoch! + 1 };
}

/**
 * Trains for so many epochs, and goes on; moments collect from half of them to twice as many. Their mean is then about where held-out rows are predicted best, and their directions
 * lead from networks that know too little to ones that know their rows too well.
 */
export async function trainAndCollect<M extends Collector>(
  options: SubspaceEstimatorOptions<M>,
  settings: TrainingSettings,
  epochs: number,
  run: TrainingRun,
): Promise<TrainedNetwork<M>> {
  const { network, data } = run;
  const from = Math.floor(settings.collectFrom * epochs);
  const more = Math.max(LEAST_EXPLORATION, Math.round(settings.collectTo * epochs) - epochs);
  const every = Math.max(1, Math.floor((epochs + more - from) / settings.snapshots));
  const moments = options.moments(network.layout);
  const training = await fit(network, data, {
    ...trainingOptions(settings, run, 'training'),
    epochs,
    collect: { into: moments, from: Math.min(from, epochs - 1), every },
  });
  const weights = await network.readWeights();
  const { learningRate } = settings;
  const exploration = await fit(network, data, {
    ...trainingOptions(settings, run, 'exploration'),
    learningRate: typeof learningRate === 'function' ? (epoch) => learningRate(epochs + epoch) : learningRate,
    epochs: more,
    collect: { into: moments, from: Math.min(every, more) - 1, every },
  });
  return { network, training, weights, exploration, moments };
}

function trainingOptions(
  { batchSize, optimizer, learningRate }: TrainingSettings,
  { likelihood, seed, signal, checkpoint, onProgress }: TrainingRun,
  stage: 'stopping' | 'training' | 'exploration',
) {
  const report = onProgress(stage);
  return {
    ...{ likelihood, batchSize, optimizer, learningRate, signal },
    seed: `${seed}, ${stage === 'exploration' ? stage : 'training'}`,
    checkpoint: checkpoint(stage),
    onProgress: ({ epoch, of }: { readonly epoch: number; readonly of: number }) => report(epoch, of),
  };
}
