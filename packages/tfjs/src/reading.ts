import type { MaybePromise } from '@subspace/core';
import * as tf from '@tensorflow/tfjs-core';

/** Backends whose tensors can be read at once: promises cost more than the small networks' arithmetic. */
const immediate = new Set(['wasm', 'cpu', 'tensorflow']);

/** Whether reading a tensor returns at once and without stalling a device. */
export function readsAtOnce(): boolean {
  return immediate.has(tf.getBackend());
}

/** The values of a tensor, which is disposed. */
export function take(tensor: tf.Tensor): MaybePromise<Float32Array> {
  if (readsAtOnce()) {
    const values = tensor.dataSync() as Float32Array;
    tensor.dispose();
    return values;
  }
  return tensor.data<'float32'>().finally(() => tensor.dispose());
}
