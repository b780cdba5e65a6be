import type { RandomSource } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';
import * as tf from '@tensorflow/tfjs-core';
import { type BatchMoments, batchMoments, normalise } from './batch-norm.ts';
import { dropoutMask, isDropout } from './dropout.ts';
import { type BatchNormLayer, type Container, isBatchNorm, isContainer, type Layer, nodesInOrder } from './layer.ts';

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

export type Pass = (inputs: tf.Tensor[], mode: Mode) => tf.Tensor[];

/**
 * A layer as a function of its inputs and the mode. Models are walked node by node; batch norm and dropout are computed here, because the layers'
 * own change their statistics as they go and draw from streams that cannot be seeded.
 */
export function layerPass(layer: Layer, callArgs?: object): Pass {
  if (isContainer(layer)) return containerPass(layer);
  if (isBatchNorm(layer)) return ([input], mode) => [runBatchNorm(layer, input, mode)];
  if (isDropout(layer)) {
    return ([input], mode) => [mode.dropout ? tf.mul(input, dropoutMask(layer, input, mode.dropout)) : input];
  }
  return (inputs, mode) => {
    const training = mode.dropout !== undefined;
    const output = layer.call(inputs.length === 1 ? inputs[0] : inputs, { ...callArgs, training });
    return Array.isArray(output) ? output : [output];
  };
}

function containerPass(container: Container): Pass {
  const steps = nodesInOrder(container).map((node) => ({
    pass: layerPass(node.outboundLayer, node.callArgs),
    from: node.inputTensors.map(({ id }) => id),
    to: node.outputTensors.map(({ id }) => id),
  }));
  return (inputs, mode) => {
    const values = new Map(container.inputs.map(({ id }, i) => [id, inputs[i]]));
    for (const { pass, from, to } of steps) {
      const arguments_ = from.map((id) => values.get(id));
      if (arguments_.includes(undefined)) {
        throw argumentError('layersNetwork', `model ${container.name} uses a tensor that its inputs do not lead to`);
      }
      const outputs = pass(arguments_ as tf.Tensor[], mode);
      to.forEach((id, i) => {
        values.set(id, outputs[i]);
      });
    }
    return container.outputs.map(({ id }) => values.get(id) as tf.Tensor);
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
