import { argumentError } from '@subspace/core/internals';
import { type LayersModel, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { denseStack, requireNetworkOptions, requireOptions } from './dense-stack.ts';
import { heteroscedasticHead } from './heteroscedastic-head.ts';
import { initializeDense } from './initialize-dense.ts';

export interface RegressionNetOptions {
  /** Number of input features. */
  readonly inputs: number;
  /** Sizes of the hidden layers; `[50]`, the paper's for the small UCI sets, by default. */
  readonly hidden?: readonly number[];
  /** `'trainable'` (default): v is one weight of the network, initially 0. A number fixes v, before softplus (the paper: −15). */
  readonly globalVariance?: 'trainable' | number;
  /** Of the initial weights: any finite number or string; 0 by default, a seed like any other. */
  readonly seed?: number | string;
}

/**
 * The paper's regression network with input-dependent noise: [N, inputs] ↦ [N, 2], columns mean and variance.
 *
 * A stack of dense ReLU layers ends in [μ(x), ρ(x)]; the outputs are [μ, softplus(ρ) + softplus(v)], in the units of the targets
 * and their square. The weight v is the last one, named `head/v`.
 *
 * @returns an ordinary `tf.LayersModel`, yours to dispose; for `heteroscedasticGaussianLikelihood()`
 * @throws on a size that is not a positive integer, a `globalVariance` that is neither `'trainable'` nor finite, an unknown option
 * @see Izmailov et al. (2019), Section 5.2
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { regressionNet } from '@subspace/models';
 *
 * const model = regressionNet({ inputs: 13 });
 * model.countParams(); // 803: 13·50 + 50, 50·2 + 2, and v
 * model.dispose();
 * ```
 */
export function regressionNet(options: RegressionNetOptions): LayersModel {
  requireOptions('regressionNet', options, ['inputs', 'hidden', 'globalVariance', 'seed']);
  const { inputs, hidden = [50], globalVariance = 'trainable', seed = 0 } = options;
  requireNetworkOptions('regressionNet', { inputs, hidden, outputs: 2, activation: 'relu', seed });
  if (globalVariance !== 'trainable' && !Number.isFinite(globalVariance)) {
    throw argumentError(
      'regressionNet',
      `globalVariance is ${typeof globalVariance === 'string' ? JSON.stringify(globalVariance) : globalVariance}, expected 'trainable' or a finite number`,
    );
  }

  const stack = denseStack({ inputs, hidden, outputs: 2, activation: 'relu' });
  const head = heteroscedasticHead({ name: 'head', globalVariance });
  const network = model({ inputs: stack.input, outputs: head.apply(stack.output) as SymbolicTensor });
  initializeDense(network, seed);
  return network;
}
