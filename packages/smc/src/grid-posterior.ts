import type { CancelSignal, CoordinateSampler, Gaussian, LogDensity, Vector } from '@subspace/core';
import {
  abortError,
  argumentError,
  batchedValues,
  breath,
  gaussianStds,
  requireCount,
  requireGaussian,
  requireKnownOptions,
  requireLength,
  requireOptions,
  requirePositive,
} from '@subspace/core/internals';
import { gridQuantile, interpolatedDensity, interpolatedSampler } from './grid-interpolation.ts';
import { type GridMoments, gridMoments } from './grid-moments.ts';
import {
  type Axis,
  boxAround,
  DEPTH,
  edgeOf,
  type Lattice,
  largestValue,
  latticePoint,
  latticeSize,
  pointsAbove,
  promising,
  refined,
  thinned,
} from './lattice.ts';

export interface GridPosteriorOptions {
  /** Intervals per coordinate, of the first lattice and at least of the part of the last one that holds the mass. Default 64. */
  readonly resolution?: number;
  /** [low, high] per coordinate. Default: 8 prior standard deviations around the prior's mean, or as many more as the posterior needs. */
  readonly extent?: readonly (readonly [number, number])[];
  /**
   * The lattice is refined until log evidence, means and standard deviations (both in standard deviations) differ by no more than this from those of
   * every second point: an upper bound of their error, a generous one for smooth densities. Default 1e-4.
   */
  readonly tolerance?: number;
  /** Evaluations at most. Default 500 000. */
  readonly evaluations?: number;
  readonly signal?: CancelSignal;
  /** Called after each batch. */
  readonly onProgress?: (progress: GridPosteriorProgress) => void;
}

/** How much time all lattices take can't be known before the last one: how many there are, and of how many points, is for the density to say. */
export interface GridPosteriorProgress {
  /** Of the lattice that is evaluated, per coordinate. */
  readonly spacing: readonly number[];
  /** Points of this lattice, and the time that the rest of them take. */
  readonly points: { readonly done: number; readonly of: number; readonly secondsLeft: number };
  readonly evaluations: number;
}

/** A posterior of one or two coordinates, by quadrature. */
export interface GridPosterior extends CoordinateSampler {
  /** Coordinates of the lattice, [K] arrays of increasing numbers. */
  readonly axes: readonly Float64Array[];
  /** log p(z | D), normalised, at the points of the lattice: [n₀], or [n₀, n₁] row major; −∞ where it is negligible: below e⁻²⁵ of the maximum. */
  readonly logDensities: Float64Array;
  /** log Z, Z = ∫ L(z)^(1/T)·prior(z) dz, all constants included. */
  readonly logEvidence: number;
  /** [K] */
  readonly mean: Vector;
  /** [K, K] row major */
  readonly covariance: Float64Array;
  /** Of the marginal of a coordinate. */
  quantile(coordinate: number, probability: number): number;
  /** E f(z): the sum over the lattice. */
  expectation(f: (z: Vector) => number): number;
  /**
   * log p(z | D) at any point, interpolated linearly (in the density) between points of the lattice; what `sample` draws from. Its variances are
   * larger than those of the posterior by a sixth of the squared spacing.
   */
  logDensity(z: Vector): number;
  readonly evaluations: number;
  /** How many of them were NaN, and taken for −∞. */
  readonly nonFinite: number;
}

const WHERE = 'gridPosterior';

/**
 * The posterior of one or two coordinates on a lattice: evidence, moments and quantiles by quadrature, for figures, and for tests of what draws.
 *
 * A first lattice spans the extent. Where the density is negligible, and no slope promises otherwise, points are given up; around the others the
 * spacing is halved along the axes that need it, until every second point would do (sums over a lattice converge exponentially for smooth densities,
 * with the square of the spacing for those of networks with kinks). A mode much narrower than the first spacing that nothing leads up to is not found:
 * raise `resolution`.
 *
 * @param posterior any log density with a Gaussian prior, over z [K], K ≤ 2
 * @throws on invalid options or more than two coordinates; if the extent cuts off mass; if the tolerance is not met in the evaluations allowed, with what
 * was reached; if numbers can't tell the points apart any more; if the log density is +∞ somewhere or nowhere finite; when cancelled, an error with `code: 'ABORTED'`
 * @example
 * ```ts
 * import { logDensity, posterior } from '@subspace/core';
 * import { gridPosterior } from '@subspace/smc';
 *
 * // One observation 2 ± 1, and a prior 0 ± 1: the posterior is N(1, ½).
 * const logLikelihood = logDensity(1, (z) => -0.5 * (z[0] - 2) ** 2);
 * const grid = await gridPosterior(posterior({ logLikelihood, priorStd: 1 }));
 * grid.mean; // [1]
 * grid.covariance; // [0.5]
 * grid.quantile(0, 0.5); // 1
 * grid.logEvidence; // −1 − ½ log 2
 * ```
 */
