import { argumentError } from '@subspace/core/internals';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { asContainer, type Container, leafLayers } from './layer.ts';
import { requireSupported } from './supported-layers.ts';

/** Throws unless the model is built, has one input and one output, and only layers that can be walked. */
export function requireModel(model: LayersModel): Container {
  const container = asContainer(model);
  if (!container || typeof container.getClassName !== 'function' || !container.nodesByDepth || !container.inputs) {
    throw argumentError('layersNetwork', 'model is no layers model, expected one of tf.sequential or tf.model');
  }
  // A sequential model puts its graph together when it is first used.
  const sequential = container as unknown as { built: boolean; build(): void };
  if (!sequential.built && container.outputs.length > 0) sequential.build();
  const { inputs, outputs } = container;
  if (inputs.length === 0)
    throw argumentError('layersNetwork', 'model is not built, expected a first layer with inputShape');
  if (inputs.length > 1) throw argumentError('layersNetwork', `model has ${inputs.length} inputs, expected 1`);
  if (outputs.length > 1) throw argumentError('layersNetwork', `model has ${outputs.length} outputs, expected 1`);
  requireSupported(container);
  return container;
}

/** Numbers that the layers make of one row: what decides how many rows fit. */
export function activationsPerRow(container: Container): number {
  let sum = 0;
  for (const layer of leafLayers(container)) {
    for (const { outputShapes } of (layer as unknown as { inboundNodes: { outputShapes: number[] | number[][] }[] })
      .inboundNodes) {
      for (const shape of [outputShapes].flat(1) as (number | number[])[]) {
        if (Array.isArray(shape)) sum += shape.slice(1).reduce((product, length) => product * (length ?? 1), 1);
      }
      if (!Array.isArray(outputShapes[0])) {
        sum += (outputShapes as number[]).slice(1).reduce((product, length) => product * (length ?? 1), 1);
      }
    }
  }
  return Math.max(1, sum);
}
