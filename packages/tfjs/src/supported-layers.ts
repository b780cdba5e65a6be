import { argumentError } from '@subspace/core/internals';
import { type Container, described, isBatchNorm, type Layer, layersWithin, leafLayers } from './layer.ts';

/** Throws at layers that are no function of inputs and weights, or that TensorFlow.js computes wrongly. */
export function requireSupported(model: Container): void {
  for (const outermost of leafLayers(model)) {
    for (const layer of layersWithin(outermost)) {
      const fault = faultOf(layer, outermost);
      if (fault) throw argumentError('layersNetwork', `${described(outermost)} ${fault}`);
    }
  }
}

function faultOf(layer: Layer, outermost: Layer): string | undefined {
  if (layer.stateful) return 'is stateful: its outputs depend on the calls before; expected stateful: false';
  switch (layer.getClassName()) {
    case 'RandomWidth':
      return 'draws another width at every call; expected a layer without randomness';
    case 'Resizing':
      return 'fails in models of TensorFlow.js; expected images that are resized before';
  }
  if (!isBatchNorm(layer)) return undefined;
  if (layer !== outermost) return `wraps ${layer.getClassName()}, expected that as a layer of its own`;
  const rank = layer.inboundNodes[0].inputTensors[0].shape.length;
  if (layer.axis === -1 || layer.axis === rank - 1) return undefined;
  return `has axis ${layer.axis} of ${rank} axes, where TensorFlow.js is wrong; expected axis: -1`;
}
