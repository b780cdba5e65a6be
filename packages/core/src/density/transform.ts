/** A smooth one-to-one map from free coordinates z, any real numbers, to a constrained parameter x. What it writes to is given, of the right length. */
export interface Transform {
  /** Numbers of x. */
  readonly size: number;
  /** Numbers of z. */
  readonly free: number;
  /** What x is: `'numbers above 0'`. */
  readonly constraint: string;
  /** Writes x(z), and returns log |det ∂x/∂z|, for a simplex of all entries but the last. */
  constrain(z: Float64Array, x: Float64Array): number;
  /** Writes z(x); something not finite where x doesn't hold to the constraint. */
  unconstrain(x: Float64Array, z: Float64Array): void;
  /** Writes (∂x/∂z)ᵀ·gradient + ∇ log |det ∂x/∂z|, from x(z) and a gradient with respect to x. */
  pullBack(z: Float64Array, x: Float64Array, gradient: Float64Array, out: Float64Array): void;
}
