import { requireLength } from '../argument.ts';
import type { CoordinateSampler } from '../density/coordinate-sampler.ts';
import type { Subspace } from '../weights/subspace.ts';
import { dimOf, type WeightMap, weightsOf } from '../weights/weight-map.ts';
import type { WeightSampler } from './weight-sampler.ts';

/**
 * Draws of coordinates as draws of weights: w = ŵ + zᵀP for each z, or w(z) of a map, in one reused buffer.
 *
 * @throws if the sampler's dimension is not the subspace's
 * @see Izmailov et al. (2019), Equation (1)
 * @example
 * ```ts
 * import { drawsFrom, randomSource, subspace, subspaceDraws, weightLayout } from '@subspace/core';
 *
 * const layout = weightLayout([{ name: 'w', shape: [2] }]);
 * const line = subspace({ layout, shift: Float32Array.of(1, 1), basis: [Float32Array.of(1, 0)] });
 * const sampler = subspaceDraws(line, drawsFrom([[Float64Array.of(2)]]));
 * [...sampler.weights(1, randomSource(1))]; // [Float32Array [3, 1]]
 * ```
 */
export function subspaceDraws(subspace: Subspace | WeightMap, sampler: CoordinateSampler): WeightSampler {
  requireLength('subspaceDraws', 'a draw', { length: sampler.dim }, dimOf(subspace));
  return {
    layout: subspace.layout,
    size: sampler.size,
    *weights(count, random) {
      const buffer = new Float32Array(subspace.layout.size);
      for (const z of sampler.sample(random, count)) yield weightsOf(subspace, z, buffer);
    },
  };
}
