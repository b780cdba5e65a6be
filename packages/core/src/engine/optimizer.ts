import {
  argumentError,
  requireKnownOptions,
  requireNonNegative,
  requireOptions,
  requirePositive,
  show,
} from '../argument.ts';

/** What an engine's trainer does with a gradient. Learning rates are `fit`'s, so that a schedule can change them. */
export type Optimizer = {
  /** λ of the coupled penalty: λ·w is added to the gradient before momentum or moments. */
  readonly weightDecay: number;
  /** Multiplies the learning rate of biases (entries whose last tensor axis is their only one). */
  readonly biasLearningRateFactor: number;
} & (
  | { readonly kind: 'sgd'; readonly momentum: number; readonly nesterov: boolean }
  | { readonly kind: 'adam'; readonly beta1: number; readonly beta2: number; readonly epsilon: number }
);

export interface SgdOptions {
  /** Default 0. */
  readonly momentum?: number;
  /** Default false. */
  readonly nesterov?: boolean;
  /** Default 0. */
  readonly weightDecay?: number;
  /** Default 1. */
  readonly biasLearningRateFactor?: number;
}

/**
 * Stochastic gradient descent as PyTorch defines it: g ← ∇L + λw; v ← momentum·v + g; w ← w − rate·v, or with Nesterov w ← w − rate·(g + momentum·v).
 *
 * @throws on a momentum outside [0, 1), a negative weight decay, or Nesterov without momentum
 * @example
 * ```ts
 * import { sgd } from '@subspace/core';
 *
 * sgd({ momentum: 0.9, weightDecay: 1e-3 });
 * ```
 */
export function sgd(options: SgdOptions = {}): Optimizer & { readonly kind: 'sgd' } {
  requireKnownOptions('sgd', options, ['momentum', 'nesterov', 'weightDecay', 'biasLearningRateFactor']);
  const { momentum = 0, nesterov = false, weightDecay = 0, biasLearningRateFactor = 1 } = options;
  requireFraction('sgd', 'momentum', momentum);
  requireNonNegative('sgd', 'weightDecay', weightDecay);
  requireNonNegative('sgd', 'biasLearningRateFactor', biasLearningRateFactor);
  if (nesterov && momentum === 0) throw argumentError('sgd', 'momentum is 0, expected more with nesterov');
  return { kind: 'sgd', momentum, nesterov, weightDecay, biasLearningRateFactor };
}

export interface AdamOptions {
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /** Default 1. */
  readonly biasLearningRateFactor?: number;
}

/**
 * Adam with bias correction.
 *
 * @see Kingma and Ba (2015), Algorithm 1
 * @example
 * ```ts
 * import { adam } from '@subspace/core';
 *
 * adam({ beta2: 0.99 });
 * ```
 */
export function adam(options: AdamOptions = {}): Optimizer & { readonly kind: 'adam' } {
  requireKnownOptions('adam', options, ['beta1', 'beta2', 'epsilon', 'weightDecay', 'biasLearningRateFactor']);
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, biasLearningRateFactor = 1 } = options;
  requireFraction('adam', 'beta1', beta1);
  requireFraction('adam', 'beta2', beta2);
  requirePositive('adam', 'epsilon', epsilon);
  requireNonNegative('adam', 'weightDecay', weightDecay);
  requireNonNegative('adam', 'biasLearningRateFactor', biasLearningRateFactor);
  return { kind: 'adam', beta1, beta2, epsilon, weightDecay, biasLearningRateFactor };
}

/** Throws unless `optimizer` is one of the kinds above. */
export function requireOptimizer(where: string, optimizer: Optimizer): void {
  requireOptions(where, 'optimizer', optimizer);
  const { kind } = optimizer;
  if (kind !== 'sgd' && kind !== 'adam') {
    throw argumentError(where, `optimizer.kind is ${show(kind)}, expected sgd(…) or adam(…)`);
  }
  requireNonNegative(where, 'optimizer.weightDecay', optimizer.weightDecay);
  requireNonNegative(where, 'optimizer.biasLearningRateFactor', optimizer.biasLearningRateFactor);
}

function requireFraction(where: string, name: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw argumentError(where, `${name} is ${value}, expected a number in [0, 1)`);
}
