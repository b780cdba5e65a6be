import { argumentError } from '@subspace/core/internals';
import { type Container, described, type Layer, layersWithin, leafLayers } from './layer.ts';

/** Throws at layers that are no function of inputs and weights, or that TensorFlow.js computes wrongly. */
export function requireSupported(model: Container): void {
  for (const outermost of leafLayers(model)) {
    for (const layer of layersWithin(outermost)) {
      const fault = faultOf(layer, outermost);
      if (fault) throw argumentError('layersNetwork', `${described(outermost)} ${fault}`);
    }
  }
}

/** Options that decide whether TensorFlow.js can compute a layer. */
interface Options extends Layer {
  readonly axis?: number | readonly number[];
  readonly padding?: string;
}

function faultOf(layer: Layer, outermost: Layer): string | undefined {
  if (layer.stateful) return 'is stateful: its outputs depend on the calls before; expected stateful: false';
  const { axis, padding } = layer as Options;
  switch (layer.getClassName()) {
    case 'RandomWidth':
      return 'draws another width at every call; expected a layer without randomness';
    case 'Resizing':
      return 'fails in models of TensorFlow.js; expected images that are resized before';
    case 'Conv1D':
      if (padding !== 'causal') return undefined;
      return "has padding: 'causal', which TensorFlow.js does not have; expected 'valid' or 'same'";
    case 'Softmax':
      if (typeof axis !== 'number' || layer !== outermost || isLast(axis, layer)) return undefined;
      return `has axis ${axis} of ${rankOf(layer)} axes, which TensorFlow.js does not have; expected axis: -1`;
    case 'BatchNormalization':
      if (layer !== outermost) return `wraps ${layer.getClassName()}, expected that as a layer of its own`;
      if (isLast(axis as number, layer)) return undefined;
      return `has axis ${axis} of ${rankOf(layer)} axes, where TensorFlow.js is wrong; expected axis: -1`;
    default:
      return undefined;
  }
}

function isLast(axis: number, layer: Layer): boolean {
  return axis === -1 || axis === rankOf(layer) - 1;
}

function rankOf({ inboundNodes }: Layer): number {
  return inboundNodes[0].inputTensors[0].shape.length;
}
