import * as tf from '@tensorflow/tfjs-core';

/**
 * `f`, after which every tensor it made is disposed but those that `kept` finds in its result.
 *
 * As `tf.tidy`, for results of any type: `tidy` searches its result for tensors, every number of a typed array included.
 */
export function scope<A>(f: () => A, kept: (result: A) => readonly tf.Tensor[] = () => []): A {
  const engine = tf.engine();
  engine.startScope();
  let keep: readonly tf.Tensor[] = [];
  try {
    const result = f();
    keep = kept(result);
    return result;
  } finally {
    engine.endScope([...keep]);
  }
}
