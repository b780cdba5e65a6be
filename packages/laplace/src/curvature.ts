import type { RandomSource } from '@subspace/core';

/** The Gauss–Newton matrix G [d, d] in some structure. */
export interface Curvature {
  readonly size: number;
  /** N(0, (G + λI)⁻¹); undefined where λ is too small beside G for float64. */
  posterior(priorPrecision: number): CenteredGaussian | undefined;
}

/** N(0, Ψ) over the chosen weights [d], Ψ⁻¹ = G + λI. */
export interface CenteredGaussian {
  /** log det Ψ⁻¹. */
  readonly logDeterminant: number;
  /** Ψ⁻¹·v. */
  precisionTimes(v: Float64Array): Float64Array;
  /** Ψ·v. */
  covarianceTimes(v: Float64Array): Float64Array;
  /** jᵀ·Ψ·j. */
  variance(j: Float64Array): number;
  /** The diagonal of Ψ. */
  marginalVariances(): Float64Array;
  /** One draw. */
  draw(random: RandomSource): Float64Array;
}
