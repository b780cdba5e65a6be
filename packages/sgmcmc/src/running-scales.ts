import type { Vector } from '@subspace/core';
import { aCount, floats, objectOf, type Schema } from '@subspace/core/internals';

/** Running variances of positions, by Welford's recurrences; plain data, made anew by each position. */
export interface RunningScales {
  readonly count: number;
  readonly mean: Vector;
  readonly squares: Vector;
}

/** Windows of warmup, as parts of it, in which positions are collected: each from better scales than the one before. */
const WINDOWS = [0.1, 0.2, 0.4, 0.8];

/** Where in the windows a step of warmup is: whether its position is collected, whether a window ends with it, and whether one has ended before. */
export function windowAt(
  index: number,
  of: number,
): { readonly collects: boolean; readonly ends: boolean; readonly scaled: boolean } {
  const bounds = WINDOWS.map((part) => Math.floor(part * of));
  const ends = bounds.slice(1).some((bound, i) => index === bound - 1 && bound - bounds[i] > 1);
  return { collects: index >= bounds[0] && index < bounds[bounds.length - 1], ends, scaled: index >= bounds[1] };
}

export function collected(running: RunningScales | undefined, position: Vector): RunningScales {
  const dim = position.length;
  const { count = 0, mean: before, squares: sum } = running ?? {};
  const [mean, squares] = [new Float64Array(dim), new Float64Array(dim)];
  for (let k = 0; k < dim; k++) {
    const off = position[k] - (before?.[k] ?? 0);
    mean[k] = (before?.[k] ?? 0) + off / (count + 1);
    squares[k] = (sum?.[k] ?? 0) + off * (position[k] - mean[k]);
  }
  return { count: count + 1, mean, squares };
}

/** Standard deviations, with a little towards the least that matter, as Stan does: n/(n + 5)·variance + 5/(n + 5)·10⁻³. */
export function standardDeviations({ count, squares }: RunningScales): Vector {
  const weight = count / (count + 5);
  return squares.map((sum) => Math.sqrt((weight * sum) / (count - 1) + 1e-3 * (1 - weight)));
}

/** The root of the summed variances: of any number of coordinates, which may be all weights of a network. */
export function overallDeviation(deviations: Vector): number {
  let sum = 0;
  for (const deviation of deviations) sum += deviation * deviation;
  return Math.sqrt(sum);
}

export function savedScales(dim: number): Schema {
  return objectOf({ count: aCount, mean: floats(dim), squares: floats(dim) });
}
