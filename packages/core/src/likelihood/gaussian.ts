import { requireKnownOptions, requireLength, requireOptions, requirePositive } from '../argument.ts';
import type { Likelihood } from './likelihood.ts';

/**
 * y ~ N(f(x), variance), independently for each of M outputs.
 *
 * @param options `variance` of the noise, in squared units of the target
 * @example
 * ```ts
 * import { gaussianLikelihood } from '@subspace/core';
 *
 * gaussianLikelihood({ variance: 1 }).logDensity(Float64Array.of(0), [0]); // −½ log 2π = −0.9189…
 * ```
 */
export function gaussianLikelihood(options: { variance: number }): Likelihood & { readonly kind: 'gaussian' } {
  requireOptions('gaussianLikelihood', 'options', options);
  requireKnownOptions('gaussianLikelihood', options, ['variance']);
  const { variance } = options;
  requirePositive('gaussianLikelihood', 'variance', variance);
  const constant = -0.5 * Math.log(2 * Math.PI * variance);
  return {
    kind: 'gaussian',
    variance,
    logDensity(outputs, target) {
      requireLength('gaussianLikelihood', 'outputs', outputs, target.length);
      let sum = 0;
      for (let m = 0; m < target.length; m++) {
        const off = target[m] - outputs[m];
        sum += constant - (0.5 * off * off) / variance;
      }
      return sum;
    },
  };
}
