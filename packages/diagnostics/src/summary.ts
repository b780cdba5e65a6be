import { type CoordinateSampler, coordinateChains, type Draws, quantile } from '@subspace/core';
import { argumentError, mean, pool, requireKnownOptions, rHat, variance } from '@subspace/core/internals';
import { areChains, type CoordinateDrawsOptions, coordinateNames, drawsOf } from './coordinate-draws.ts';
import { essBulk, essTail } from './effective-sample-size.ts';
import { hdi } from './hdi.ts';
import { mcseMean } from './monte-carlo-error.ts';

export interface SummaryOptions extends CoordinateDrawsOptions {
  /** Probabilities of the `quantiles`. Default 0.05, 0.5, 0.95. */
  readonly quantiles?: readonly number[];
}

/** What a coordinate's draws are like. */
export interface DistributionSummary {
  readonly name: string;
  readonly mean: number;
  readonly sd: number;
  /** By default at 5, 50 and 95 %. */
  readonly quantiles: readonly number[];
  /** The shortest interval with 94 % of the draws. */
  readonly hdi: readonly [number, number];
}

/** What a coordinate's draws are like, and what its chains are worth. */
export interface CoordinateSummary extends DistributionSummary {
  /** Monte-Carlo standard error of the mean. */
  readonly mcseMean: number;
  readonly rHat: number;
  readonly essBulk: number;
  readonly essTail: number;
}

/**
 * What there is to know of each coordinate's draws at a glance: one row per coordinate, fit for `console.table`.
 *
 * Of anything that draws: chains of `sample`; results of sequential Monte Carlo, importance resampling or variational inference, Laplace. Where there are no chains, there is no R̂,
 * and no effective sample size: `diagnose` looks at what those results tell of themselves.
 *
 * @param draws of `sample`, or another sampler of coordinates; one without an end is drawn from
 * @param options `names` of the coordinates, `quantiles`; `draws` and `seed` for a sampler without an end
 * @throws on names of another number, or probabilities outside [0, 1]
 * @example
 * ```ts
 * import { drawsFrom, randomSource } from '@subspace/core';
 * import { summary } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * const chain = () => Array.from({ length: 100 }, () => Float64Array.of(random.normal(), random.normal()));
 * const [first] = summary(drawsFrom([chain(), chain()]), { names: ['slope', 'offset'], quantiles: [0.1, 0.9] });
 * first.name; // 'slope'
 * first.quantiles; // about [−1.28, 1.28]
 * first.rHat; // about 1
 * ```
 */
export function summary(
  draws: CoordinateSampler & { readonly paretoK: number },
  options?: SummaryOptions,
): readonly DistributionSummary[];
export function summary(draws: Draws, options?: SummaryOptions): readonly CoordinateSummary[];
export function summary(draws: CoordinateSampler, options?: SummaryOptions): readonly DistributionSummary[];
export function summary(draws: CoordinateSampler, options: SummaryOptions = {}): readonly DistributionSummary[] {
  const where = 'summary';
  requireKnownOptions(where, options, ['names', 'quantiles', 'draws', 'seed']);
  const { quantiles = [0.05, 0.5, 0.95] } = options;
  for (const [i, probability] of quantiles.entries()) {
    if (!(probability >= 0 && probability <= 1)) {
      throw argumentError(where, `quantiles[${i}] is ${probability}, expected a number from 0 to 1`);
    }
  }
  const taken = drawsOf(where, draws, options);
  return coordinateNames(where, taken.dim, options).map((name, k): DistributionSummary | CoordinateSummary => {
    const chains = coordinateChains(taken, k);
    const pooled = pool(chains);
    const distribution = {
      name,
      mean: mean(pooled),
      sd: Math.sqrt(variance(pooled)),
      quantiles: quantiles.map((probability) => quantile(pooled, probability)),
      hdi: hdi(pooled),
    };
    if (!areChains(draws)) return distribution;
    return {
      ...distribution,
      mcseMean: mcseMean(chains),
      rHat: rHat(chains),
      essBulk: essBulk(chains),
      essTail: essTail(chains),
    };
  });
}
