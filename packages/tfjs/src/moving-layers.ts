import { type Container, isContainer, type Layer, type LayerWeight, nodesInOrder, wrappedLayers } from './layer.ts';

/** What of a layer moves when the weights of the layout do. */
export interface MovingLayer {
  readonly layer: Layer;
  /** The layer of the model that calls it: itself, or a wrapper. */
  readonly outermost: Layer;
  readonly weights: boolean;
  readonly inputs: boolean;
}

/** The layers that gradients pass through: those with weights in the layout, and those above them. Layers that wrappers call are listed too. */
export function movingLayers(model: Container, variables: readonly LayerWeight[]): MovingLayer[] {
  const found = new Map<Layer, MovingLayer>();
  const hasWeights = (layer: Layer) =>
    [...layer.trainableWeights, ...layer.nonTrainableWeights].some((weight) => variables.includes(weight));

  const note = (layer: Layer, inputs: boolean, outermost = layer) => {
    if (isContainer(layer)) {
      visit(layer, inputs, outermost === layer ? undefined : outermost);
      return;
    }
    const before = found.get(layer);
    found.set(layer, { layer, outermost, weights: hasWeights(layer), inputs: inputs || (before?.inputs ?? false) });
    for (const wrapped of wrappedLayers(layer)) note(wrapped, inputs, outermost);
  };
  const visit = (container: Container, inputsMove: boolean, outermost?: Layer) => {
    const moving = new Set(inputsMove ? container.inputs.map(({ id }) => id) : []);
    for (const { outboundLayer, inputTensors, outputTensors } of nodesInOrder(container)) {
      const inputs = inputTensors.some(({ id }) => moving.has(id));
      note(outboundLayer, inputs, outermost);
      if (inputs || hasWeights(outboundLayer)) for (const { id } of outputTensors) moving.add(id);
    }
  };
  visit(model, false);
  return [...found.values()].filter(({ weights, inputs }) => weights || inputs);
}
