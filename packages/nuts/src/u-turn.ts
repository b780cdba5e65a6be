import type { Vector } from '@subspace/core';

/** Momentum p and velocity M⁻¹·p at one end of a piece of a trajectory. */
export interface TrajectoryEnd {
  readonly momentum: Vector;
  readonly velocity: Vector;
}

/**
 * Whether a piece of a trajectory turns back on itself at either end: the generalised U-turn criterion
 * v·(ρ − ½(p₋ + p₊)) ≤ 0 for v = M⁻¹·p₋ or M⁻¹·p₊, where ρ is the sum of the momenta of all its states. (Half of the end momenta is taken off, as in
 * NumPyro: the sum is then the trapezoidal rule for the way gone.)
 *
 * ρ is handed in as two parts, whose sum it is: a piece is made of two.
 *
 * @see Betancourt (2017), "A conceptual introduction to Hamiltonian Monte Carlo", Appendix A.4.2
 */
export function isTurning(one: TrajectoryEnd, other: TrajectoryEnd, sum: Vector, more: Vector): boolean {
  const { momentum: p, velocity: v } = one;
  const { momentum: q, velocity: w } = other;
  let atOne = 0;
  let atOther = 0;
  for (let k = 0; k < sum.length; k++) {
    const way = sum[k] + more[k] - 0.5 * (p[k] + q[k]);
    atOne += v[k] * way;
    atOther += w[k] * way;
  }
  return !(atOne > 0 && atOther > 0);
}
