import { argumentError, requireOptions, show } from '../argument.ts';
import type { CoordinateSampler } from '../density/coordinate-sampler.ts';
import type { RandomSource } from '../random/random-source.ts';
import type { WeightLayout } from '../weights/layout.ts';
import { requireSameLayout } from '../weights/layout-identity.ts';
import type { Subspace } from '../weights/subspace.ts';

/** Anything over weights that can be drawn from: an ensemble, SWAG, the draws of a subspace posterior. */
export interface WeightSampler {
  readonly layout: WeightLayout;
  /** How many draws there are; absent where there is no end to them. */
  readonly size?: number;
  /** A finite sampler yields each draw once, evenly thinned. The yielded buffer is valid until the next one. */
  weights(count: number, random: RandomSource): Iterable<Float32Array>;
}

/** Throws unless what came is a sampler of weights of the network; says what makes one of what people have in their hands. */
export function requireWeightSampler(
  where: string,
  sampler: unknown,
  expected: WeightLayout,
): asserts sampler is WeightSampler {
  if (ArrayBuffer.isView(sampler) || Array.isArray(sampler)) {
    throw argumentError(where, 'sampler is an array, expected a sampler of weights: ensemble([weights])');
  }
  requireOptions(where, 'sampler', sampler);
  const { weights, sample, basis, layout } = sampler as Partial<WeightSampler & CoordinateSampler & Subspace>;
  if (typeof weights !== 'function' || layout === undefined) {
    const made =
      typeof sample === 'function' || basis ? 'subspaceDraws(subspace, draws)' : 'subspaceDraws(…) or ensemble(…)';
    const came = typeof sample === 'function' ? 'draws of coordinates' : basis ? 'a subspace' : show(sampler);
    throw argumentError(where, `sampler is ${came}, expected a sampler of weights: ${made}`);
  }
  if (layout.size !== expected.size) {
    throw argumentError(where, `sampler has ${layout.size} weights, expected ${expected.size} as the network`);
  }
  // Flat vectors without names, as `ensemble` takes them, have nothing else to compare.
  if (layout.entries.length > 1) requireSameLayout(where, 'sampler', layout, expected);
}
