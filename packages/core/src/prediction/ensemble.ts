import { argumentError, requireCount, requireFinite, requireKnownOptions, requireLength } from '../argument.ts';
import { type WeightLayout, weightLayout } from '../weights/layout.ts';
import type { WeightSampler } from './weight-sampler.ts';

/**
 * Weights at hand as a finite sampler: several solutions, or a single one.
 *
 * @param weights at least one vector [D]; kept, not copied
 * @param options `layout` of the vectors; by default one unnamed tensor of length D
 * @throws on no weights, different lengths, or a value that is not finite
 * @example
 * ```ts
 * import { ensemble } from '@subspace/core';
 *
 * const solutions = ensemble([Float32Array.of(1, 2), Float32Array.of(3, 4)]);
 * solutions.size; // 2
 * ```
 */
export function ensemble(
  weights: readonly Float32Array[],
  options: { layout?: WeightLayout } = {},
): WeightSampler & { readonly size: number } {
  requireKnownOptions('ensemble', options, ['layout']);
  if (weights.length === 0) throw argumentError('ensemble', 'weights are empty, expected at least one vector');
  const layout = options.layout ?? weightLayout([{ name: 'weights', shape: [weights[0].length] }]);
  weights.forEach((vector, i) => {
    requireLength('ensemble', `weights[${i}]`, vector, layout.size);
    requireFinite('ensemble', `weights[${i}]`, vector);
  });
  const size = weights.length;
  return {
    layout,
    size,
    *weights(count) {
      requireCount('ensemble', 'count', count);
      const taken = Math.min(count, size);
      for (let i = 0; i < taken; i++) yield weights[Math.floor(((i + 0.5) * size) / taken)];
    },
  };
}
