import type { Network, WeightLayout } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';
import { type DenseNetwork, type DenseNetworkOptions, denseNetwork } from '@subspace/dense';
import { mlp, regressionNet } from '@subspace/models';
import { layersNetwork } from '@subspace/tfjs';

/** One network by both engines, and the way of a weight vector from one to the other. */
export interface TwoEngines {
  readonly dense: DenseNetwork;
  readonly tfjs: Network;
  /** From PyTorch's order [out, in] to TensorFlow's [in, out]. */
  toTfjs(weights: Float32Array): Float32Array;
  toDense(weights: Float32Array): Float32Array;
  dispose(): void;
}

const activations = { relu: 'relu', tanh: 'tanh', silu: 'swish' } as const;

export type SharedOptions = Pick<DenseNetworkOptions, 'head' | 'globalVariance' | 'seed'> & {
  readonly sizes: readonly number[];
  /** With the heteroscedastic head, `'relu'`. */
  readonly activation?: keyof typeof activations;
};

export function twoEngines({ activation = 'relu', ...options }: SharedOptions): TwoEngines {
  const { sizes, head, globalVariance, seed } = options;
  const [inputs, hidden, outputs] = [sizes[0], sizes.slice(1, -1), sizes[sizes.length - 1]];
  if (head === 'heteroscedastic' && (activation !== 'relu' || outputs !== 2)) {
    throw argumentError('twoEngines', `outputs are ${outputs} of ${activation}, expected 2 of relu with this head`);
  }
  const model =
    head === 'heteroscedastic'
      ? regressionNet({ inputs, hidden, seed, ...(globalVariance !== undefined && { globalVariance }) })
      : mlp({ inputs, hidden, outputs, seed, activation: activations[activation] });
  const tfjs = layersNetwork(model);
  const dense = denseNetwork({ ...options, activation });
  const places = placesIn(dense.layout, tfjs.layout);
  return {
    dense,
    tfjs,
    toTfjs(weights) {
      const result = new Float32Array(weights.length);
      places.forEach((place, d) => {
        result[place] = weights[d];
      });
      return result;
    },
    toDense: (weights) => Float32Array.from(places, (place) => weights[place]),
    dispose() {
      dense.dispose();
      tfjs.dispose();
      model.dispose();
    },
  };
}

/** [D] Where each weight of the dense layout is in TensorFlow's. */
function placesIn(dense: WeightLayout, tfjs: WeightLayout): Int32Array {
  const places = new Int32Array(dense.size);
  dense.entries.forEach(({ shape, offset }, k) => {
    const other = tfjs.entries[k];
    const [outputs, inputs = 1] = shape;
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) places[offset + o * inputs + i] = other.offset + i * outputs + o;
    }
  });
  return places;
}
