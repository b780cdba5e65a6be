import * as tf from '@tensorflow/tfjs-core';
import { type SplitModel, splitModel } from './dense-stack.ts';
import type { Mode } from './forward.ts';
import type { Container } from './layer.ts';
import { explained } from './missing-kernel.ts';
import { type ModelWeights, substituted } from './model-weights.ts';

/** A scalar made of a network's outputs: what is differentiated. */
export interface Head {
  /** The scalar, differentiable by the tape. */
  value(outputs: tf.Tensor): tf.Scalar;
  /** ∂value/∂outputs, where it is known without a tape; then `value` is not called. */
  cotangent?(outputs: tf.Tensor): tf.Tensor;
}

/** A model as a function of its weights and inputs, with derivatives. Everything must run inside `tf.tidy`. */
export interface NetworkFunction {
  outputs(weights: readonly tf.Tensor[], input: tf.Tensor, mode: Mode): tf.Tensor;
  /** ∂head(outputs)/∂weights, one tensor for each weight. */
  gradients(weights: readonly tf.Tensor[], input: tf.Tensor, mode: Mode, head: Head): tf.Tensor[];
  /** As `outputs`, all of it on the tape, so that it can be differentiated again. */
  taped(weights: readonly tf.Tensor[], input: tf.Tensor, mode: Mode): tf.Tensor;
  readonly parts: SplitModel;
}

/** @param parts of the model, or of one that is left out in part: see `splitBefore` */
export function networkFunction(
  model: Container,
  { variables }: ModelWeights,
  parts: SplitModel = splitModel(model, variables),
): NetworkFunction {
  const { stack, tail, whole } = parts;
  const run = (weights: readonly tf.Tensor[], f: () => tf.Tensor[]) => substituted(variables, weights, f)[0];

  return {
    parts,
    outputs(weights, input, mode) {
      const h = stack ? stack.forward(weights, input as tf.Tensor2D, mode).output : input;
      return tail ? run(weights, () => tail([h], mode)) : h;
    },
    taped: (weights, input, mode) => run(weights, () => whole([input], mode)),
    gradients(weights, input, mode, head) {
      if (!stack) {
        return tapeGradients(
          () =>
            scalar(
              head,
              run(weights, () => whole([input], mode)),
            ),
          weights,
        );
      }
      const trace = stack.forward(weights, input as tf.Tensor2D, mode);
      const gradients: tf.Tensor[] = [];
      if (!tail) {
        stack.backward(weights, trace, cotangentOf(head, trace.output), gradients);
        return gradients;
      }
      const inTail = weights.map((_, i) => i).filter((i) => !stack.weights.includes(i));
      const f = () =>
        scalar(
          head,
          run(weights, () => tail([trace.output], mode)),
        );
      const [dOutput, ...tailGradients] = tapeGradients(f, [trace.output, ...inTail.map((i) => weights[i])]);
      inTail.forEach((place, i) => {
        gradients[place] = tailGradients[i];
      });
      stack.backward(weights, trace, dOutput as tf.Tensor2D, gradients);
      return gradients;
    },
  };
}

/**
 * ∂f/∂x for each x; zero where f does not depend on it.
 *
 * @throws where TensorFlow.js or the backend lacks what that needs
 */
export function tapeGradients(f: () => tf.Scalar, xs: readonly tf.Tensor[]): tf.Tensor[] {
  let grads: readonly (tf.Tensor | null)[];
  try {
    grads = tf.engine().gradients(f, [...xs], undefined, true).grads;
  } catch (error) {
    forgetTape();
    throw explained(error);
  }
  return xs.map((x, i) => grads[i] ?? tf.zerosLike(x));
}

/** Frees what the tape has saved: TensorFlow.js does so only at the end of a backward pass, which an error in the forward pass keeps it from. */
function forgetTape(): void {
  const { state } = tf.engine() as unknown as {
    state: { gradientDepth: number; activeTape: { saved?: tf.Tensor[] }[] | null };
  };
  if (state.gradientDepth > 0) return;
  for (const { saved } of state.activeTape ?? []) for (const tensor of saved ?? []) tensor.dispose();
  state.activeTape = null;
}

function cotangentOf(head: Head, outputs: tf.Tensor): tf.Tensor2D {
  if (head.cotangent) return head.cotangent(outputs) as tf.Tensor2D;
  return tapeGradients(() => head.value(outputs), [outputs])[0] as tf.Tensor2D;
}

/** The head's value on the tape: one node with a known gradient where there is one. */
function scalar(head: Head, outputs: tf.Tensor): tf.Scalar {
  const { cotangent } = head;
  if (!cotangent) return head.value(outputs);
  const surrogate = tf.customGrad((x, save) => {
    (save as tf.GradSaveFunc)([cotangent(x as tf.Tensor)]);
    return {
      value: tf.scalar(0),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, saved[0]),
    };
  });
  return surrogate(outputs) as tf.Scalar;
}
