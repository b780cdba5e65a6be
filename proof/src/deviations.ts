import type { Draws } from '@subspace/core';
import { mcseMean } from '@subspace/diagnostics';
import type { Expectation } from './expectation.ts';
import type { PopulationRun } from './populations.ts';

/** How far an estimate is from the truth, in Monte-Carlo standard errors. */
export interface Deviation {
  readonly name: string;
  readonly exact: number;
  readonly estimate: number;
  readonly errors: number;
}

/**
 * Of every expectation, over all chains.
 *
 * @param standardError of the mean of values by chain
 */
export function deviations(
  draws: Draws,
  expectations: readonly Expectation[],
  standardError: (values: readonly Float64Array[]) => number = mcseMean,
): readonly Deviation[] {
  return expectations.map(({ name, of, exact, uncertainty = 0 }) => {
    const chains = draws.positions.map((chain) => Float64Array.from(chain, of));
    const estimate = chains.reduce((sum, chain) => sum + chain.reduce((a, b) => a + b, 0), 0) / draws.size;
    return { name, exact, estimate, errors: (estimate - exact) / Math.hypot(standardError(chains), uncertainty) };
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

/** Standard error of the mean of independent runs of the same length, whatever the draws of one have in common. */
export function errorBetweenRuns(runs: readonly Float64Array[]): number {
  const means = runs.map((values) => values.reduce((a, b) => a + b, 0) / values.length);
  const mean = means.reduce((a, b) => a + b, 0) / means.length;
  const squares = means.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (means.length * (means.length - 1)));
}

/**
 * The normal number as improbable as a t-value: errors estimated from few runs are too small now and then. Of 24 runs, one t-value in 1,800 exceeds 4 for that alone,
 * and the suite looks at a thousand.
 *
 * @see Abramowitz and Stegun (1964), 26.7.8
 */
function normalScore(t: number, degrees: number): number {
  return (t * (1 - 1 / (4 * degrees))) / Math.sqrt(1 + t ** 2 / (2 * degrees));
}

/** Of every expectation, and of the evidence, over independent runs: their spread is the standard error. */
export function populationDeviations(
  runs: readonly PopulationRun[],
  expectations: readonly Expectation[],
  logEvidence: number | undefined,
): readonly Deviation[] {
  const over = (name: string, exact: number, of: (run: PopulationRun) => number): Deviation => {
    const values = runs.map(of);
    const estimate = values.reduce((a, b) => a + b, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - estimate) ** 2, 0);
    const error = Math.sqrt(squares / (values.length * (values.length - 1)));
    // An exact method has no spread, and nothing but rounding to be off by.
    const rounding = 1e-9 * Math.max(1, Math.abs(exact));
    return {
      name,
      exact,
      estimate,
      errors: normalScore((estimate - exact) / Math.max(error, rounding), values.length - 1),
    };
  };
  const mean = (of: Expectation['of']) => (run: PopulationRun) =>
    run.positions.reduce((sum, z) => sum + of(z), 0) / run.positions.length;
  const found = expectations.map(({ name, of, exact }) => over(name, exact, mean(of)));
  if (logEvidence === undefined) return found;
  // Unbiased is the evidence, not its logarithm.
  return [...found, over('evidence, as a share of the exact one', 1, (run) => Math.exp(run.logEvidence - logEvidence))];
}
