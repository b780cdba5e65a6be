import * as tf from '@tensorflow/tfjs-core';
import { multiply, step } from './kernels.ts';

/** An elementwise activation, and how a gradient passes back through it, as a function of its output y. */
export interface Activation {
  /** What fused kernels call it. */
  readonly fused?: 'linear' | 'relu' | 'sigmoid';
  apply(x: tf.Tensor): tf.Tensor;
  /** dy · activation′, from the output. */
  back(dy: tf.Tensor, y: tf.Tensor): tf.Tensor;
}

const activations: Readonly<Record<string, Activation>> = {
  linear: { fused: 'linear', apply: (x) => x, back: (dy) => dy },
  relu: { fused: 'relu', apply: (x) => tf.relu(x), back: (dy, y) => multiply(dy, step(y)) },
  sigmoid: { fused: 'sigmoid', apply: (x) => tf.sigmoid(x), back: (dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y))) },
  tanh: { apply: (x) => tf.tanh(x), back: (dy, y) => tf.mul(dy, tf.sub(1, tf.square(y))) },
  // y = log(1 + eˣ), so the derivative σ(x) is 1 − e⁻ʸ.
  softplus: { apply: (x) => tf.softplus(x), back: (dy, y) => tf.mul(dy, tf.neg(tf.expm1(tf.neg(y)))) },
};

/** The activation of that name in TensorFlow.js layers, where its backward pass is written out here. */
export function activationNamed(name: string): Activation | undefined {
  return Object.hasOwn(activations, name) ? activations[name] : undefined;
}
