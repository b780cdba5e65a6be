import type { BatchNormStatistics, MaybePromise } from '@subspace/core';
import { batchEnd, whenReady } from '@subspace/core/internals';
import * as tf from '@tensorflow/tfjs-core';
import { unbiased } from './batch-norm.ts';
import type { Batch } from './device-data.ts';
import type { Mode } from './forward.ts';
import type { BatchNormLayer } from './layer.ts';
import { eachReady, lastly, undoing } from './maybe-promise.ts';
import type { NetworkFunction } from './network-function.ts';

/** Running mean and variance of a layer, on the device. */
export type DeviceStatistics = readonly (readonly [mean: tf.Tensor, variance: tf.Tensor])[];

/** Rows of a pass, and where a batch of them comes from. */
export interface Batches {
  readonly rows: number;
  each(f: (batch: Batch) => MaybePromise<void>): MaybePromise<void>;
}

/** Batches of consecutive rows; the last may be smaller, but not than `least`: see `batchEnd`. */
export function batchesOf(
  data: { slice(start: number, end: number): MaybePromise<Batch> },
  rows: number,
  batchSize: number,
  least: number,
): Batches {
  const ranges: [start: number, end: number][] = [];
  for (let start = 0; start < rows; ) {
    const end = batchEnd(start, rows, batchSize, least);
    ranges.push([start, end]);
    start = end;
  }
  return {
    rows,
    each: (f) =>
      eachReady(ranges, ([start, end]) =>
        whenReady(data.slice(start, end), (batch) =>
          lastly(
            () => f(batch),
            () => batch.release(),
          ),
        ),
      ),
  };
}

/**
 * Batch-norm statistics of given weights: the average over a pass of the data.
 *
 * A batch of b rows after n others counts b/(n + b), so that every row weighs the same; each batch is normalised by its own statistics, and
 * the variance averaged is the unbiased one. Kept by the caller.
 */
export function refreshed(
  network: NetworkFunction,
  weights: readonly tf.Tensor[],
  layers: readonly BatchNormLayer[],
  batches: Batches,
): MaybePromise<DeviceStatistics> {
  const statistics = layers.map(({ movingMean }): [tf.Tensor, tf.Tensor] => [
    tf.keep(tf.zeros(movingMean.val.shape)),
    tf.keep(tf.ones(movingMean.val.shape)),
  ]);
  const seen = layers.map(() => 0);
  const pass = () =>
    batches.each((batch) => {
      tf.tidy(() => {
        const mode: Mode = {
          batchNorm: 'batch',
          onMoments(layer, { mean, variance, count }) {
            const place = layers.indexOf(layer);
            const share = batch.rows / (seen[place] + batch.rows);
            seen[place] += batch.rows;
            statistics[place] = [
              towards(statistics[place][0], mean, share),
              towards(statistics[place][1], tf.mul(variance, unbiased(count)), share),
            ];
          },
        };
        network.outputs(weights, batch.inputs, mode);
      });
    });
  return whenReady(
    undoing(pass, () => tf.dispose(statistics.flat())),
    () => statistics,
  );
}

/** A mode that normalises with these statistics. */
export function runningMode(layers: readonly BatchNormLayer[], statistics?: DeviceStatistics): Mode {
  if (!statistics) return { batchNorm: 'running' };
  return { batchNorm: 'running', statistics: (layer) => statistics[layers.indexOf(layer)] };
}

/** Statistics as they are saved: mean, then variance of each layer. */
export function uploadStatistics(statistics: BatchNormStatistics): DeviceStatistics {
  const tensors = statistics.map((values) => tf.tensor1d(new Float32Array(values)));
  return Array.from({ length: tensors.length / 2 }, (_, i) => [tensors[2 * i], tensors[2 * i + 1]] as const);
}

function towards(average: tf.Tensor, value: tf.Tensor, share: number): tf.Tensor {
  const next = tf.keep(tf.add(average, tf.mul(tf.sub(value, average), share)));
  average.dispose();
  return next;
}
