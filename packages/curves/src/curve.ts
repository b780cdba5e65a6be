import type { WeightLayout } from '@subspace/core';

/** A path through weight space, t ∈ [0, 1] ↦ w(t) = Σₖ cₖ(t)·θₖ, from the first of its points to the last. */
export interface Curve {
  readonly kind: 'bezier' | 'polygon';
  /** Of the network whose weights the points are, where it is known. */
  readonly layout?: WeightLayout;
  /** Both ends, and the bends between them: θₖ, [D] each. Kept, not copied: what is read of them, lengths too, holds as long as nobody writes to them. */
  readonly points: readonly Float32Array[];
  /** cₖ(t), as many as points; they sum to 1. */
  coefficients(t: number): Float64Array;
  /** w(t) [D], into `out` or a new array. */
  point(t: number, out?: Float32Array): Float32Array;
  /** w′(t) [D], into `out` or a new array; where two pieces of a polygon meet, that of the piece that begins. */
  tangent(t: number, out?: Float32Array): Float32Array;
  /** |w′(t)|. */
  speed(t: number): number;
  /** Arc length from t = 0 to `to`, by default of the whole curve. */
  length(to?: number): number;
  /** The t up to which the curve has this arc length, from 0 to `length()`. */
  timeAt(length: number): number;
  /** `count` ≥ 2 times from 0 to 1 that cut the curve into pieces of equal length. */
  evenTimes(count: number): Float64Array;
}
