import { requireLength } from '../argument.ts';
import type { Likelihood } from './likelihood.ts';

/**
 * y ~ N(μ(x), v(x)) for networks whose outputs are [μ, v]: M means, then M variances (not their logarithms).
 *
 * @see Izmailov et al. (2019), Section 5.2
 * @example
 * ```ts
 * import { heteroscedasticGaussianLikelihood } from '@subspace/core';
 *
 * heteroscedasticGaussianLikelihood().logDensity(Float64Array.of(0, 1), [0]); // −½ log 2π = −0.9189…
 * ```
 */
export function heteroscedasticGaussianLikelihood(): Likelihood & { readonly kind: 'heteroscedastic-gaussian' } {
  return {
    kind: 'heteroscedastic-gaussian',
    logDensity(outputs, target) {
      const means = target.length;
      requireLength('heteroscedasticGaussianLikelihood', 'outputs', outputs, 2 * means);
      let sum = 0;
      for (let m = 0; m < means; m++) {
        const variance = outputs[means + m];
        const off = target[m] - outputs[m];
        sum -= 0.5 * (Math.log(2 * Math.PI * variance) + (off * off) / variance);
      }
      return sum;
    },
  };
}
