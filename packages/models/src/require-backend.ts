import { argumentError } from '@subspace/core/internals';
import * as tf from '@tensorflow/tfjs-core';

/** Throws where TensorFlow.js has nothing to compute with yet; its own words are `No backend found in registry.` */
export function requireBackend(where: string): void {
  if (Object.keys(tf.engine().registryFactory).length > 0) return;
  throw argumentError(
    where,
    "TensorFlow.js has no backend yet, expected one: `await useBackend('auto')` of @subspace/tfjs, before the model is made",
  );
}
