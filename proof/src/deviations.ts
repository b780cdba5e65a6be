import { type Draws, mcseMean } from '@subspace/core';
import type { Expectation } from './expectation.ts';

/** How far an estimate is from the truth, in Monte-Carlo standard errors. */
export interface Deviation {
  readonly name: string;
  readonly exact: number;
  readonly estimate: number;
  readonly errors: number;
}

/** Of every expectation, over all chains. */
export function deviations(draws: Draws, expectations: readonly Expectation[]): readonly Deviation[] {
  return expectations.map(({ name, of, exact }) => {
    const chains = draws.positions.map((chain) => Float64Array.from(chain, of));
    const estimate = chains.reduce((sum, chain) => sum + chain.reduce((a, b) => a + b, 0), 0) / draws.size;
    return { name, exact, estimate, errors: (estimate - exact) / mcseMean(chains) };
  });
}

/** Those that are off by more than four standard errors, in words; NaN is one of them. */
export function tooFar(found: readonly Deviation[]): readonly string[] {
  return found
    .filter(({ errors }) => !(Math.abs(errors) < 4))
    .map(
      ({ name, exact, estimate, errors }) =>
        `${name}: ${estimate}, expected ${exact} (${errors.toFixed(1)} standard errors)`,
    );
}
