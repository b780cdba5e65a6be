import * as tf from '@tensorflow/tfjs-core';
import type { Mode } from './forward.ts';
import type { LayerWeight } from './layer.ts';
import { substituted } from './model-weights.ts';
import { type NetworkFunction, tapeGradients } from './network-function.ts';

/** A network's outputs and how they move with its weights, at one place. Inside `tf.tidy`, whose end ends this. */
export interface Linearisation {
  readonly outputs: tf.Tensor;
  /** J·v. */
  times(tangents: readonly tf.Tensor[]): tf.Tensor;
}

/**
 * The network linearised at given weights.
 *
 * Dense layers pass the tangent forward by hand. The rest goes backward twice: Jᵀu is linear in u, so the derivative of ⟨Jᵀu, v⟩ in u is J·v, exactly.
 */
export function linearise(
  network: NetworkFunction,
  variables: readonly LayerWeight[],
  weights: readonly tf.Tensor[],
  input: tf.Tensor,
  mode: Mode,
): Linearisation {
  const { stack, tail, whole } = network.parts;
  if (!stack) {
    const f = (xs: readonly tf.Tensor[]) => substituted(variables, xs, () => whole([input], mode))[0];
    return { outputs: f(weights), times: (tangents) => tapeTangent(f, weights, tangents) };
  }
  const trace = stack.forward(weights, input as tf.Tensor2D, mode);
  if (!tail) {
    return { outputs: trace.output, times: (tangents) => stack.forwardTangent(weights, trace, tangents) };
  }
  const inTail = weights.map((_, i) => i).filter((i) => !stack.weights.includes(i));
  const f = ([h, ...xs]: readonly tf.Tensor[]) => {
    const all = [...weights];
    inTail.forEach((place, i) => {
      all[place] = xs[i];
    });
    return substituted(variables, all, () => tail([h], mode))[0];
  };
  const at = [trace.output, ...inTail.map((i) => weights[i])];
  return {
    outputs: f(at),
    times(tangents) {
      const moved = stack.forwardTangent(weights, trace, tangents);
      return tapeTangent(f, at, [moved, ...inTail.map((i) => tangents[i])]);
    },
  };
}

/** The derivative of f along `tangents`, by going backward twice. */
function tapeTangent(
  f: (xs: readonly tf.Tensor[]) => tf.Tensor,
  xs: readonly tf.Tensor[],
  tangents: readonly tf.Tensor[],
): tf.Tensor {
  const u = tf.zeros(tf.tidy(() => f(xs).shape));
  const along = () => {
    const gradients = tapeGradients(() => tf.sum(tf.mul(f(xs), u)), xs);
    return tf.addN(gradients.map((gradient, i) => tf.sum(tf.mul(gradient, tangents[i])))) as tf.Scalar;
  };
  return tapeGradients(along, [u])[0];
}
