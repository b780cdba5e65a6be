import { type LayersModel, model } from '@tensorflow/tfjs-layers';
import { type Activation, denseStack, requireNetworkOptions, requireOptions } from './dense-stack.ts';
import { initializeDense } from './initialize-dense.ts';

export interface MlpOptions {
  /** Number of input features. */
  readonly inputs: number;
  /** Sizes of the hidden layers; `[7, 7]`, the original's, by default; `[]` is a linear model. */
  readonly hidden?: readonly number[];
  /** Number of outputs; 1 by default. */
  readonly outputs?: number;
  /** Of the hidden layers; `'relu'` by default. The outputs are linear. */
  readonly activation?: Activation;
  /** Of the initial weights: any finite number or string; 0 by default, a seed like any other. */
  readonly seed?: number | string;
}

/**
 * A fully connected network: [N, inputs] ↦ [N, outputs].
 *
 * h₀ = x;  hₗ₊₁ = activation(hₗ·Wₗ + bₗ);  f(x) = h_L·W_L + b_L.  Weights start uniform on ±1/√fan_in, biases too (PyTorch's default).
 *
 * @returns an ordinary `tf.LayersModel`, yours to dispose
 * @throws on a size that is not a positive integer, an unknown activation or option, a seed that is not finite
 * @see Izmailov et al. (2019); `mlp` of the original code is `mlp({ inputs: 1 })`
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { mlp } from '@subspace/models';
 *
 * const model = mlp({ inputs: 4, hidden: [32, 32], outputs: 3, activation: 'tanh', seed: 1 });
 * model.countParams(); // 1315
 * model.dispose();
 * ```
 */
export function mlp(options: MlpOptions): LayersModel {
  requireOptions('mlp', options, ['inputs', 'hidden', 'outputs', 'activation', 'seed']);
  const { inputs, hidden = [7, 7], outputs = 1, activation = 'relu', seed = 0 } = options;
  requireNetworkOptions('mlp', { inputs, hidden, outputs, activation, seed });

  const stack = denseStack({ inputs, hidden, outputs, activation });
  const network = model({ inputs: stack.input, outputs: stack.output });
  initializeDense(network, seed);
  return network;
}
