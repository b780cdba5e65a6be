import type { RandomSource } from '../random/random-source.ts';
import type { WeightLayout } from '../weights/layout.ts';

/** Anything over weights that can be drawn from: an ensemble, SWAG, the draws of a subspace posterior. */
export interface WeightSampler {
  readonly layout: WeightLayout;
  /** How many draws there are; absent where there is no end to them. */
  readonly size?: number;
  /** A finite sampler yields each draw once, evenly thinned. The yielded buffer is valid until the next one. */
  weights(count: number, random: RandomSource): Iterable<Float32Array>;
}
