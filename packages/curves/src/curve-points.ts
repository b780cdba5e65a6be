import type { WeightLayout } from '@subspace/core';
import { argumentError, isFloat32Array, requireFinite, requireLength, show } from '@subspace/core/internals';

/** Throws unless the points are weights of one layout, at least two, and the ends differ. */
export function requireCurvePoints(where: string, points: readonly Float32Array[], layout?: WeightLayout): void {
  if (!Array.isArray(points) || points.length < 2) {
    const came = Array.isArray(points) ? `has ${points.length} entries` : `is ${show(points)}`;
    throw argumentError(where, `points ${came}, expected at least two: start and end`);
  }
  points.forEach((point, k) => {
    requireWeights(where, `points[${k}]`, point, layout?.size ?? points[0].length);
  });
  requireDifferentEnds(where, points[0], points[points.length - 1]);
}

/** Throws unless `weights` are a Float32Array [D] of finite numbers. */
export function requireWeights(where: string, name: string, weights: unknown, size: number): void {
  if (!isFloat32Array(weights)) throw argumentError(where, `${name} is ${show(weights)}, expected a Float32Array`);
  requireLength(where, name, weights, size);
  requireFinite(where, name, weights);
}

/** Throws if start and end are the same weights. */
export function requireDifferentEnds(where: string, start: Float32Array, end: Float32Array): void {
  if (start.every((value, i) => value === end[i])) {
    throw argumentError(where, 'start and end are the same weights, expected two solutions');
  }
}

/** Throws unless `t` is from 0 to 1. */
export function requireTime(where: string, t: unknown): void {
  if (typeof t === 'number' && t >= 0 && t <= 1) return;
  throw argumentError(where, `t is ${show(t)}, expected a number from 0 to 1`);
}
