import type { Dataset, Disposable, Likelihood, MaybePromise, Network } from '@subspace/core';
import { whenReady } from '@subspace/core/internals';

/** Σ −log p of some rows, and its gradient [D]: valid until the next call, and the caller's until then. */
export interface BatchGradients extends Disposable {
  at(weights: Float32Array, rows: Int32Array): MaybePromise<{ readonly loss: number; readonly gradient: Float32Array }>;
}

/** By the likelihood that an engine holds the data for, where it has one; else batch by batch. */
export function batchGradients(network: Network, data: Dataset, likelihood: Likelihood): BatchGradients {
  const held =
    likelihood.kind === 'custom' || data.arrays === undefined
      ? undefined
      : network.weightLikelihood?.(data, likelihood);
  if (held) {
    return {
      at: (weights, rows) =>
        whenReady(held.valueAndGradient(weights, rows), ({ value, gradient }) => {
          for (let i = 0; i < gradient.length; i++) gradient[i] = -gradient[i];
          return { loss: -value, gradient };
        }),
      dispose: () => held.dispose(),
    };
  }
  const out = new Float32Array(network.layout.size);
  return { at: (weights, rows) => network.lossAndGradient(weights, data, rows, likelihood, out), dispose() {} };
}
