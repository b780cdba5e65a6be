import type * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/**
 * What of TensorFlow.js layers this engine looks at: the graph of a model, and the values of its variables. The fields are there at run time in
 * every 4.x release, but some are declared private.
 */
export interface Layer {
  readonly name: string;
  readonly trainableWeights: readonly LayerWeight[];
  readonly nonTrainableWeights: readonly LayerWeight[];
  getClassName(): string;
  call(inputs: tf.Tensor | tf.Tensor[], kwargs: object): tf.Tensor | tf.Tensor[];
}

/** A variable of a layer; its value is swapped for the time of a pass (see `substituted`). */
export interface LayerWeight {
  readonly id: number;
  readonly originalName: string;
  readonly shape: number[];
  val: tf.Variable;
}

export interface GraphNode {
  readonly outboundLayer: Layer;
  readonly inputTensors: readonly { readonly id: number }[];
  readonly outputTensors: readonly { readonly id: number }[];
  readonly callArgs?: object;
}

/** A model, or a model used as a layer. */
export interface Container extends Layer {
  readonly inputs: readonly { readonly id: number; readonly shape: readonly (number | null)[] }[];
  readonly outputs: readonly { readonly id: number; readonly shape: readonly (number | null)[] }[];
  readonly layers: readonly Layer[];
  readonly inputLayers: readonly Layer[];
  readonly nodesByDepth: Readonly<Record<string, readonly GraphNode[]>>;
}

export interface BatchNormLayer extends Layer {
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly gamma?: LayerWeight;
  readonly beta?: LayerWeight;
  readonly movingMean: LayerWeight;
  readonly movingVariance: LayerWeight;
}

export function asContainer(model: LayersModel): Container {
  return model as unknown as Container;
}

export function isContainer(layer: Layer): layer is Container {
  return (layer as Partial<Container>).nodesByDepth !== undefined;
}

export function isBatchNorm(layer: Layer): layer is BatchNormLayer {
  return layer.getClassName() === 'BatchNormalization';
}

/** Nodes of a model in an order in which inputs come before what is made of them, input layers left out. */
export function nodesInOrder(container: Container): GraphNode[] {
  return Object.keys(container.nodesByDepth)
    .map(Number)
    .sort((a, b) => b - a)
    .flatMap((depth) => container.nodesByDepth[depth])
    .filter((node) => !container.inputLayers.includes(node.outboundLayer));
}

/** Every layer that is no model, each once, in the model's order. */
export function leafLayers(container: Container): Layer[] {
  const found = new Set<Layer>();
  for (const layer of container.layers) {
    if (isContainer(layer)) {
      for (const leaf of leafLayers(layer)) found.add(leaf);
    } else found.add(layer);
  }
  return [...found];
}
