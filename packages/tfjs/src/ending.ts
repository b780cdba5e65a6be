import { randomSource } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';
import * as tf from '@tensorflow/tfjs-core';
import { type SplitModel, splitModel } from './dense-stack.ts';
import type { Pass } from './forward.ts';
import { type Container, described, isContainer, type Layer, type LayerWeight, nodesInOrder } from './layer.ts';
import type { NetworkFunction } from './network-function.ts';
import { readsAtOnce } from './reading.ts';

/** The layer in which a model ends, and the softmax or sigmoid that is the last thing it does. */
export interface Ending {
  readonly layer: Layer;
  readonly activation?: 'softmax' | 'sigmoid';
  /** Whether what the layer does last is known: of classes that are not listed below it is not. */
  readonly known: boolean;
}

interface ActivatedLayer extends Layer {
  activation: { getClassName(): string; apply(x: tf.Tensor): tf.Tensor };
}

/** Classes that apply their activation last. */
const activated = new Set([
  ...['Activation', 'Dense', 'Conv1D', 'Conv2D', 'Conv2DTranspose', 'Conv3D', 'Conv3DTranspose'],
  ...['DepthwiseConv2D', 'SeparableConv2D'],
]);
/** Classes that change the shape only. */
const reshaping = new Set(['Flatten', 'Reshape']);
const linear: ActivatedLayer['activation'] = { getClassName: () => 'linear', apply: (x) => x };

/** @throws where a softmax or sigmoid ends the model that is none over its classes, by the layer's name */
export function endingOf(where: string, model: Container): Ending {
  const node = lastNode(model);
  const layer = node.outboundLayer;
  const name = described(layer);
  const { activation } = layer as Partial<ActivatedLayer>;
  const kind =
    layer.getClassName() === 'Softmax'
      ? 'softmax'
      : activated.has(layer.getClassName())
        ? activation?.getClassName()
        : undefined;
  if (kind === 'hardSigmoid') throw argumentError(where, `${name} is a hard sigmoid, expected a sigmoid, or none`);
  if (kind !== 'softmax' && kind !== 'sigmoid') return { layer, known: kind !== undefined };

  const shape = node.outputTensors[0].shape.map((length) => length ?? 1);
  const outputs = shape.slice(1).reduce((product, length) => product * length, 1);
  if (kind === 'sigmoid' && outputs > 1) {
    throw argumentError(
      where,
      `${name} is a sigmoid with ${outputs} outputs, expected softmax or logits for that many classes, or one output for two`,
    );
  }
  const { axis = -1 } = layer as { axis?: number };
  if (kind === 'softmax' && shape[axis < 0 ? shape.length + axis : axis] !== outputs) {
    throw argumentError(
      where,
      `${name} is a softmax over a part of its ${outputs} outputs, expected one over all of them`,
    );
  }
  if (usesOf(model, layer) > 1) {
    throw argumentError(where, `${name} is used more than once, expected a layer of its own at the end of the model`);
  }
  return { layer, activation: kind, known: true };
}

/** The model without the activation that it ends in. */
export function splitBefore(ending: Ending, model: Container, variables: readonly LayerWeight[]): SplitModel {
  const { stack, tail, whole } = without(ending, () => splitModel(model, variables));
  const bare =
    (pass: Pass): Pass =>
    (...args) =>
      without(ending, () => pass(...args));
  return { stack, tail: tail && bare(tail), whole: bare(whole) };
}

/**
 * Throws where outputs are probabilities at any weights, so that there must be a softmax or sigmoid that cannot be seen: within a layer of the user's own,
 * or below one that averages. Where reading stalls the device, nothing is tried.
 */
export function requireNoProbabilities(
  where: string,
  { layer }: Ending,
  network: NetworkFunction,
  variables: readonly LayerWeight[],
  rowShape: readonly number[],
): void {
  if (!readsAtOnce()) return;
  const random = randomSource('weights to try');
  const seen: Float32Array[] = [];
  for (let trial = 0; trial < 5; trial++) {
    const outputs = tf.tidy(() => {
      const weights = variables.map(({ val }) =>
        trial === 0
          ? val
          : tf.tensor(
              Float32Array.from({ length: val.size }, () => 3 * random.normal()),
              val.shape,
            ),
      );
      return network.outputs(weights, tf.zeros([1, ...rowShape]), { batchNorm: 'running' }).dataSync() as Float32Array;
    });
    if (!outputs.every(Number.isFinite)) continue;
    if (outputs.some((p) => p < -1e-6 || p > 1 + 1e-6)) return;
    seen.push(outputs);
  }
  const sums = seen.every((outputs) => Math.abs(outputs.reduce((sum, p) => sum + p, 0) - 1) < 1e-3);
  const inside = seen.some((outputs) => outputs.some((p) => p > 0 && p < 1));
  const several = seen.length > 0 && seen[0].length > 1;
  // Sums of 1 are no accident; outputs between 0 and 1 may be, once or twice.
  if ((several && sums) || (inside && seen.length > 3)) {
    throw argumentError(
      where,
      `the outputs of ${described(layer)} are probabilities, expected logits, or a softmax or sigmoid that can be left out: as activation of the last layer or as a layer`,
    );
  }
}

/** `f` while the layer leaves its activation out. */
function without<A>({ layer, activation }: Ending, f: () => A): A {
  if (!activation) return f();
  if (layer.getClassName() === 'Softmax') {
    // Shadows the method of its class.
    Object.assign(layer, { call: (inputs: tf.Tensor | tf.Tensor[]) => (Array.isArray(inputs) ? inputs[0] : inputs) });
    try {
      return f();
    } finally {
      delete (layer as Partial<Layer>).call;
    }
  }
  const activatedLayer = layer as ActivatedLayer;
  const own = activatedLayer.activation;
  activatedLayer.activation = linear;
  try {
    return f();
  } finally {
    activatedLayer.activation = own;
  }
}

/** Where a model's output is computed, models inside it taken apart, and what changes the shape only left out. */
function lastNode(model: Container) {
  const nodes = nodesInOrder(model);
  let { id } = model.outputs[0];
  for (;;) {
    const node = nodes.find(({ outputTensors }) => outputTensors.some((tensor) => tensor.id === id));
    if (!node) return { outboundLayer: model, outputTensors: model.outputs };
    const { outboundLayer: layer } = node;
    if (isContainer(layer)) return lastNode(layer);
    if (!reshaping.has(layer.getClassName())) return node;
    ({ id } = node.inputTensors[0]);
  }
}

/** How often a pass of the model runs a layer. */
function usesOf(model: Container, layer: Layer): number {
  return nodesInOrder(model).reduce(
    (sum, { outboundLayer }) =>
      sum + (isContainer(outboundLayer) ? usesOf(outboundLayer, layer) : Number(outboundLayer === layer)),
    0,
  );
}
