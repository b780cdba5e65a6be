import { argumentError, show } from '@subspace/core/internals';

/** Throws unless it is a probability between 0 and 1, both excluded. */
export function requireCoverage(where: string, coverage: unknown): asserts coverage is number {
  if (typeof coverage !== 'number' || !(coverage > 0 && coverage < 1)) {
    throw argumentError(where, `coverage is ${show(coverage)}, expected a number between 0 and 1`);
  }
}
