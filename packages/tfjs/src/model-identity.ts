import type { MaybePromise } from '@subspace/core';
import { checksum, whenReady } from '@subspace/core/internals';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type Container, isBatchNorm, type Layer } from './layer.ts';
import { mapReady } from './maybe-promise.ts';
import { take } from './reading.ts';

/**
 * What tells one model from another, but for its trainable weights and running statistics: the configuration of its layers, how they are connected, and
 * the weights that are frozen.
 *
 * Names are left out, because TensorFlow.js numbers them, and so are initializers, regularizers and constraints, which this engine does not apply.
 */
export function modelIdentity(container: Container, leaves: readonly Layer[]): MaybePromise<object> {
  const statistics = leaves
    .filter(isBatchNorm)
    .flatMap(({ movingMean, movingVariance }) => [movingMean, movingVariance]);
  const frozen = [...new Set(container.nonTrainableWeights)].filter((weight) => !statistics.includes(weight));
  return whenReady(
    mapReady(frozen, ({ val }) => take(tf.clone(val))),
    (values) => ({ topology: topology(container), frozen: values.length > 0 ? checksum(values) : undefined }),
  );
}

/** The configuration as the model saves it, with the names of layers as numbers in the order in which they come. */
function topology(container: Container): object {
  const numbers = new Map<string, string>();
  const simplified = (value: unknown): unknown => {
    if (typeof value === 'string') return numbers.get(value) ?? value;
    if (Array.isArray(value)) return value.map(simplified);
    if (typeof value !== 'object' || value === null) return value;
    const { name } = value as { name?: unknown };
    if (typeof name === 'string' && !numbers.has(name)) numbers.set(name, `#${numbers.size}`);
    const kept = Object.entries(value).filter(([key]) => !/_(initializer|regularizer|constraint)$/.test(key));
    return Object.fromEntries(kept.map(([key, item]) => [key, simplified(item)]));
  };
  return simplified(JSON.parse((container as unknown as LayersModel).toJSON(null, true) as string)) as object;
}