export async function gridPosterior(
  posterior: LogDensity & { readonly prior: Gaussian },
  options: GridPosteriorOptions = {},
): Promise<GridPosterior> {
  requireOptions(WHERE, 'options', options);
  requireKnownOptions(WHERE, options, ['resolution', 'extent', 'tolerance', 'evaluations', 'signal', 'onProgress']);
  const { resolution = 64, extent, tolerance = 1e-4, evaluations: allowed = 500_000, signal, onProgress } = options;
  check(posterior, { resolution, extent, tolerance, evaluations: allowed });
  let evaluations = 0;
  let nonFinite = 0;

  const pause = breath();
  const evaluate = async ({ axes, values }: Lattice, open: readonly number[]): Promise<void> => {
    if (pause.due()) await pause.rest();
    if (signal?.aborted) throw abortError(WHERE, signal, {});
    requireDistinct(axes);
    const of = open.length;
    const before = evaluations;
    const started = performance.now();
    const found = await batchedValues(
      WHERE,
      posterior,
      open.map((index) => latticePoint(axes, index)),
      {
        signal,
        onBatch(done) {
          evaluations = before + done;
          const secondsLeft = ((of - done) / done) * ((performance.now() - started) / 1000);
          onProgress?.({ spacing: axes.map(({ spacing }) => spacing), points: { done, of, secondsLeft }, evaluations });
        },
      },
    );
    open.forEach((index, i) => {
      const value = found[i];
      if (value === Infinity) {
        const place = `[${latticePoint(axes, index).join(', ')}]`;
        throw argumentError(WHERE, `the log density is Infinity at ${place}, expected less`);
      }
      if (Number.isNaN(value)) nonFinite++;
      values[index] = Number.isNaN(value) ? -Infinity : value;
    });
  };

  const within = (next: number, what: string): void => {
    if (evaluations + next <= allowed) return;
    throw argumentError(
      WHERE,
      `${what} ${evaluations} evaluations, and the next lattice takes ${next}, expected at most ${allowed} in all`,
    );
  };

  const first = await firstLattice(posterior, extent, resolution, async (whole) => {
    within(whole.values.length, 'the extent is not found after');
    await evaluate(whole, [...whole.values.keys()]);
  });
  let { lattice } = first;
  let moments: GridMoments;
  for (;;) {
    moments = gridMoments(lattice);
    const { change, along } = changeOfThinning(lattice, moments);
    // Only now: the points of a coarser lattice may all be far down.
    if (change < 0.1) requireCovered(lattice, first.ranges, tolerance);
    const points = promising(lattice);
    const { from, to } = boxAround(lattice.axes, points);
    // A ridge across the axes needs both, though neither alone would tell.
    const all = change > tolerance && !along.some((changed) => changed > tolerance);
    const parts = along.map((changed, k) => (all || changed > tolerance || to[k] - from[k] < resolution ? 2 : 1));
    if (parts.every((part) => part === 1)) break;
    requireSize(
      from.reduce((size, start, k) => size * (parts[k] * (to[k] - start) + 1), 1),
      lattice.axes,
    );
    const fine = refined(lattice, points, parts);
    const spacing = lattice.axes.map((axis) => axis.spacing).join(', ');
    within(
      fine.open.length,
      `the last change is ${change}, expected at most ${tolerance}, at spacing ${spacing} after`,
    );
    await evaluate(fine.lattice, fine.open);
    lattice = fine.lattice;
  }

  const { axes, values } = lattice;
  const { logEvidence, weights, mean, covariance } = moments;
  const logDensities = values.map((value) => value - logEvidence);
  return {
    dim: axes.length,
    axes: axes.map(({ low, spacing, count }) => Float64Array.from({ length: count }, (_, i) => low + i * spacing)),
    logDensities,
    logEvidence,
    mean,
    covariance,
    quantile: gridQuantile(axes, weights),
    expectation: (f) =>
      weights.reduce((sum, weight, i) => (weight > 0 ? sum + weight * f(latticePoint(axes, i)) : sum), 0),
    logDensity: interpolatedDensity(axes, logDensities),
    sample: interpolatedSampler(axes, weights),
    evaluations,
    nonFinite,
  };
}

type Range = readonly [number, number];

