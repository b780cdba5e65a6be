import { argumentError, requireCount, requireKnownOptions, requireSeed } from '@subspace/core/internals';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { input, layers } from '@tensorflow/tfjs-layers';
import { requireBackend } from './require-backend.ts';

/** What a hidden layer may apply to its sums. */
export type Activation = 'relu' | 'tanh' | 'sigmoid' | 'elu' | 'selu' | 'softplus' | 'swish';

const activations: readonly Activation[] = ['relu', 'tanh', 'sigmoid', 'elu', 'selu', 'softplus', 'swish'];

export interface DenseStackOptions {
  readonly inputs: number;
  readonly hidden: readonly number[];
  readonly outputs: number;
  readonly activation: Activation;
}

/** Throws unless the options that all factories share are sound. */
export function requireNetworkOptions(
  where: string,
  options: DenseStackOptions & { readonly seed: number | string },
): void {
  requireCount(where, 'inputs', options.inputs);
  requireCount(where, 'outputs', options.outputs);
  if (!Array.isArray(options.hidden)) {
    throw argumentError(where, `hidden is ${String(options.hidden)}, expected an array of layer sizes`);
  }
  for (const [i, size] of options.hidden.entries()) requireCount(where, `hidden[${i}]`, size);
  if (!activations.includes(options.activation)) {
    throw argumentError(
      where,
      `activation is ${JSON.stringify(options.activation)}, expected one of ${activations.join(', ')}`,
    );
  }
  requireSeed(where, options.seed);
}

/** Throws unless `options` is an object with no names but `known`, and there is a backend to make a model with. */
export function requireOptions(where: string, options: unknown, known: readonly string[]): void {
  requireBackend(where);
  if (typeof options !== 'object' || options === null) {
    throw argumentError(where, `options is ${String(options)}, expected an object`);
  }
  requireKnownOptions(where, options, known);
}

/**
 * Dense layers `linear0`, `linear1`, … (the names of the original code), all but the last with the activation. The weights start
 * at zero: `initializeDense` is to fill them.
 */
export function denseStack({ inputs, hidden, outputs, activation }: DenseStackOptions): {
  readonly input: SymbolicTensor;
  readonly output: SymbolicTensor;
} {
  const first = input({ shape: [inputs], name: 'inputs' });
  let output = first;
  [...hidden, outputs].forEach((units, i) => {
    const layer = layers.dense({
      name: `linear${i}`,
      units,
      activation: i < hidden.length ? activation : 'linear',
      // TensorFlow.js takes seed 0 for "no seed", so that none of its random initializers is reproducible from every seed.
      kernelInitializer: 'zeros',
      biasInitializer: 'zeros',
    });
    output = layer.apply(output) as SymbolicTensor;
  });
  return { input: first, output };
}
