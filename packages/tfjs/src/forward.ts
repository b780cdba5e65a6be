import type { RandomSource } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';
import * as tf from '@tensorflow/tfjs-core';
import { type BatchMoments, batchMoments, normalise } from './batch-norm.ts';
import { withoutCellMasks } from './cell-masks.ts';
import { dropoutMask, isDropout } from './dropout.ts';
import {
  type BatchNormLayer,
  type Container,
  isBatchNorm,
  isContainer,
  isRecurrent,
  type Layer,
  nodesInOrder,
} from './layer.ts';

/** How a pass through the network treats the layers that are not functions of their weights alone. */
export interface Mode {
  /** Batch norm normalises with `running` statistics, or with those of the batch. */
  readonly batchNorm: 'running' | 'batch';
  /** Running mean and variance to use at a layer; the layer's own by default. */
  readonly statistics?: (layer: BatchNormLayer) => readonly [mean: tf.Tensor, variance: tf.Tensor];
  /** Told the statistics of the batch, where the batch's are used. */
  readonly onMoments?: (layer: BatchNormLayer, moments: BatchMoments) => void;
  /** Dropout is on, and drawn from this. */
  readonly dropout?: RandomSource;
}

/** The mask that TensorFlow.js hands on from layer to layer: of the inputs, or the last one before where they have none. */
export interface Handed {
  mask?: tf.Tensor | null;
}

/** `handed` is shared by the layers of a pass, which change it. */
export type Pass = (inputs: tf.Tensor[], mode: Mode, handed?: Handed) => tf.Tensor[];

/**
 * A layer as a function of its inputs and the mode. Models are walked node by node; batch norm and dropout are computed here, because the layers'
 * own change their statistics as they go and draw from streams that cannot be seeded. All else is as `model.predict` does it, masks and initial states
 * of recurrent layers included.
 */
export function layerPass(layer: Layer): Pass {
  if (isContainer(layer)) return containerPass(layer);
  if (isBatchNorm(layer)) return ([input], mode) => [runBatchNorm(layer, input, mode)];
  if (isDropout(layer)) {
    return ([input], mode) => [mode.dropout ? tf.mul(input, dropoutMask(layer, input, mode.dropout)) : input];
  }
  const call = withoutCellMasks(layer);
  return (inputs, mode, handed) => {
    const kwargs = { ...handed, training: mode.dropout !== undefined };
    const [input, ...initialState] = inputs;
    const withStates = isRecurrent(layer) && initialState.length > 0;
    const output = call(() =>
      withStates ? layer.call(input, { ...kwargs, initialState }) : layer.call(inputs, kwargs),
    );
    return Array.isArray(output) ? output : [output];
  };
}

/** A layer in a graph: values by the numbers of the tensors that it takes and makes. */
export interface Step {
  readonly layer: Layer;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

function containerPass(container: Container): Pass {
  const steps = nodesInOrder(container).map(({ outboundLayer, inputTensors, outputTensors }) => ({
    layer: outboundLayer,
    from: inputTensors.map(({ id }) => id),
    to: outputTensors.map(({ id }) => id),
  }));
  const numbers = (tensors: readonly { id: number }[]) => tensors.map(({ id }) => id);
  return stepsPass(container.name, steps, numbers(container.inputs), numbers(container.outputs));
}

/** Layers one after the other, from the tensors `start` to the tensors `end`. */
export function stepsPass(
  model: string,
  steps: readonly Step[],
  start: readonly number[],
  end: readonly number[],
): Pass {
  const passes = steps.map(({ layer }) => layerPass(layer));
  return (inputs, mode, handed) => {
    const values = new Map(start.map((id, i) => [id, inputs[i]]));
    const masks = new Map<number, tf.Tensor | null>();
    let shared = handed;
    steps.forEach(({ layer, from, to }, step) => {
      const arguments_ = from.map((id) => values.get(id)) as tf.Tensor[];
      if (arguments_.includes(undefined as never)) {
        throw argumentError('layersNetwork', `model ${model} uses a tensor that its inputs do not lead to`);
      }
      const own = from.map((id) => masks.get(id) ?? null);
      if (own.some((mask) => mask)) shared = Object.assign(shared ?? {}, { mask: own[0] });
      const outputs = passes[step](arguments_, mode, shared);
      const [mask] = layer.supportsMasking ? [layer.computeMask(arguments_, own)].flat() : [null];
      to.forEach((id, i) => {
        values.set(id, outputs[i]);
        masks.set(id, mask);
      });
    });
    return end.map((id) => values.get(id) as tf.Tensor);
  };
}

function runBatchNorm(layer: BatchNormLayer, x: tf.Tensor, mode: Mode): tf.Tensor {
  if (mode.batchNorm === 'running') {
    const [mean, variance] = mode.statistics?.(layer) ?? [layer.movingMean.val, layer.movingVariance.val];
    return normalise(layer, x, mean, variance);
  }
  const moments = batchMoments(layer, x);
  mode.onMoments?.(layer, moments);
  return normalise(layer, x, moments.mean, moments.variance);
}
