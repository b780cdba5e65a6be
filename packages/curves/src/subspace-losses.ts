import {
  type BatchNormPolicy,
  type CancelSignal,
  type Dataset,
  type Disposable,
  type Likelihood,
  type LogDensity,
  type MaybePromise,
  type Network,
  type Subspace,
  toWeights,
  type Vector,
} from '@subspace/core';
import {
  argumentError,
  batchedValues,
  requireDataset,
  requireLength,
  requireLikelihood,
  requireNonNegative,
  requireOptions,
  show,
} from '@subspace/core/internals';

/** How losses at points of a subspace are taken. */
export interface LossOptions {
  likelihood: Likelihood;
  /** λ of the training: adds ½·λ·|w|². Default 0. */
  weightDecay?: number;
  /** Rows at a time: memory, and under `'batch-statistics'` the batches. */
  batchSize?: number;
  /** Of a network with batch norm. Default `'refresh'`: statistics refreshed from the data at each point. */
  batchNorm?: BatchNormPolicy;
  /**
   * Who evaluates log p(D | w(z)), if not the network itself: workers, say. `(subspace) => workerLogDensity(create, { workers, init: subspace })`. What it
   * gives is disposed at the end, if it can be.
   */
  logLikelihood?: (subspace: Subspace) => MaybePromise<LogDensity & Partial<Disposable>>;
}

export const lossOptions = ['likelihood', 'weightDecay', 'batchSize', 'batchNorm', 'logLikelihood'] as const;

export function requireLossOptions(where: string, network: Network, data: Dataset, options: LossOptions): void {
  requireOptions(where, 'network', network);
  requireDataset(where, data);
  requireLikelihood(where, options.likelihood);
  if (options.weightDecay !== undefined) requireNonNegative(where, 'weightDecay', options.weightDecay);
  if (options.logLikelihood !== undefined && typeof options.logLikelihood !== 'function') {
    throw argumentError(where, `logLikelihood is ${show(options.logLikelihood)}, expected (subspace) => a log density`);
  }
}

/** Mean −log p (+ ½·λ·|w|²) at points of a subspace, many in one call. */
export async function losses(
  where: string,
  network: Network,
  data: Dataset,
  subspace: Subspace,
  points: readonly Vector[],
  options: LossOptions & {
    signal?: CancelSignal;
    onProgress?: (progress: { readonly points: number; readonly of: number; readonly secondsLeft: number }) => void;
  },
): Promise<Float64Array> {
  const { likelihood, weightDecay = 0, batchSize, batchNorm = 'refresh', logLikelihood, signal, onProgress } = options;
  const density = logLikelihood
    ? await logLikelihood(subspace)
    : network.subspaceLikelihood(subspace, data, likelihood, { batchSize, batchNorm });
  try {
    requireLength(where, 'a point of logLikelihood', { length: density.dim }, subspace.basis.length);
    const of = points.length;
    const started = performance.now();
    const values = await batchedValues(where, density, points, {
      signal,
      onBatch(done) {
        const secondsLeft = ((of - done) / done) * ((performance.now() - started) / 1000);
        onProgress?.({ points: done, of, secondsLeft });
      },
    });
    const weights = new Float32Array(subspace.layout.size);
    return values.map((value, i) => {
      const loss = -value / data.size;
      if (weightDecay === 0) return loss;
      let squares = 0;
      for (const w of toWeights(subspace, points[i], weights)) squares += w * w;
      return loss + 0.5 * weightDecay * squares;
    });
  } finally {
    density.dispose?.();
  }
}
