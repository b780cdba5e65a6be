/**
 * How outputs of a network are read as a distribution over targets.
 *
 * Outputs expected: gaussian [N, M] means · heteroscedastic-gaussian [N, 2M], M means then M variances · categorical [N, C] logits with Int32 labels
 * [N]. `logDensity` is the float64 reference for one row, constants included, in nats; engines have their own fast versions of the named kinds.
 */
export type Likelihood = (
  | { readonly kind: 'gaussian'; readonly variance: number }
  | { readonly kind: 'heteroscedastic-gaussian' }
  | { readonly kind: 'categorical' }
  | { readonly kind: 'custom' }
) & {
  logDensity(outputs: Float64Array, target: ArrayLike<number>): number;
};
