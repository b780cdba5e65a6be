import type { Vector } from '@subspace/core';
import { argumentError, requireFinite, requireLength } from '@subspace/core/internals';

/** A copy of where a chain is to start. Throws unless it is K finite numbers. */
export function startPosition(where: string, start: Vector, dim: number): Vector {
  requireLength(where, 'position', start, dim);
  requireFinite(where, 'position', start);
  return Float64Array.from(start);
}

/** Throws unless the log density at the start is finite: a chain without a density to compare with would accept anything. */
export function requireFiniteStart(where: string, value: number, position: Vector): void {
  requireBelowInfinity(where, value, position);
  if (Number.isFinite(value)) return;
  throw argumentError(
    where,
    `the log density is ${value} at the start [${position.join(', ')}], expected a finite number; give another start as \`initial\``,
  );
}

/** Throws at a density of +∞: no other place would ever be accepted. */
export function requireBelowInfinity(where: string, value: number, position: Vector): void {
  if (value !== Infinity) return;
  throw argumentError(where, `the log density is Infinity at [${position.join(', ')}], expected less`);
}
