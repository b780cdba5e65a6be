import type { Vector } from '@subspace/core';

/** Equally spaced points of one coordinate: low + i·spacing, i < count. */
export interface Axis {
  readonly low: number;
  readonly spacing: number;
  readonly count: number;
}

/** A lattice of points in K coordinates, the last one running fastest, and the values there: −∞ also where none was asked for. */
export interface Lattice {
  readonly axes: readonly Axis[];
  readonly values: Float64Array;
}

/** Below the maximum by so many nats, a density is not worth a point: what is left out has a share of about e⁻²⁵ = 10⁻¹¹. */
export const DEPTH = 25;

export function latticeSize(axes: readonly Axis[]): number {
  return axes.reduce((size, { count }) => size * count, 1);
}

/** The coordinates of a point by its number. */
export function latticePoint(axes: readonly Axis[], index: number): Vector {
  const point = new Float64Array(axes.length);
  indicesOf(axes, index).forEach((i, k) => {
    point[k] = axes[k].low + i * axes[k].spacing;
  });
  return point;
}

/** The number along each axis of a point. */
export function indicesOf(axes: readonly Axis[], index: number): number[] {
  const indices = new Array<number>(axes.length);
  let rest = index;
  for (let k = axes.length - 1; k >= 0; k--) {
    indices[k] = rest % axes[k].count;
    rest = Math.floor(rest / axes[k].count);
  }
  return indices;
}

/** How far apart in `values` two neighbours along each axis are. */
export function strides(axes: readonly Axis[]): number[] {
  return axes.map((_, k) => latticeSize(axes.slice(k + 1)));
}

export function largestValue({ values }: Lattice): number {
  return values.reduce((largest, value) => Math.max(largest, value), -Infinity);
}

/** The points within so many nats of the largest value. */
export function pointsAbove(lattice: Lattice, depth: number): number[] {
  const least = largestValue(lattice) - depth;
  return [...lattice.values.keys()].filter((index) => lattice.values[index] > least);
}

/**
 * The points that may have something worth knowing near them: their value, raised by what the steps to their neighbours could still gain (on a parabola,
 * its top between two points is never missed), is within DEPTH of the largest.
 */
export function promising(lattice: Lattice): number[] {
  const { axes, values } = lattice;
  const least = largestValue(lattice) - DEPTH;
  const stride = strides(axes);
  const found: number[] = [];
  values.forEach((value, index) => {
    if (!(value > -Infinity)) return;
    let potential = value;
    indicesOf(axes, index).forEach((i, k) => {
      const below = i > 0 ? Math.abs(values[index - stride[k]] - value) : 0;
      const above = i + 1 < axes[k].count ? Math.abs(values[index + stride[k]] - value) : 0;
      // Unknown or impossible neighbours promise nothing.
      potential += Math.max(below < Infinity ? below : 0, above < Infinity ? above : 0);
    });
    if (potential >= least) found.push(index);
  });
  return found;
}

/** The axis along which one of the points is on the edge of the lattice; undefined where none is. */
export function edgeOf(axes: readonly Axis[], points: readonly number[]): number | undefined {
  for (const point of points) {
    const edge = indicesOf(axes, point).findIndex((i, k) => i === 0 || i === axes[k].count - 1);
    if (edge >= 0) return edge;
  }
  return undefined;
}

/** The lattice without every second point along an axis. */
export function thinned({ axes, values }: Lattice, axis: number): Lattice {
  const coarse = axes.map(({ low, spacing, count }, k) =>
    k === axis ? { low, spacing: 2 * spacing, count: Math.floor((count + 1) / 2) } : { low, spacing, count },
  );
  const stride = strides(axes);
  const kept = new Float64Array(latticeSize(coarse));
  kept.forEach((_, index) => {
    kept[index] = values[indicesOf(coarse, index).reduce((sum, i, k) => sum + (k === axis ? 2 * i : i) * stride[k], 0)];
  });
  return { axes: coarse, values: kept };
}

/** The smallest box around points, and one point more on each side, as far as there is one: the first and last index along each axis. */
export function boxAround(axes: readonly Axis[], points: readonly number[]): { from: number[]; to: number[] } {
  const from = axes.map(({ count }) => count - 1);
  const to = axes.map(() => 0);
  for (const point of points) {
    indicesOf(axes, point).forEach((i, k) => {
      from[k] = Math.min(from[k], Math.max(0, i - 1));
      to[k] = Math.max(to[k], Math.min(axes[k].count - 1, i + 1));
    });
  }
  return { from, to };
}

/**
 * The lattice around promising points, with the spacing of some axes halved: what is known is kept, new points next to promising ones are to be
 * evaluated, and the rest counts as −∞.
 *
 * @param parts intervals that one becomes along each axis: 1 or 2
 * @returns the lattice, and the numbers of the points to evaluate
 */
export function refined(
  { axes, values }: Lattice,
  points: readonly number[],
  parts: readonly number[],
): { lattice: Lattice; open: number[] } {
  const { from, to } = boxAround(axes, points);
  const fine = axes.map(({ low, spacing }, k) => ({
    low: low + from[k] * spacing,
    spacing: spacing / parts[k],
    count: parts[k] * (to[k] - from[k]) + 1,
  }));
  const known = new Float64Array(latticeSize(fine)).fill(-Infinity);
  const [coarseStride, fineStride] = [strides(axes), strides(fine)];
  known.forEach((_, index) => {
    const indices = indicesOf(fine, index);
    if (indices.some((i, k) => i % parts[k] !== 0)) return;
    known[index] = values[indices.reduce((sum, i, k) => sum + (from[k] + i / parts[k]) * coarseStride[k], 0)];
  });
  const open = new Set<number>();
  for (const point of points) {
    const centre = indicesOf(axes, point).map((i, k) => parts[k] * (i - from[k]));
    for (let corner = 0; corner < 3 ** axes.length; corner++) {
      const indices = centre.map((i, k) => i + (Math.floor(corner / 3 ** k) % 3) - 1);
      if (indices.some((i, k) => i < 0 || i >= fine[k].count)) continue;
      // Points of the coarser lattice were asked for, or given up.
      if (indices.every((i, k) => i % parts[k] === 0)) continue;
      open.add(indices.reduce((sum, i, k) => sum + i * fineStride[k], 0));
    }
  }
  return { lattice: { axes: fine, values: known }, open: [...open].sort((a, b) => a - b) };
}
