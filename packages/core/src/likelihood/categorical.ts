import { argumentError } from '../argument.ts';
import { logSumExp } from '../density/log-sum-exp.ts';
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
      if (target.length !== 1) {
        const problem = `target has ${target.length} values, expected one label: one-hot? give class numbers`;
        throw argumentError('categoricalLikelihood', problem);
      }
      if (!Number.isInteger(label) || label < 0 || label >= outputs.length) {
        throw argumentError(
          'categoricalLikelihood',
          `target is ${label}, expected a label from 0 to ${outputs.length - 1}`,
        );
      }
      return outputs[label] - logSumExp(outputs);
    },
  };
}
