import type { DifferentiableLogDensity, Evaluation, Gaussian, Vector } from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireFinite,
  requireLength,
  requireOptions,
  requirePositive,
  show,
} from '@subspace/core/internals';
import { type Flight, flown } from './isokinetic.ts';

/** A target whose prior, if it has one, is where chains start. */
export type MicrocanonicalTarget = DifferentiableLogDensity & { readonly prior?: Gaussian };

/** Whether each coordinate has a scale of its own, learnt in warmup, or all have 1. */
export type Scaling = 'diagonal' | 'none';

/** The target's dimension. Throws unless it gives gradients, and has two coordinates: a direction on a line has nowhere to turn. */
export function requireMicrocanonical(where: string, target: MicrocanonicalTarget): number {
  requireOptions(where, 'target', target);
  if (typeof target.valuesAndGradients !== 'function') {
    throw argumentError(where, 'target has no valuesAndGradients, expected a differentiable log density');
  }
  requireCount(where, 'target.dim', target.dim, 2);
  return target.dim;
}

/** Throws unless step size, length and scaling are what they should be. */
export function requireTuned(
  where: string,
  { stepSize, length, scales }: { readonly stepSize?: number; readonly length?: number; readonly scales: Scaling },
): void {
  if (stepSize !== undefined) requirePositive(where, 'stepSize', stepSize);
  if (length !== undefined) requirePositive(where, 'length', length);
  if (scales !== 'diagonal' && scales !== 'none') {
    throw argumentError(where, `scales is ${show(scales)}, expected 'diagonal' or 'none'`);
  }
}

/** Where a chain is, and what the density is there. */
export interface Place {
  readonly position: Vector;
  readonly value: number;
  readonly gradient: Vector;
}

/** Throws unless the start is K finite numbers, with a finite density and gradient there. */
export function* startPlace(where: string, start: Vector, dim: number): Generator<Vector, Place, Evaluation> {
  requireLength(where, 'position', start, dim);
  requireFinite(where, 'position', start);
  const position = Float64Array.from(start);
  const { value, gradient } = yield position;
  if (!Number.isFinite(value)) {
    throw argumentError(
      where,
      `the log density is ${value} at the start, expected a finite number; give another start as \`initial\``,
    );
  }
  requireFinite(where, 'gradient at the start: gradient', gradient);
  return { position, value, gradient: Float64Array.from(gradient) };
}

export function flightFrom({ position, value, gradient }: Place, direction: Vector): Flight {
  return { position: position.slice(), value, gradient: gradient.slice(), direction: direction.slice() };
}

/** Halvings that are tried: enough for any scale. */
const TRIES = 1000;

/** The first of a step size, its half, its quarter … whose energy error a dimension, squared, is at most so much. */
export function* tolerableStep(
  where: string,
  place: Place,
  direction: Vector,
  scales: Vector,
  first: number,
  energyVariance: number,
): Generator<Vector, number, Evaluation> {
  let stepSize = first;
  for (let i = 0; i < TRIES; i++) {
    const error = yield* flown(flightFrom(place, direction), scales, stepSize);
    if ((error * error) / direction.length <= energyVariance) return stepSize;
    stepSize /= 2;
  }
  throw argumentError(
    where,
    `no step size keeps the energy at [${place.position.subarray(0, 5).join(', ')}${direction.length > 5 ? ', …' : ''}], expected a smooth log density`,
  );
}
