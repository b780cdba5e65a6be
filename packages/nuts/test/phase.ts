import type { DifferentiableLogDensity, Evaluation, Vector } from '@subspace/core';
import { leapfrogOn, leapfrogTo, type PhasePoint, phasePoint } from '../src/leapfrog.ts';
import { multiply, type ScaleMatrix } from '../src/scale-matrix.ts';

export function evaluate(target: DifferentiableLogDensity, z: Vector): Evaluation {
  return (target.valuesAndGradients([z]) as readonly Evaluation[])[0];
}

/** A point of phase space with its density. */
export function at(
  target: DifferentiableLogDensity,
  inverseMass: ScaleMatrix,
  position: ArrayLike<number>,
  momentum: ArrayLike<number>,
): PhasePoint {
  const point = phasePoint(target.dim);
  point.position.set(Array.from(position));
  point.momentum.set(Array.from(momentum));
  const { value, gradient } = evaluate(target, point.position);
  point.value = value;
  point.gradient.set(gradient);
  multiply(inverseMass, point.momentum, point.velocity);
  multiply(inverseMass, point.gradient, point.acceleration);
  return point;
}

/** Takes a step; the energy after it. */
export function leap(
  target: DifferentiableLogDensity,
  inverseMass: ScaleMatrix,
  point: PhasePoint,
  stepSize: number,
): number {
  leapfrogTo(point, stepSize);
  return leapfrogOn('test', point, inverseMass, stepSize, evaluate(target, point.position));
}

/** Answers a coroutine's requests until it returns. */
export function run<T>(coroutine: Generator<Vector, T, Evaluation>, target: DifferentiableLogDensity): T {
  let request = coroutine.next();
  while (!request.done) request = coroutine.next(evaluate(target, request.value));
  return request.value;
}
