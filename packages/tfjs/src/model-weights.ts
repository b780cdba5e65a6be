import { type MaybePromise, type WeightLayout, weightLayout } from '@subspace/core';
import { argumentError, requireFinite, requireLength } from '@subspace/core/internals';
import * as tf from '@tensorflow/tfjs-core';
import { reshaped } from './kernels.ts';
import type { Container, LayerWeight } from './layer.ts';
import { take } from './reading.ts';

/** The trainable weights of a model as one flat vector, and as tensors. */
export interface ModelWeights {
  readonly layout: WeightLayout;
  readonly variables: readonly LayerWeight[];
  /** Number of entries of each tensor. */
  readonly sizes: readonly number[];
}

/**
 * Trainable weights in the model's order, a shared one once; named `layer/weight`, shaped as TensorFlow has them: dense [in, out], convolutions
 * [height, width, in, out].
 */
export function modelWeights(model: Container): ModelWeights {
  const variables = [...new Map(model.trainableWeights.map((weight) => [weight.id, weight])).values()];
  if (variables.length === 0) throw argumentError('layersNetwork', 'model has no trainable weights, expected some');
  const taken = new Set<string>();
  const layout = weightLayout(
    variables.map(({ originalName, shape, val }) => {
      if (val.dtype !== 'float32') {
        throw argumentError('layersNetwork', `weight ${originalName} is ${val.dtype}, expected float32`);
      }
      let name = originalName;
      for (let i = 1; taken.has(name); i++) name = `${originalName}_${i}`;
      taken.add(name);
      return { name, shape };
    }),
  );
  return { layout, variables, sizes: variables.map(({ val }) => val.size) };
}

/** The flat weights, a copy. */
export function readVariables({ variables }: ModelWeights): MaybePromise<Float32Array> {
  const flat = tf.tidy(() => tf.concat1d(variables.map(({ val }) => tf.reshape(val, [val.size]))));
  return take(flat);
}

/** Sets the variables to flat weights. */
export function writeVariables(where: string, { layout, variables }: ModelWeights, weights: Float32Array): void {
  requireLength(where, 'weights', weights, layout.size);
  requireFinite(where, 'weights', weights);
  variables.forEach(({ val }, i) => {
    const { offset, shape } = layout.entries[i];
    const tensor = tf.tensor(new Float32Array(weights.subarray(offset, offset + val.size)), [...shape], 'float32');
    val.assign(tensor);
    tensor.dispose();
  });
}

/** Flat weights on the device as one tensor for each variable; the tape does not see it. */
export function splitWeights({ layout, sizes }: ModelWeights, flat: tf.Tensor): tf.Tensor[] {
  if (tf.getBackend() === 'wasm') {
    // Its kernel copies all of the vector for every piece.
    const values = flat.dataSync() as Float32Array;
    return layout.entries.map(({ offset, shape }, i) =>
      tf.tensor(values.subarray(offset, offset + sizes[i]), [...shape], 'float32'),
    );
  }
  const vector = reshaped(flat, [layout.size]);
  const pieces = sizes.length === 1 ? [vector] : tf.split(vector, [...sizes]);
  return pieces.map((piece, i) => {
    const { shape } = layout.entries[i];
    return shape.length === 1 ? piece : reshaped(piece, shape);
  });
}

/** One flat tensor of tensors like the variables. */
export function joinWeights(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.concat1d(
    tensors.map((tensor) => (tensor.rank === 1 ? tensor : reshaped(tensor, [tensor.size])) as tf.Tensor1D),
  );
}

/**
 * Runs `f` while the variables hold `tensors` instead of their values, so that gradients flow into the tensors, and the variables
 * themselves are untouched.
 */
export function substituted<A>(variables: readonly LayerWeight[], tensors: readonly tf.Tensor[], f: () => A): A {
  const own = variables.map(({ val }) => val);
  variables.forEach((variable, i) => {
    variable.val = tensors[i] as tf.Variable;
  });
  try {
    return f();
  } finally {
    variables.forEach((variable, i) => {
      variable.val = own[i];
    });
  }
}
