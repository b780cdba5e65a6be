import * as tf from '@tensorflow/tfjs-core';

/**
 * Operations as bare kernels. Each public operation of TensorFlow.js opens a scope, converts and checks its arguments; in small networks that is half
 * of the time, and here shapes and types are known.
 */
const run = (kernel: string, inputs: tf.NamedTensorMap, attrs?: tf.NamedAttrMap): tf.Tensor =>
  tf.engine().runKernel(kernel, inputs, attrs) as tf.Tensor;

export function add<T extends tf.Tensor>(a: T, b: tf.Tensor): T {
  return run('Add', { a, b }) as T;
}

export function subtract<T extends tf.Tensor>(a: T, b: tf.Tensor): T {
  return run('Sub', { a, b }) as T;
}

export function multiply<T extends tf.Tensor>(a: T, b: tf.Tensor): T {
  return run('Multiply', { a, b }) as T;
}

export function scaled<T extends tf.Tensor>(a: T, factor: number): T {
  return multiply(a, tf.scalar(factor));
}

/** 1 where x > 0, 0 elsewhere; NaN stays. */
export function step(x: tf.Tensor): tf.Tensor {
  return run('Step', { x }, { alpha: 0 });
}

export function reshaped(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  return run('Reshape', { x }, { shape: [...shape] });
}

export function product(a: tf.Tensor2D, b: tf.Tensor2D, transposeA = false, transposeB = false): tf.Tensor2D {
  return run('BatchMatMul', { a, b }, { transposeA, transposeB }) as tf.Tensor2D;
}

/** Σ over the rows. */
export function columnSums(x: tf.Tensor2D): tf.Tensor1D {
  return run('Sum', { x }, { axis: [0], keepDims: false }) as tf.Tensor1D;
}

/** φ(hW + b). */
export function denseLayer(
  h: tf.Tensor2D,
  kernel: tf.Tensor2D,
  bias: tf.Tensor | undefined,
  activation: 'linear' | 'relu' | 'sigmoid',
): tf.Tensor2D {
  if (tf.getBackend() !== 'wasm') return tf.fused.matMul({ a: h, b: kernel, bias, activation }) as tf.Tensor2D;
  // The wasm kernel wants three axes, and reads nothing of a tensor but where its data are.
  const matrix = ({ dataId, shape, dtype }: tf.Tensor2D) =>
    ({ dataId, shape: [1, ...shape], dtype }) as unknown as tf.Tensor;
  const inputs = { a: matrix(h), b: matrix(kernel), ...(bias && { bias }) };
  const output = run('_FusedMatMul', inputs, { transposeA: false, transposeB: false, activation, leakyreluAlpha: 0 });
  return reshaped(output, [h.shape[0], kernel.shape[1]]) as tf.Tensor2D;
}
