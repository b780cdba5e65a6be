import type { Evaluation, Vector } from '@subspace/core';
import { multiply, type ScaleMatrix } from './scale-matrix.ts';
import { requireBelowInfinity } from './start.ts';

/** A place in phase space on its way: everything is overwritten in place. All vectors [K]. */
export interface PhasePoint {
  readonly position: Vector;
  readonly momentum: Vector;
  /** M⁻¹·momentum. Between the halves of a leapfrog step: of the momentum half a step on. */
  readonly velocity: Vector;
  readonly gradient: Vector;
  /** The position before the step under way. */
  readonly before: Vector;
  /** Log density at `position`. */
  value: number;
}

export function phasePoint(dim: number): PhasePoint {
  const vector = () => new Float64Array(dim);
  return { position: vector(), momentum: vector(), velocity: vector(), gradient: vector(), before: vector(), value: 0 };
}

/**
 * The first part of a leapfrog step, up to the question for the density at the new position:
 * p ← p + ½ε·∇log p(q), q ← q + ε·M⁻¹·p.
 *
 * @param stepSize ε; negative goes back in time
 * @see Neal (2011), "MCMC using Hamiltonian dynamics", Equations (2.28)–(2.30)
 */
export function leapfrogTo(point: PhasePoint, inverseMass: ScaleMatrix, stepSize: number): void {
  const { position, momentum, velocity, gradient, before } = point;
  const dim = position.length;
  for (let k = 0; k < dim; k++) momentum[k] += 0.5 * stepSize * gradient[k];
  multiply(inverseMass, momentum, velocity);
  for (let k = 0; k < dim; k++) {
    before[k] = position[k];
    position[k] += stepSize * velocity[k];
  }
}

/**
 * The rest of it, with the answer: p ← p + ½ε·∇log p(q).
 *
 * @returns the energy there, −log p(q) + ½·pᵀ·M⁻¹·p; NaN if anything is
 * @throws if the density is +∞
 */
export function leapfrogOn(
  where: string,
  point: PhasePoint,
  inverseMass: ScaleMatrix,
  stepSize: number,
  answer: Evaluation,
): number {
  const { momentum, velocity, gradient } = point;
  const dim = momentum.length;
  const from = answer.gradient;
  for (let k = 0; k < dim; k++) {
    gradient[k] = from[k];
    momentum[k] += 0.5 * stepSize * from[k];
  }
  point.value = answer.value;
  requireBelowInfinity(where, answer.value, point.position);
  multiply(inverseMass, momentum, velocity);
  return kineticEnergy(point) - answer.value;
}

/** ½·pᵀ·M⁻¹·p, with the velocity as it is. */
export function kineticEnergy({ momentum, velocity }: PhasePoint): number {
  let sum = 0;
  for (let k = 0; k < momentum.length; k++) sum += momentum[k] * velocity[k];
  return 0.5 * sum;
}
