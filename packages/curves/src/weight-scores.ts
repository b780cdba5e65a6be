import type { Arrays, Dataset, Likelihood, Network } from '@subspace/core';
import {
  argumentError,
  readsLogits,
  requireCount,
  requireDataset,
  requireKnownOptions,
  requireLikelihood,
  requireNonNegative,
  requireOptions,
  rowDensities,
} from '@subspace/core/internals';

/** How scores of weights are taken. */
export interface ScoreOptions {
  likelihood: Likelihood;
  /** λ of the training: `loss` is the NLL + ½·λ·|w|². Default 0. */
  weightDecay?: number;
  /** A network with batch norm needs it: what its statistics are refreshed from at each point, as a rule the training data. */
  refresh?: { data: Dataset; fraction?: number };
  /** Rows that are predicted at a time: memory only. Default 2048. */
  batchSize?: number;
}

/** Scores of one vector of weights. */
export interface WeightScores {
  /** Mean of −log p over the rows, constants included, in nats. */
  readonly nll: number;
  /** NLL + ½·λ·|w|²: what training minimises. */
  readonly loss: number;
  /** Of a classifier, the share of rows that it gets wrong; else the root mean squared error of the means. NaN under a custom likelihood. */
  readonly error: number;
  /** 1 − error of a classifier, NaN of others. */
  readonly accuracy: number;
}

export const scoreOptions = ['likelihood', 'weightDecay', 'refresh', 'batchSize'] as const;

export function requireScoreOptions(where: string, network: Network, data: Dataset, options: ScoreOptions): void {
  requireOptions(where, 'network', network);
  requireDataset(where, data);
  requireLikelihood(where, options.likelihood);
  if (options.weightDecay !== undefined) requireNonNegative(where, 'weightDecay', options.weightDecay);
  if (options.batchSize !== undefined) requireCount(where, 'batchSize', options.batchSize);
  if (options.refresh !== undefined) {
    requireOptions(where, 'refresh', options.refresh);
    requireKnownOptions(where, options.refresh, ['data', 'fraction']);
    requireOptions(where, 'refresh.data', options.refresh.data);
  } else if (network.refreshStatistics) {
    throw argumentError(
      where,
      'refresh is undefined, but the network has batch norm: expected { data, fraction? }, to refresh its statistics at each point',
    );
  }
}

/** Scores of weights on data, in evaluation mode; the network stays as it is. `rest` is awaited after each block of rows. */
export async function weightScores(
  network: Network,
  data: Dataset,
  weights: Float32Array,
  { likelihood, weightDecay = 0, refresh, batchSize = 2048 }: ScoreOptions,
  rest: () => Promise<void>,
): Promise<WeightScores> {
  const statistics =
    refresh && (await network.refreshStatistics?.(weights, refresh.data, { fraction: refresh.fraction }));
  const rowWeights = data.arrays?.rowWeights;
  let nll = 0;
  let wrong = 0;
  for (let start = 0; start < data.size; start += batchSize) {
    const rows = Int32Array.from({ length: Math.min(batchSize, data.size - start) }, (_, i) => start + i);
    const { inputs, targets } = await data.gather(rows);
    const outputs = await network.predict(inputs, { weights, statistics, logits: readsLogits(likelihood) });
    rowDensities(likelihood, outputs, targets).forEach((density, i) => {
      nll -= density * (rowWeights ? rowWeights[start + i] : 1);
    });
    wrong += errors(likelihood, outputs, targets);
    await rest();
  }
  nll /= data.size;
  const classifies = readsLogits(likelihood);
  const share = wrong / data.size;
  const error = classifies ? share : Math.sqrt(share);
  let squares = 0;
  if (weightDecay > 0) for (let i = 0; i < weights.length; i++) squares += weights[i] * weights[i];
  return { nll, loss: nll + 0.5 * weightDecay * squares, error, accuracy: classifies ? 1 - share : Number.NaN };
}

/** Rows that are classified wrongly, or Σ of squared errors of the means, averaged over the targets of a row. */
function errors({ kind }: Likelihood, outputs: Arrays, targets: Arrays): number {
  if (kind === 'custom') return Number.NaN;
  const rows = outputs.shape[0];
  const [width, targetWidth] = [outputs.data.length / rows, targets.data.length / rows];
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    const [o, t] = [i * width, i * targetWidth];
    if (kind === 'categorical') {
      let best = 0;
      for (let c = 1; c < width; c++) if (outputs.data[o + c] > outputs.data[o + best]) best = c;
      if (best !== targets.data[t]) sum++;
    } else {
      for (let j = 0; j < targetWidth; j++) {
        const [value, target] = [outputs.data[o + j], targets.data[t + j]];
        if (kind === 'binary') sum += value > 0 === target > 0.5 ? 0 : 1 / targetWidth;
        else sum += ((value - target) * (value - target)) / targetWidth;
      }
    }
  }
  return sum;
}
