import { argumentError, requireOptions, requirePositive, show } from '../argument.ts';

/**
 * How outputs of a network are read as a distribution over targets.
 *
 * Outputs expected: gaussian [N, M] means · heteroscedastic-gaussian [N, 2M], M means then M variances · categorical [N, C] logits with Int32 labels
 * [N] · binary [N, 1] logits with targets 0 and 1. `logDensity` is the float64 reference for one row, constants included, in nats; engines have their own fast versions of the named kinds.
 */
export type Likelihood = (
  | { readonly kind: 'gaussian'; readonly variance: number }
  | { readonly kind: 'heteroscedastic-gaussian' }
  | { readonly kind: 'categorical' }
  | { readonly kind: 'binary' }
  | { readonly kind: 'custom' }
) & {
  logDensity(outputs: Float64Array, target: ArrayLike<number>): number;
};

/** Throws unless `likelihood` is one of the kinds above, complete. */
export function requireLikelihood(where: string, likelihood: Likelihood): void {
  requireOptions(where, 'likelihood', likelihood);
  const kinds: readonly string[] = ['gaussian', 'heteroscedastic-gaussian', 'categorical', 'binary', 'custom'];
  if (!kinds.includes(likelihood.kind)) {
    throw argumentError(where, `likelihood.kind is ${show(likelihood.kind)}, expected one of ${kinds.join(', ')}`);
  }
  if (likelihood.kind === 'gaussian') requirePositive(where, 'likelihood.variance', likelihood.variance);
}

/** Whether it reads a network's outputs as logits: then it is given those before a final softmax or sigmoid. */
export function readsLogits({ kind }: Likelihood): boolean {
  return kind === 'categorical' || kind === 'binary';
}
