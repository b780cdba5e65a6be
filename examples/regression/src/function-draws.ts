import { crpsMixture } from '@subspace/metrics';
import { placesOf } from './places.ts';
import type { Points, Problem } from './problem.ts';

/** What networks drawn from a posterior say, without noise: [draw][point of the grid]. */
export interface FunctionDraws {
  /** Increasing, evenly spaced. */
  readonly grid: Float64Array;
  readonly members: readonly ArrayLike<number>[];
}

/** Of each point: mean and standard deviation of the draws. */
export function bandOf({ grid, members }: FunctionDraws): { readonly mean: Float64Array; readonly std: Float64Array } {
  const mean = grid.map((_, i) => members.reduce((sum, said) => sum + said[i], 0) / members.length);
  const std = grid.map((_, i) =>
    Math.sqrt(members.reduce((sum, said) => sum + (said[i] - mean[i]) ** 2, 0) / members.length),
  );
  return { mean, std };
}

/**
 * W₂ of each point: √∫ (F⁻¹(u) − G⁻¹(u))² du, of two sets of draws, each equally likely. In y's units: how far the one band is from the other, in place and in shape.
 */
export function bandDistance(a: FunctionDraws, b: FunctionDraws): Float64Array {
  return a.grid.map((_, i) => wasserstein(sortedAt(a, i), sortedAt(b, i)));
}

function sortedAt({ members }: FunctionDraws, i: number): Float64Array {
  return Float64Array.from(members, (said) => said[i]).sort();
}

/** Of sorted values: their quantile functions are steps, of which every two meet on an interval of levels. */
function wasserstein(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  let level = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [endA, endB] = [(i + 1) / a.length, (j + 1) / b.length];
    const end = Math.min(endA, endB);
    sum += (end - level) * (a[i] - b[j]) ** 2;
    level = end;
    if (endA <= end) i++;
    if (endB <= end) j++;
  }
  return Math.sqrt(sum);
}

/** How good a band is, between the clusters and at the data; where there is a reference, how far from it. */
export interface BandScores {
  /** Share of the points between the clusters where the truth is in the 95 % band of the functions: mean ± 1.96 sd, without noise. */
  readonly coverageBetween: number;
  readonly coverageAtData: number;
  /** Of held-out targets, by the mixture of the draws with the noise. */
  readonly crpsBetween: number;
  readonly crpsAtData: number;
  /** Mean of the draws' standard deviations. */
  readonly widthBetween: number;
  readonly widthAtData: number;
  /** Mean over the points of the distance to the reference. */
  readonly distance?: number;
  readonly distanceBetween?: number;
}

/** Draws that a mixture's score is computed of: it takes the square of their number. */
const SCORED = 100;

/** Of a problem whose truth is known. */
export function bandScores(
  draws: FunctionDraws,
  { truth, test, train }: Problem,
  noiseVariance: number,
  reference?: FunctionDraws,
): BandScores {
  const { grid } = draws;
  const { mean, std } = bandOf(draws);
  const place = placesOf(train.x);
  const inside = grid.map((x, i) => (Math.abs(truth!(x) - mean[i]) <= 1.96 * std[i] ? 1 : 0));
  const over = (values: Float64Array, where: 'between' | 'at data' | undefined) =>
    average(values.filter((_, i) => !where || place(grid[i]) === where));
  const crps = (points: Points, where: 'between' | 'at data') => {
    const at = Array.from(points.x, (_, i) => i).filter((i) => place(points.x[i]) === where);
    const thinned = draws.members.filter((_, d) => d % Math.ceil(draws.members.length / SCORED) === 0);
    const means = thinned.map((said) => at.map((i) => interpolated(grid, said, points.x[i])));
    const variances = means.map((said) => said.map(() => noiseVariance));
    return crpsMixture(
      { members: { means, variances } },
      at.map((i) => points.y[i]),
    );
  };
  const distances = reference && bandDistance(draws, reference);
  return {
    coverageBetween: over(inside, 'between'),
    coverageAtData: over(inside, 'at data'),
    crpsBetween: crps(test!.away, 'between'),
    crpsAtData: crps(test!.atData, 'at data'),
    widthBetween: over(std, 'between'),
    widthAtData: over(std, 'at data'),
    ...(distances && { distance: over(distances, undefined), distanceBetween: over(distances, 'between') }),
  };
}

function interpolated(grid: Float64Array, said: ArrayLike<number>, x: number): number {
  const at = ((x - grid[0]) / (grid[grid.length - 1] - grid[0])) * (grid.length - 1);
  const i = Math.min(grid.length - 2, Math.max(0, Math.floor(at)));
  return said[i] + (at - i) * (said[i + 1] - said[i]);
}

function average(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}
