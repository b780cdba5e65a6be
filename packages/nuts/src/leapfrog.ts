import type { Evaluation, Vector } from '@subspace/core';
import { multiply, type ScaleMatrix } from './scale-matrix.ts';
import { requireBelowInfinity } from './start.ts';

/** A position, and the log density and its gradient there. */
export interface Place {
  /** [K] */
  readonly position: Vector;
  /** [K] */
  readonly gradient: Vector;
  value: number;
}

/** A place in phase space on its way: everything is overwritten in place. All vectors [K]. */
export interface PhasePoint extends Place {
  readonly momentum: Vector;
  /** M⁻¹·momentum. */
  readonly velocity: Vector;
  /** M⁻¹·gradient, so that a step multiplies by M⁻¹ once: velocity and momentum are moved alike. */
  readonly acceleration: Vector;
  /** The position before the step under way. */
  readonly before: Vector;
}

export function phasePoint(dim: number): PhasePoint {
  const vector = () => new Float64Array(dim);
  return {
    position: vector(),
    momentum: vector(),
    velocity: vector(),
    gradient: vector(),
    acceleration: vector(),
    before: vector(),
    value: 0,
  };
}

/**
 * The first part of a leapfrog step, up to the question for the density at the new position:
 * p ← p + ½ε·∇log p(q), q ← q + ε·M⁻¹·p.
 *
 * @param stepSize ε; negative goes back in time
 * @see Neal (2011), "MCMC using Hamiltonian dynamics", Equations (2.28)–(2.30)
 */
export function leapfrogTo(point: PhasePoint, stepSize: number): void {
  const { position, momentum, velocity, gradient, acceleration, before } = point;
  const half = 0.5 * stepSize;
  for (let k = 0; k < position.length; k++) {
    momentum[k] += half * gradient[k];
    velocity[k] += half * acceleration[k];
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
  const { momentum, velocity, gradient, acceleration } = point;
  requireBelowInfinity(where, answer.value, point.position);
  point.value = answer.value;
  for (let k = 0; k < gradient.length; k++) gradient[k] = answer.gradient[k];
  multiply(inverseMass, gradient, acceleration);
  const half = 0.5 * stepSize;
  let twice = 0;
  for (let k = 0; k < momentum.length; k++) {
    momentum[k] += half * gradient[k];
    velocity[k] += half * acceleration[k];
    twice += momentum[k] * velocity[k];
  }
  return 0.5 * twice - answer.value;
}

/** ½·pᵀ·M⁻¹·p. */
export function kineticEnergy({ momentum, velocity }: PhasePoint): number {
  let sum = 0;
  for (let k = 0; k < momentum.length; k++) sum += momentum[k] * velocity[k];
  return 0.5 * sum;
}
