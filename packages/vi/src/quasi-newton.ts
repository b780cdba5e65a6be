import { type Gaussian, gaussianLogDensityGradient, type Vector } from '@subspace/core';

/** A point with what the ascent knows of it: f = −log p and its gradient. */
export interface Point {
  readonly z: Vector;
  readonly f: number;
  readonly gradient: Vector;
}

/** A step s and the difference y of the gradients at its ends. */
export interface StepPair {
  readonly s: Vector;
  readonly y: Vector;
}

const LINE_SEARCH_LIMIT = 40;

/** −H·gradient, H the inverse Hessian of the two-loop recursion on γ·(curvature at the start)⁻¹. */
export function quasiNewtonDirection(gradient: Vector, memory: readonly StepPair[], metric: Gaussian): Vector {
  const q = gradient.slice();
  const alphas = memory.map(() => 0);
  for (let i = memory.length - 1; i >= 0; i--) {
    const { s, y } = memory[i];
    alphas[i] = dot(s, q) / dot(s, y);
    addScaled(q, -alphas[i], y);
  }
  // −(curvature)⁻¹·v: with the minus sign of the descent.
  const solve = (v: Vector) => gaussianLogDensityGradient(metric, v);
  const direction = solve(q);
  const last = memory.at(-1);
  if (last) {
    const scale = -dot(last.s, last.y) / dot(last.y, solve(last.y));
    for (let k = 0; k < direction.length; k++) direction[k] *= scale;
  }
  memory.forEach(({ s, y }, i) => {
    const beta = -dot(y, direction) / dot(s, y);
    addScaled(direction, beta - alphas[i], s);
  });
  return direction;
}

/** A step that lowers f enough and flattens the slope enough; undefined if bisection finds none. */
export async function weakWolfeStep(
  pointAt: (z: Vector) => Promise<Point>,
  from: Point,
  direction: Vector,
  slope: number,
  tolerance: number,
): Promise<Point | undefined> {
  let low = 0;
  let high = Infinity;
  let length = 1;
  let lowest: Point | undefined;
  // A step that promises next to nothing is lost in rounding.
  for (let i = 0; i < LINE_SEARCH_LIMIT && -slope * length > tolerance / 100; i++) {
    const point = await pointAt(from.z.map((z, k) => z + length * direction[k]));
    if (point.f < (lowest ?? from).f) lowest = point;
    if (!(point.f <= from.f + 1e-4 * length * slope)) high = length;
    else if (dot(point.gradient, direction) < 0.9 * slope) low = length;
    else return point;
    length = high < Infinity ? (low + high) / 2 : 2 * low;
  }
  return lowest;
}

export function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

export function minus(a: Vector, b: Vector): Vector {
  return a.map((x, k) => x - b[k]);
}

function addScaled(into: Vector, scale: number, v: Vector): void {
  for (let k = 0; k < into.length; k++) into[k] += scale * v[k];
}
