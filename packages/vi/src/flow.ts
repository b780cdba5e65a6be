import type { RandomSource, Vector } from '@subspace/core';

/**
 * An invertible map x = g(ε; φ) of R^K whose log |det ∂x/∂ε| is known: a normalizing flow. φ is a flat vector that belongs to whoever calls.
 */
export interface Flow {
  readonly dim: number;
  /** Number of parameters. */
  readonly size: number;
  /** Parameters of a map close to the identity. */
  initial(random: RandomSource): Vector;
  forward(parameters: Vector, base: Vector): FlowStep;
  /** ε = g⁻¹(x), and the log |det ∂x/∂ε| of `forward` there. */
  inverse(parameters: Vector, point: Vector): { readonly base: Vector; readonly logDet: number };
}

export interface FlowStep {
  /** x [K]. */
  readonly point: Vector;
  /** log |det ∂x/∂ε|. */
  readonly logDet: number;
  /**
   * Adds the gradient of f(x) + weight · logDet with respect to the parameters to `into`.
   *
   * @param slope ∇f at x [K]
   * @returns the gradient with respect to ε [K]
   */
  addGradient(slope: Vector, weight: number, into: Vector): Vector;
}
