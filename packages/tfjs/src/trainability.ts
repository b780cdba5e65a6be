import { argumentError } from '@subspace/core/internals';
import * as tf from '@tensorflow/tfjs-core';
import { isDropout } from './dropout.ts';
import { isBatchNorm, type Layer } from './layer.ts';

/** The kernel that the gradient of a layer's weights needs, by class of layer. */
const gradientKernels: Readonly<Record<string, string>> = {
  Conv1D: 'Conv2DBackpropFilter',
  Conv2D: 'Conv2DBackpropFilter',
  Conv2DTranspose: 'Conv2DBackpropFilter',
  Conv3D: 'Conv3DBackpropFilterV2',
  DepthwiseConv2D: 'DepthwiseConv2dNativeBackpropFilter',
  SeparableConv2D: 'DepthwiseConv2dNativeBackpropFilter',
};

const unseeded = new Set(['GaussianNoise', 'GaussianDropout', 'AlphaDropout']);

/** Throws where the backend in use has no kernel for the gradient of a layer: WebAssembly cannot train convolutions. */
export function requireGradients(where: string, layers: readonly Layer[]): void {
  const backend = tf.getBackend();
  for (const layer of layers) {
    const kernel = gradientKernels[layer.getClassName()];
    if (kernel && !tf.getKernel(kernel, backend)) {
      throw argumentError(
        where,
        `the ${backend} backend has no gradient of layer ${layer.name} (${layer.getClassName()}); use the cpu, native or webgpu backend`,
      );
    }
  }
}

/** Throws at layers whose noise cannot be drawn from a seeded stream, or that hide such a layer, or batch norm, from the walk. */
export function requireSeedable(where: string, layers: readonly Layer[]): void {
  for (const layer of layers) {
    const { layer: inside, cell } = layer as WrappingLayer;
    const name = `layer ${layer.name} (${layer.getClassName()})`;
    if (unseeded.has(layer.getClassName()) || (cell?.dropout ?? 0) > 0 || (cell?.recurrentDropout ?? 0) > 0) {
      throw argumentError(where, `${name} has noise that cannot be seeded; expected Dropout layers or none`);
    }
    if (inside && (isDropout(inside) || isBatchNorm(inside) || unseeded.has(inside.getClassName()))) {
      throw argumentError(where, `${name} wraps ${inside.getClassName()}, expected that as a layer of its own`);
    }
  }
}

/** Wrappers such as TimeDistributed, and recurrent layers. */
interface WrappingLayer extends Layer {
  readonly layer?: Layer;
  readonly cell?: { readonly dropout?: number; readonly recurrentDropout?: number };
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

/** Throws at layers whose backward pass TensorFlow.js cannot differentiate, which products J·v do. */
export function requireSecondGradients(where: string, layers: readonly Layer[]): void {
  const layer = layers.find((candidate) => onlyOnce.has(candidate.getClassName()));
  if (layer) {
    throw argumentError(
      where,
      `TensorFlow.js has no second derivative of layer ${layer.name} (${layer.getClassName()}); expected a network without it`,
    );
  }
}
