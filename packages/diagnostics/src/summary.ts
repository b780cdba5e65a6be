import { coordinateChains, type Draws } from '@subspace/core';
import { mean, pool, variance } from './chains.ts';
import { essBulk, essTail } from './effective-sample-size.ts';
import { hdi } from './hdi.ts';
import { mcseMean } from './monte-carlo-error.ts';
import { rHat } from './r-hat.ts';

export interface CoordinateSummary {
  readonly mean: number;
  readonly sd: number;
  /** Monte-Carlo standard error of the mean. */
  readonly mcseMean: number;
  /** The shortest interval with 94 % of the draws. */
  readonly hdi: readonly [number, number];
  readonly rHat: number;
  readonly essBulk: number;
  readonly essTail: number;
}

/**
 * What there is to know of each coordinate's draws at a glance: one row per coordinate, fit for `console.table`.
 *
 * @example
 * ```ts
 * import { drawsFrom, randomSource } from '@subspace/core';
 * import { summary } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * const chain = () => Array.from({ length: 100 }, () => Float64Array.of(random.normal(), random.normal()));
 * summary(drawsFrom([chain(), chain()])); // two rows: mean near 0, sd near 1, rHat near 1
 * ```
 */
export function summary(draws: Draws): readonly CoordinateSummary[] {
  return Array.from({ length: draws.dim }, (_, k) => {
    const chains = coordinateChains(draws, k);
    const pooled = pool(chains);
    return {
      mean: mean(pooled),
      sd: Math.sqrt(variance(pooled)),
      mcseMean: mcseMean(chains),
      hdi: hdi(pooled),
      rHat: rHat(chains),
      essBulk: essBulk(chains),
      essTail: essTail(chains),
    };
  });
}
