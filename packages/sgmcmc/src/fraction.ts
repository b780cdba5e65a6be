import { argumentError, show } from '@subspace/core/internals';

/** Throws unless 0 ≤ value < 1. */
export function requireFraction(where: string, name: string, value: unknown): asserts value is number {
  if (typeof value === 'number' && value >= 0 && value < 1) return;
  throw argumentError(where, `${name} is ${show(value)}, expected 0 ≤ ${name} < 1`);
}
