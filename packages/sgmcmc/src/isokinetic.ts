import type { Evaluation, RandomSource, Vector } from '@subspace/core';

/**
 * Isokinetic dynamics: a point of unit speed that log p bends, dz = u·dt, du = (1 − u·uᵀ)·∇log p/(K − 1)·dt. Its energy, −log p plus what the direction gains, is kept but for the error of steps.
 *
 * In coordinates y = z/s, s the scales [K]: directions are of y.
 *
 * @see Robnik, De Luca, Silverstein & Seljak (2023), "Microcanonical Hamiltonian Monte Carlo"; Steeg & Galstyan (2021) for the update of the direction
 */
export interface Flight {
  readonly position: Vector;
  /** u [K], of length 1. */
  readonly direction: Vector;
  readonly gradient: Vector;
  value: number;
}

/** McLachlan's minimal norm: the part of a step before the first move, and after the last. */
const OUTER = 0.1931833275037836;

/**
 * One step of the minimal-norm integrator, in place: two evaluations.
 *
 * @returns the error of the energy, in nats; NaN or infinite where the density is, or the step far too long
 */
export function* flown(flight: Flight, scales: Vector, stepSize: number): Generator<Vector, number, Evaluation> {
  const { position, direction, gradient, value } = flight;
  let gained = turned(direction, gradient, scales, OUTER * stepSize);
  for (const part of [1 - 2 * OUTER, OUTER]) {
    for (let k = 0; k < position.length; k++) position[k] += 0.5 * stepSize * scales[k] * direction[k];
    const there = yield position;
    flight.value = there.value;
    gradient.set(there.gradient);
    gained += turned(direction, gradient, scales, part * stepSize);
  }
  return gained - (flight.value - value);
}

/** Turns the direction towards the gradient for a time, in place; gives the energy that it gains. */
function turned(direction: Vector, gradient: Vector, scales: Vector, time: number): number {
  const dim = direction.length;
  let squares = 0;
  let along = 0;
  for (let k = 0; k < dim; k++) {
    const slope = scales[k] * gradient[k];
    squares += slope * slope;
    along += slope * direction[k];
  }
  if (squares === 0) return 0;
  const norm = Math.sqrt(squares);
  const cosine = along / norm;
  const angle = (time * norm) / (dim - 1);
  const zeta = Math.exp(-angle);
  const towards = ((1 - zeta) * (1 + zeta + cosine * (1 - zeta))) / norm;
  let length = 0;
  for (let k = 0; k < dim; k++) {
    direction[k] = towards * scales[k] * gradient[k] + 2 * zeta * direction[k];
    length += direction[k] * direction[k];
  }
  const unit = 1 / Math.sqrt(length);
  for (let k = 0; k < dim; k++) direction[k] *= unit;
  return (dim - 1) * (angle + Math.log(0.5 * (1 + cosine + (1 - cosine) * zeta * zeta)));
}

/** A direction uniform on the sphere. */
export function anyDirection(random: RandomSource, dim: number): Vector {
  const direction = new Float64Array(dim);
  scattered(direction, random, Infinity);
  return direction;
}

/** Mixes noise into a direction, in place: e^−ratio of it is left, on average; nothing for an infinite ratio. */
export function scattered(direction: Vector, random: RandomSource, ratio: number): void {
  const dim = direction.length;
  const noise = ratio === Infinity ? Infinity : Math.sqrt(Math.expm1(2 * ratio) / dim);
  let length = 0;
  for (let k = 0; k < dim; k++) {
    direction[k] = noise === Infinity ? random.normal() : direction[k] + noise * random.normal();
    length += direction[k] * direction[k];
  }
  const unit = 1 / Math.sqrt(length);
  for (let k = 0; k < dim; k++) direction[k] *= unit;
}
