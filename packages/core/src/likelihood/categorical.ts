import { argumentError } from '../argument.ts';
import type { Likelihood } from './likelihood.ts';

/**
 * label ~ Categorical(softmax(logits)) for networks whose C outputs are logits.
 *
 * @example
 * ```ts
 * import { categoricalLikelihood } from '@subspace/core';
 *
 * categoricalLikelihood().logDensity(Float64Array.of(0, 0), [1]); // −log 2 = −0.6931…
 * ```
 */
export function categoricalLikelihood(): Likelihood & { readonly kind: 'categorical' } {
  return {
    kind: 'categorical',
    logDensity(outputs, target) {
      const label = target[0];
      if (target.length !== 1 || !Number.isInteger(label) || label < 0 || label >= outputs.length) {
        throw argumentError(
          'categoricalLikelihood',
          `target is ${label}, expected a label from 0 to ${outputs.length - 1}`,
        );
      }
      return outputs[label] - logSumExp(outputs);
    },
  };
}

/** log Σ exp(values), without overflow; −∞ for no values. */
export function logSumExp(values: ArrayLike<number>): number {
  let largest = -Infinity;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i]);
  if (largest === -Infinity || largest === Infinity) return largest;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i] - largest);
  return largest + Math.log(sum);
}
