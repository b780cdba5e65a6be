import type { RandomSource } from '../random/random-source.ts';
import type { Vector } from './log-density.ts';

/** Anything over coordinates that can be drawn from: `Draws`, a variational or Laplace approximation, a mixture. */
export interface CoordinateSampler {
  readonly dim: number;
  /** How many draws there are; absent where there is no end to them. */
  readonly size?: number;
  /** A finite sampler yields each draw once, evenly thinned: at most `size`. */
  sample(random: RandomSource, count: number): readonly Vector[];
}
