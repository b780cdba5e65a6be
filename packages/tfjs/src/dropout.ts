import type { RandomSource } from '@subspace/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from './layer.ts';

export interface DropoutLayer extends Layer {
  readonly rate: number;
  getNoiseShape(input: tf.Tensor): number[] | null | undefined;
}

export function isDropout(layer: Layer): layer is DropoutLayer {
  const name = layer.getClassName();
  return name === 'Dropout' || name === 'SpatialDropout1D';
}

/**
 * Inverted dropout: entries survive with probability 1 − rate and are then divided by it. Drawn here rather than by the layer, whose seed 0
 * means unseeded and whose stream cannot be saved.
 *
 * @returns what the input is multiplied by
 */
export function dropoutMask(layer: DropoutLayer, input: tf.Tensor, random: RandomSource): tf.Tensor {
  const { rate } = layer;
  const shape = layer.getNoiseShape(input) ?? input.shape;
  const mask = new Float32Array(shape.reduce((product, length) => product * length, 1));
  const kept = 1 / (1 - rate);
  for (let i = 0; i < mask.length; i++) mask[i] = random.uniform() < rate ? 0 : kept;
  return tf.tensor(mask, shape, 'float32');
}
