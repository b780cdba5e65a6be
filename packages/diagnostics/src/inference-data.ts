import type { CoordinateSampler, Draws } from '@subspace/core';
import {
  argumentError,
  requireFinite,
  requireKnownOptions,
  requireLength,
  requireOptions,
  show,
  stepReport,
} from '@subspace/core/internals';
import { areChains, type CoordinateDrawsOptions, coordinateNames, drawsOf } from './coordinate-draws.ts';
import type { PointwiseLogLikelihood } from './pointwise-log-likelihood.ts';

/** Groups of ArviZ's `InferenceData`, as plain JSON: variables [chain, draw, …]. */
export interface InferenceData {
  /** `z` [chain, draw, K]. */
  readonly posterior: { readonly z: readonly (readonly (readonly number[])[])[] };
  /** What the steps had to tell [chain, draw], under ArviZ's names: `diverging`, `energy`, `tree_depth`, `acceptance_rate`, … */
  readonly sample_stats?: Readonly<Record<string, readonly (readonly (number | boolean)[])[]>>;
  /** `y` [chain, draw, N]. */
  readonly log_likelihood?: { readonly y: readonly (readonly (readonly number[])[])[] };
  /** `y` [chain, draw, N]. */
  readonly posterior_predictive?: { readonly y: readonly (readonly (readonly number[])[])[] };
  /** `y` [N]. */
  readonly observed_data?: { readonly y: readonly number[] };
  /** `coordinate`: the names, or numbers from 0; `point`. */
  readonly coords: Readonly<Record<string, readonly (number | string)[]>>;
  readonly dims: Readonly<Record<string, readonly string[]>>;
  /** The library; of a result that is no chain, its evidence, ELBO, Pareto k̂ and their errors. */
  readonly attrs: Readonly<Record<string, string | number>>;
}

export interface InferenceDataOptions extends CoordinateDrawsOptions {
  /** Of each point under each draw: `await pointwiseLogLikelihood(posterior, draws)`. For az.loo, az.waic and az.compare. */
  readonly logLikelihood?: PointwiseLogLikelihood;
  /** Per draw, chain after chain, what it predicts for each point [S] times [N]. For az.plot_ppc. */
  readonly predictive?: readonly ArrayLike<number>[];
  /** Targets [N]. */
  readonly observed?: ArrayLike<number>;
}

/**
 * Draws as ArviZ takes them: write `JSON.stringify` of it to a file and open that with `az.from_json`.
 *
 * Numbers and truth values of the steps' infos become `sample_stats`, under ArviZ's names where it has one; those that aren't finite in every draw are left out
 * (JSON has no NaN). With `thin` they are those of the step that led to the draw, but divergences are those of all steps since the draw before: `diverging` where
 * there was one, `n_divergences` how many.
 *
 * Results that are no chains (particles, importance weights, an approximation, which is drawn from) become one chain, without statistics of steps; what they tell of their evidence, and
 * of how good they are, is among the attributes.
 *
 * @param sampler draws of `sample`, or another sampler of coordinates
 * @throws on chains of different lengths, or matrices of other shapes or with values that aren't finite
 * @see https://python.arviz.org/en/stable/schema/schema.html
 * @example
 * ```ts
 * import { drawsFrom } from '@subspace/core';
 * import { toInferenceData } from '@subspace/diagnostics';
 *
 * const draws = drawsFrom([[Float64Array.of(1, 2)], [Float64Array.of(3, 4)]], [[{ energy: 1.5 }], [{ energy: 2 }]]);
 * const { posterior, sample_stats } = toInferenceData(draws);
 * posterior.z; // [[[1, 2]], [[3, 4]]]
 * sample_stats?.energy; // [[1.5], [2]]
 * ```
 */
