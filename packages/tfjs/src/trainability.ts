import { argumentError } from '@subspace/core/internals';
import * as tf from '@tensorflow/tfjs-core';
import { isDropout } from './dropout.ts';
import { type Container, described, type Layer, layersWithin, leafLayers } from './layer.ts';
import { otherBackends } from './missing-kernel.ts';
import type { MovingLayer } from './moving-layers.ts';
import { untrainableOption } from './untrainable-options.ts';

/** Kernels that the gradients in a layer's weights and in its inputs need. */
interface GradientKernels {
  readonly weights?: readonly string[];
  readonly inputs?: readonly string[];
}

const convolution: GradientKernels = { weights: ['Conv2DBackpropFilter'], inputs: ['Conv2DBackpropInput'] };
const depthwise = ['DepthwiseConv2dNativeBackpropFilter', 'DepthwiseConv2dNativeBackpropInput'];
const maxPooling: GradientKernels = { inputs: ['MaxPoolGrad'] };
/** What no backend has. */
const nowhere = 'a gradient in TensorFlow.js';

/** By class of layer, where some backend lacks them. */
const gradientKernels: Readonly<Record<string, GradientKernels>> = {
  Conv1D: convolution,
  Conv2D: convolution,
  Conv2DTranspose: { weights: ['Conv2DBackpropFilter'] },
  Conv3D: { weights: ['Conv3DBackpropFilterV2'], inputs: ['Conv3DBackpropInputV2'] },
  Conv3DTranspose: { weights: [nowhere], inputs: [nowhere] },
  DepthwiseConv2D: { weights: [depthwise[0]], inputs: [depthwise[1]] },
  SeparableConv2D: { weights: [depthwise[0], 'Conv2DBackpropFilter'], inputs: [depthwise[1]] },
  ConvLSTM2DCell: convolution,
  Embedding: { weights: ['UnsortedSegmentSum'] },
  MaxPooling1D: maxPooling,
  MaxPooling2D: maxPooling,
  CenterCrop: { inputs: [nowhere] },
  CategoryEncoding: { inputs: [nowhere] },
};

/** Kernels of TensorFlow.js 4.22 that are there and give wrong numbers. */
const wrong: Readonly<Record<string, readonly string[]>> = { wasm: ['MaxPoolGrad', 'Conv3DBackpropInputV2'] };

/** Throws where the backend in use lacks the gradient of a layer that moves: WebAssembly cannot train convolutions. */
export function requireGradients(where: string, moving: readonly MovingLayer[]): void {
  const backend = tf.getBackend();
  for (const { layer, outermost, weights, inputs } of moving) {
    const option = untrainableOption(layer, backend);
    if (option) {
      throw argumentError(
        where,
        `TensorFlow.js has no gradient of ${described(outermost)} with ${option}; expected a network without it`,
      );
    }
    const needs = gradientKernels[layer.getClassName()];
    const kernels = [...((weights && needs?.weights) || []), ...((inputs && needs?.inputs) || [])];
    if (kernels.includes(nowhere)) {
      throw argumentError(
        where,
        `TensorFlow.js has no gradient of ${described(outermost)}; expected a network without it`,
      );
    }
    if (kernels.some((kernel) => !tf.getKernel(kernel, backend) || wrong[backend]?.includes(kernel))) {
      throw argumentError(where, `the ${backend} backend has no gradient of ${described(outermost)}; ${otherBackends}`);
    }
  }
}

const unseeded = new Set(['GaussianNoise', 'GaussianDropout', 'AlphaDropout']);

/** Throws at layers whose noise cannot be drawn from a seeded stream, or that hide such a layer from the walk. */
export function requireSeedable(where: string, model: Container): void {
  const check = (layer: Layer, outermost: Layer) => {
    const { dropout, recurrentDropout } = layer as RecurrentCell;
    if (unseeded.has(layer.getClassName()) || (dropout ?? 0) > 0 || (recurrentDropout ?? 0) > 0) {
      throw argumentError(
        where,
        `${described(outermost)} has noise that cannot be seeded; expected Dropout layers or none`,
      );
    }
    if (layer !== outermost && isDropout(layer)) {
      throw argumentError(
        where,
        `${described(outermost)} wraps ${layer.getClassName()}, expected that as a layer of its own`,
      );
    }
  };
  for (const layer of leafLayers(model)) for (const one of layersWithin(layer)) check(one, layer);
}

interface RecurrentCell extends Layer {
  readonly dropout?: number;
  readonly recurrentDropout?: number;
}

const onlyOnce = new Set([
  'DepthwiseConv2D',
  'SeparableConv2D',
  'Conv3D',
  'Conv3DTranspose',
  'MaxPooling3D',
  'AveragePooling3D',
  'UpSampling2D',
]);

/** Throws at layers that move and whose backward pass TensorFlow.js cannot differentiate, which products J·v do. */
export function requireSecondGradients(where: string, moving: readonly MovingLayer[]): void {
  const found = moving.find(({ layer }) => onlyOnce.has(layer.getClassName()));
  if (found) {
    throw argumentError(
      where,
      `TensorFlow.js has no second derivative of ${described(found.outermost)}; expected a network without it`,
    );
  }
}
