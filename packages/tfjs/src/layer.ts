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
  readonly inboundNodes: readonly GraphNode[];
  readonly supportsMasking: boolean;
  /** A recurrent layer that goes on where its last call ended. */
  readonly stateful?: boolean;
  getClassName(): string;
  call(inputs: tf.Tensor | tf.Tensor[], kwargs: object): tf.Tensor | tf.Tensor[];
  computeMask(inputs: tf.Tensor[], masks: (tf.Tensor | null)[]): tf.Tensor | null | (tf.Tensor | null)[];
}

/** A variable of a layer; its value is swapped for the time of a pass (see `substituted`). */
export interface LayerWeight {
  readonly id: number;
  readonly originalName: string;
  readonly shape: number[];
  val: tf.Variable;
}

/** A tensor of the graph, made by a node of its source layer; what a model is fed with has no inputs. */
export interface GraphTensor {
  readonly id: number;
  readonly shape: readonly (number | null)[];
  readonly inputs: readonly GraphTensor[];
  readonly sourceLayer: Layer;
  readonly nodeIndex: number;
}

export interface GraphNode {
  readonly outboundLayer: Layer;
  readonly inputTensors: readonly GraphTensor[];
  readonly outputTensors: readonly GraphTensor[];
}

/** A model, or a model used as a layer. */
export interface Container extends Layer {
  readonly inputs: readonly GraphTensor[];
  readonly outputs: readonly GraphTensor[];
  readonly layers: readonly Layer[];
  readonly nodesByDepth: object;
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

/** A recurrent layer or a wrapper of one: inputs after the first are its initial states. */
export function isRecurrent(layer: Layer): boolean {
  const { cell, forwardLayer } = layer as WrappingLayer;
  return cell !== undefined || forwardLayer !== undefined;
}

/** Nodes of a model in the order in which TensorFlow.js runs them, input layers left out: depth first from the outputs, the last input before the others. */
export function nodesInOrder(container: Container): GraphNode[] {
  const visited = new Set(container.inputs.map(({ id }) => id));
  const nodes = new Set<GraphNode>();
  const visit = ({ id, inputs, sourceLayer, nodeIndex }: GraphTensor) => {
    if (visited.has(id) || inputs.length === 0) return;
    visited.add(id);
    for (const input of [...inputs].reverse()) visit(input);
    nodes.add(sourceLayer.inboundNodes[nodeIndex]);
  };
  container.outputs.forEach(visit);
  return [...nodes];
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

/** The layers that a wrapper or a recurrent layer calls on its own: of TimeDistributed, Bidirectional, RNN. */
export function wrappedLayers(layer: Layer): Layer[] {
  const { layer: inner, forwardLayer, backwardLayer, cell, cells } = layer as WrappingLayer;
  return [inner, forwardLayer, backwardLayer, cell, ...(cells ?? [])].filter((one) => one !== undefined);
}

/** A layer, and those that it calls on its own, however deep. Models are taken apart. */
export function layersWithin(layer: Layer): Layer[] {
  if (isContainer(layer)) return leafLayers(layer).flatMap(layersWithin);
  return [layer, ...wrappedLayers(layer).flatMap(layersWithin)];
}

interface WrappingLayer extends Layer {
  readonly layer?: Layer;
  readonly forwardLayer?: Layer;
  readonly backwardLayer?: Layer;
  readonly cell?: Layer;
  readonly cells?: readonly Layer[];
}

/** How errors call a layer. */
export function described(layer: Layer): string {
  return `layer ${layer.name} (${layer.getClassName()})`;
}
