import type { Likelihood } from '@subspace/core';
import * as tf from '@tensorflow/tfjs-core';
import { requireTensors } from './tensor-likelihood.ts';

/** log p of each row [N], as tensors that can be differentiated, from outputs [N, M] and targets. */
export type LogDensityTensors = (outputs: tf.Tensor2D, targets: tf.Tensor) => tf.Tensor1D;

/** A likelihood as tensors: for devices that are slow to read, and for custom likelihoods. */
export function logDensityTensors(where: string, likelihood: Likelihood): LogDensityTensors {
  if (likelihood.kind === 'custom') return requireTensors(where, likelihood).logDensity;
  if (likelihood.kind === 'gaussian') {
    const { variance } = likelihood;
    return (outputs, targets) => {
      const [rows, means] = outputs.shape;
      const squares = tf.sum(tf.square(tf.sub(tf.reshape(targets, [rows, means]), outputs)), 1);
      return tf.sub(-0.5 * means * Math.log(2 * Math.PI * variance), tf.mul(squares, 0.5 / variance));
    };
  }
  if (likelihood.kind === 'heteroscedastic-gaussian') {
    return (outputs, targets) => {
      const [rows, width] = outputs.shape;
      const means = width / 2;
      const variance = tf.slice(outputs, [0, means], [rows, means]);
      const residual = tf.sub(tf.reshape(targets, [rows, means]), tf.slice(outputs, [0, 0], [rows, means]));
      const terms = tf.add(tf.log(tf.mul(variance, 2 * Math.PI)), tf.div(tf.square(residual), variance));
      return tf.mul(tf.sum(terms, 1), -0.5);
    };
  }
  if (likelihood.kind === 'binary') {
    return (outputs, targets) => {
      const labels = tf.cast(tf.reshape(targets, [-1]), 'float32');
      const margins = tf.mul(tf.reshape(outputs, [-1]), tf.sub(tf.mul(labels, 2), 1));
      return tf.neg(tf.softplus(tf.neg(margins))) as tf.Tensor1D;
    };
  }
  return (outputs, targets) => {
    const [rows, classes] = outputs.shape;
    const labels = tf.oneHot(tf.cast(tf.reshape(targets, [rows]), 'int32'), classes);
    return tf.sum(tf.mul(tf.cast(labels, 'float32'), tf.logSoftmax(outputs, 1)), 1);
  };
}
