import { argumentError, requireLength } from '../argument.ts';
import type { Likelihood } from './likelihood.ts';

/**
 * y ~ Bernoulli(σ(logit)) for networks whose one output is the logit of class 1; targets are 0 or 1.
 *
 * @example
 * ```ts
 * import { binaryLikelihood } from '@subspace/core';
 *
 * binaryLikelihood().logDensity(Float64Array.of(0), [1]); // −log 2 = −0.6931…
 * ```
 */
export function binaryLikelihood(): Likelihood & { readonly kind: 'binary' } {
  return {
    kind: 'binary',
    logDensity(outputs, target) {
      requireLength('binaryLikelihood', 'outputs', outputs, 1);
      if (target.length !== 1 || (target[0] !== 0 && target[0] !== 1)) {
        throw argumentError('binaryLikelihood', `target is ${target[0]}, expected 0 or 1`);
      }
      // log σ(±logit), which neither overflows nor cancels.
      const margin = target[0] === 1 ? outputs[0] : -outputs[0];
      return Math.min(margin, 0) - Math.log1p(Math.exp(-Math.abs(margin)));
    },
  };
}
