import type { Collector } from '@subspace/core';
import { argumentError, requireCount, requireKnownOptions } from '@subspace/core/internals';
import { CustomCallback, type LayersModel } from '@tensorflow/tfjs-layers';
import { asContainer } from './layer.ts';
import { modelWeights, readVariables } from './model-weights.ts';

export interface CollectCallbackOptions {
  /** First epoch to collect after, from 0. */
  readonly from: number;
  /** Collects after every so many epochs from there; default 1. */
  readonly every?: number;
}

/**
 * Collects weights while `model.fit` trains: after epoch e ≥ from with (e − from) % every = 0.
 *
 * @param moments takes the trainable weights [D], in the order of `layersNetwork(model).layout`
 * @throws on a first epoch that is no integer of at least 0, an interval below 1, or an unknown option
 * @example
 * ```ts
 * import { collectCallback, useBackend } from '@subspace/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 *
 * await useBackend('wasm');
 * const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] });
 * model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
 * const snapshots: Float32Array[] = [];
 * const moments = { collect: (weights: Float32Array) => void snapshots.push(weights.slice()), state: () => ({}), restore() {} };
 * await model.fit(tf.ones([4, 2]), tf.ones([4, 1]), { epochs: 5, verbose: 0, callbacks: collectCallback(moments, { from: 3 }) });
 * snapshots.length; // 2
 * ```
 */
export function collectCallback(moments: Collector, options: CollectCallbackOptions): CustomCallback {
  requireKnownOptions('collectCallback', options, ['from', 'every']);
  const { from, every = 1 } = options;
  requireCount('collectCallback', 'from', from, 0);
  requireCount('collectCallback', 'every', every);
  let model: LayersModel | undefined;
  const callback = new CustomCallback(
    {
      async onEpochEnd(epoch) {
        if (epoch < from || (epoch - from) % every !== 0) return;
        if (!model)
          throw argumentError('collectCallback', 'the callback has no model, expected to be given to model.fit');
        moments.collect(await readVariables(modelWeights(asContainer(model))));
      },
    },
    'auto',
  );
  callback.setModel = (fitted) => {
    model = fitted as unknown as LayersModel;
  };
  return callback;
}
