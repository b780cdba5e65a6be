import type { Vector } from '@subspace/core';

/** Mean and covariance of the particles that a stage starts from: what a step size or a mass matrix can be taken from. */
export interface ParticleCloud {
  /** [K] */
  readonly mean: Vector;
  /** [K, K] row major */
  readonly covariance: Float64Array;
}
