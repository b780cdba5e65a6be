import * as tf from '@tensorflow/tfjs-core';
import type { BatchNormLayer } from './layer.ts';

/** Statistics of one batch at one batch-norm layer, both over `count` = batch · positions values per channel; the variance divides by `count`. */
export interface BatchMoments {
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
  readonly count: number;
}

/** γ·(x − mean)/√(variance + ε) + β, along the layer's axis. */
export function normalise(layer: BatchNormLayer, x: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor): tf.Tensor {
  const along = channelShape(layer, x);
  const scale = tf.rsqrt(tf.add(variance, layer.epsilon));
  const gain = layer.gamma ? tf.mul(scale, layer.gamma.val) : scale;
  const centred = tf.sub(x, tf.reshape(mean, along));
  const scaled = tf.mul(centred, tf.reshape(gain, along));
  return layer.beta ? tf.add(scaled, tf.reshape(layer.beta.val, along)) : scaled;
}

/** Mean and biased variance over all axes but the layer's. */
export function batchMoments(layer: BatchNormLayer, x: tf.Tensor): BatchMoments {
  const channel = channelAxis(layer, x);
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== channel);
  const along = channelShape(layer, x);
  const mean = tf.mean(x, axes) as tf.Tensor1D;
  const variance = tf.mean(tf.square(tf.sub(x, tf.reshape(mean, along))), axes) as tf.Tensor1D;
  return { mean, variance, count: x.size / x.shape[channel] };
}

/** The unbiased variance, which running statistics take (n/(n − 1), as PyTorch). */
export function unbiased(count: number): number {
  return count / Math.max(1, count - 1);
}

function channelAxis(layer: BatchNormLayer, x: tf.Tensor): number {
  return layer.axis < 0 ? layer.axis + x.rank : layer.axis;
}

function channelShape(layer: BatchNormLayer, x: tf.Tensor): number[] {
  const channel = channelAxis(layer, x);
  return x.shape.map((length, axis) => (axis === channel ? length : 1));
}
