import { type Arrays, arraysDataset, fit, gaussianLikelihood, linearDecay, sgd } from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import { fitCurve } from '@subspace/curves';
import { type SwagState, swagMoments } from '@subspace/swag';
import type { Engine } from './engine.ts';
import type { Watch } from './jobs.ts';
import { paper } from './settings.ts';

/** Rows of a data set. */
export interface Rows {
  readonly inputs: Arrays;
  readonly targets: Arrays;
}

export interface TrainingOrder {
  readonly stage: string;
  readonly data: Rows;
  readonly epochs: number;
  /** Of the initial weights, and of the order of rows. */
  readonly seed: number | string;
  /** As the paper does, the rate decays where a solution is wanted, and stays where its way is collected. */
  readonly collect: boolean;
}

export interface Trained {
  readonly weights: Float32Array;
  readonly moments?: SwagState & Readonly<Record<string, unknown>>;
}

export interface CurveOrder {
  readonly stage: string;
  readonly data: Rows;
  readonly epochs: number;
  readonly seed: number | string;
  readonly start: Float32Array;
  readonly end: Float32Array;
}

/** One training run. */
export async function train(
  engine: Engine,
  { stage, data, epochs, seed, collect }: TrainingOrder,
  watch: Watch,
): Promise<Trained> {
  const network = engine.network(seed);
  try {
    const moments = swagMoments(network.layout, { rank: paper.rank });
    await fit(network, arraysDataset(data), {
      ...training(stage, epochs, seed, !collect, watch),
      ...(collect && { collect: { into: moments, from: Math.floor(epochs * paper.collectFrom) } }),
    });
    const weights = (await network.readWeights()).slice();
    return { weights, ...(collect && { moments: moments.state() }) };
  } finally {
    network.dispose();
  }
}

/** The points of a Bézier curve with one bend between two solutions. */
export async function trainCurve(
  engine: Engine,
  { stage, data, epochs, seed, start, end }: CurveOrder,
  watch: Watch,
): Promise<readonly Float32Array[]> {
  const network = engine.network(seed);
  try {
    const { points } = await fitCurve(network, arraysDataset(data), {
      ...training(stage, epochs, seed, true, watch),
      start,
      end,
    });
    return points;
  } finally {
    network.dispose();
  }
}

function training(
  stage: string,
  epochs: number,
  seed: number | string,
  decays: boolean,
  { signal, checkpoint, onProgress }: Watch,
) {
  const { learningRate } = paper;
  return {
    likelihood: gaussianLikelihood({ variance: paper.trainingVariance }),
    epochs,
    batchSize: paper.batchSize,
    optimizer: sgd({ momentum: paper.momentum }),
    learningRate: decays ? linearDecay({ learningRate, epochs }) : learningRate,
    seed,
    signal,
    onProgress: ({ epoch, of, secondsLeft }: { epoch: number; of: number; secondsLeft: number }) =>
      onProgress?.({ stage, done: epoch, of, secondsLeft }),
    ...(checkpoint && { checkpoint: { store: fileStore(checkpoint.folder), resume: checkpoint.resume } }),
  };
}