export function toInferenceData(sampler: CoordinateSampler, options: InferenceDataOptions = {}): InferenceData {
  const where = 'toInferenceData';
  requireOptions(where, 'draws', sampler);
  requireKnownOptions(where, options, ['logLikelihood', 'predictive', 'observed', 'names', 'draws', 'seed']);
  const draws = drawsOf(where, sampler, options);
  const names = coordinateNames(where, draws.dim, options);
  const { logLikelihood, predictive, observed } = options;
  const length = draws.positions[0].length;
  for (const [c, chain] of draws.positions.entries()) requireLength(where, `draws.positions[${c}]`, chain, length);

  if (observed) {
    if (typeof observed.length !== 'number') {
      throw argumentError(where, `observed is ${show(observed)}, expected a list of numbers`);
    }
    requireFinite(where, 'observed', observed);
  }
  const stats = areChains(sampler) ? sampleStats(sampler, length) : {};
  const points = observed?.length ?? (logLikelihood?.values ?? predictive)?.[0]?.length ?? 0;
  /** [S] times [N] to [chain, draw, N]. */
  const byChain = (name: string, values: readonly ArrayLike<number>[]) => {
    requireLength(where, name, values, draws.size);
    for (const [s, row] of values.entries()) {
      requireLength(where, `${name}[${s}]`, row, points);
      requireFinite(where, `${name}[${s}]`, row);
    }
    return draws.positions.map((_, c) => values.slice(c * length, (c + 1) * length).map((row) => Array.from(row)));
  };
  return {
    posterior: { z: draws.positions.map((chain) => chain.map((position) => Array.from(position))) },
    ...(Object.keys(stats).length > 0 && { sample_stats: stats }),
    ...(logLikelihood && { log_likelihood: { y: byChain('logLikelihood.values', logLikelihood.values) } }),
    ...(predictive && { posterior_predictive: { y: byChain('predictive', predictive) } }),
    ...(observed && { observed_data: { y: Array.from(observed) } }),
    coords: {
      coordinate: options.names ? names : indices(draws.dim),
      ...(points > 0 && { point: indices(points) }),
    },
    dims: { z: ['coordinate'], ...(points > 0 && { y: ['point'] }) },
    attrs: { inference_library: '@subspace/core', ...resultOf(sampler) },
  };
}

/** What a result that is no chain tells of itself, as attributes: `log_evidence`, `pareto_k` … */
function resultOf(sampler: CoordinateSampler): Record<string, number> {
  const told = sampler as unknown as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    RESULTS.flatMap((name) => (Number.isFinite(told[name]) ? [[snakeCase(name), told[name] as number]] : [])),
  );
}

const RESULTS = [
  'logEvidence',
  'logEvidenceStandardError',
  'elbo',
  'elboStandardError',
  'paretoK',
  'paretoKError',
  'effectiveSize',
];

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** ArviZ's names for what others call otherwise. */
const NAMES: Readonly<Record<string, string>> = {
  acceptance: 'acceptance_rate',
  depth: 'tree_depth',
  steps: 'n_steps',
};

function sampleStats(
  { infos, totals, divergent }: Draws,
  length: number,
): Record<string, readonly (readonly (number | boolean)[])[]> {
  const reports = infos.map((chain) => chain.map(stepReport));
  const stats: Record<string, readonly (readonly (number | boolean)[])[]> = {};
  if (reports.length === 0 || length === 0 || reports.some((chain) => chain.length !== length)) return stats;
  for (const key of Object.keys(reports[0][0])) {
    const values = reports.map((chain) => chain.map((report) => (report as Record<string, unknown>)[key]));
    const isStat = (value: unknown): value is number | boolean => typeof value === 'boolean' || Number.isFinite(value);
    if (values.every((chain): chain is (number | boolean)[] => chain.every(isStat))) {
      stats[NAMES[key] ?? snakeCase(key)] = values;
    }
  }
  if ('energy' in stats) {
    const counts = divergent.map((chain) => {
      const count = new Array<number>(length).fill(0);
      // A cancelled chain may have diverged after its last draw.
      for (const { draw } of chain) if (draw < length) count[draw]++;
      return count;
    });
    stats.diverging = counts.map((chain) => chain.map((count) => count > 0));
    if (totals.some(({ steps }) => steps > length)) stats.n_divergences = counts;
  }
  if (reports.some((chain) => chain.some(({ stopped }) => stopped !== undefined))) {
    stats.reached_max_treedepth = reports.map((chain) => chain.map(({ stopped }) => stopped === 'depth'));
  }
  return stats;
}

function indices(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i);
}