/** All points of the extent; without one, of as many prior standard deviations as it takes for the edges to be negligible. */
async function firstLattice(
  { prior }: { readonly prior: Gaussian },
  extent: readonly Range[] | undefined,
  resolution: number,
  evaluate: (lattice: Lattice) => Promise<void>,
): Promise<{ lattice: Lattice; ranges: readonly Range[] }> {
  const std = Array.from(gaussianStds(prior));
  const reach = std.map(() => 8);
  for (;;) {
    const ranges = extent ?? std.map((s, k): Range => [prior.mean[k] - reach[k] * s, prior.mean[k] + reach[k] * s]);
    const axes = ranges.map(([low, high]) => ({ low, spacing: (high - low) / resolution, count: resolution + 1 }));
    const lattice = { axes, values: new Float64Array(latticeSize(axes)) };
    await evaluate(lattice);
    if (largestValue(lattice) === -Infinity) {
      const nowhere = `the log density is -Infinity or NaN at all ${lattice.values.length} points of the first lattice`;
      throw argumentError(WHERE, `${nowhere}, expected a finite one`);
    }
    const edge = extent ? undefined : edgeOf(axes, pointsAbove(lattice, DEPTH));
    if (edge === undefined) return { lattice, ranges };
    reach[edge] *= 2;
  }
}

/** What every second point along all axes, or along one of them, would change. */
function changeOfThinning(lattice: Lattice, moments: GridMoments): { change: number; along: readonly number[] } {
  const axes = lattice.axes.map((_, k) => k);
  return {
    change: changeOf(gridMoments(axes.reduce(thinned, lattice)), moments),
    along: axes.map((k) => changeOf(gridMoments(thinned(lattice, k)), moments)),
  };
}

/** The largest change of log evidence, means and standard deviations, the latter two in standard deviations; ∞ where one of them is not known. */
function changeOf(before: GridMoments, after: GridMoments): number {
  const changes = Array.from(after.mean, (mean, k) => {
    const at = k * after.mean.length + k;
    const std = Math.sqrt(after.covariance[at]);
    return Math.max(Math.abs(mean - before.mean[k]), Math.abs(std - Math.sqrt(before.covariance[at]))) / std;
  });
  const change = Math.max(Math.abs(after.logEvidence - before.logEvidence), ...changes);
  return Number.isNaN(change) ? Infinity : change;
}

/** Throws where points of a lattice are so close, or so far out, that numbers can't tell them apart. */
function requireDistinct(axes: readonly Axis[]): void {
  axes.forEach(({ low, spacing, count }, k) => {
    const high = low + (count - 1) * spacing;
    if (low + spacing > low && high - spacing < high && high - low < Infinity) return;
    const place = `the spacing of coordinate ${k} is ${spacing} from ${low} to ${high}`;
    throw argumentError(WHERE, `${place}, expected one that tells its points apart; scale the coordinates`);
  });
}

/** Points of a lattice at most, also of those that are not evaluated: a few seconds. */
const MOST_POINTS = 2 ** 21;

function requireSize(size: number, axes: readonly Axis[]): void {
  if (size <= MOST_POINTS) return;
  const spacing = axes.map((axis) => axis.spacing).join(', ');
  throw argumentError(
    WHERE,
    `the lattice finer than spacing ${spacing} has ${size} points, expected at most ${MOST_POINTS}`,
  );
}

/** Throws if the density at an edge of the extent is not negligible beside its maximum. */
function requireCovered(lattice: Lattice, ranges: readonly Range[], tolerance: number): void {
  const edge = edgeOf(lattice.axes, pointsAbove(lattice, -Math.log(tolerance)));
  if (edge === undefined) return;
  const [low, high] = ranges[edge];
  const cut = `extent[${edge}] is [${low}, ${high}] and cuts off a part of the posterior`;
  throw argumentError(WHERE, `${cut}, expected one that holds it all`);
}

function check(
  posterior: LogDensity & { readonly prior: Gaussian },
  {
    resolution,
    extent,
    tolerance,
    evaluations,
  }: Required<Pick<GridPosteriorOptions, 'resolution' | 'tolerance' | 'evaluations'>> &
    Pick<GridPosteriorOptions, 'extent'>,
): void {
  const { dim, prior } = posterior ?? {};
  if (typeof posterior?.values !== 'function' || !prior?.mean || !prior.cholesky) {
    throw argumentError(WHERE, 'posterior has no values or no prior, expected what posterior() returns');
  }
  if (!(dim === 1 || dim === 2)) throw argumentError(WHERE, `posterior.dim is ${dim}, expected 1 or 2`);
  requireGaussian(WHERE, 'posterior.prior', prior, dim);
  requireCount(WHERE, 'resolution', resolution, 8);
  requirePositive(WHERE, 'tolerance', tolerance);
  requireCount(WHERE, 'evaluations', evaluations);
  if (!extent) return;
  requireLength(WHERE, 'extent', extent, dim);
  extent.forEach((range, k) => {
    const [low, high] = range ?? [];
    if (Number.isFinite(low) && Number.isFinite(high) && low < high) return;
    throw argumentError(
      WHERE,
      `extent[${k}] is [${String(low)}, ${String(high)}], expected two finite numbers, the lower one first`,
    );
  });
}
