import type { RandomSource, Vector } from '@subspace/core';
import { argumentError, requireCount, requireLength } from '@subspace/core/internals';
import { type Axis, indicesOf, strides } from './lattice.ts';

/** Quantiles of marginals. The distribution function has the exact integral of a cubic through four points per interval, and is a cubic between two. */
export function gridQuantile(
  axes: readonly Axis[],
  weights: Float64Array,
): (coordinate: number, probability: number) => number {
  const marginals = axes.map(({ count }) => new Float64Array(count));
  weights.forEach((weight, index) => {
    indicesOf(axes, index).forEach((i, k) => {
      marginals[k][i] += weight;
    });
  });
  const cumulated = marginals.map((marginal) => {
    const at = (i: number) => marginal[i] ?? 0;
    const sums = new Float64Array(marginal.length);
    for (let i = 1; i < marginal.length; i++) {
      // A kink may make the cubic dip below zero.
      sums[i] = sums[i - 1] + Math.max(0, (13 * (at(i - 1) + at(i)) - at(i - 2) - at(i + 1)) / 24);
    }
    return sums;
  });
  return (coordinate, probability) => {
    requireCount('GridPosterior.quantile', 'coordinate', coordinate, 0);
    if (coordinate >= axes.length) {
      throw argumentError('GridPosterior.quantile', `coordinate is ${coordinate}, expected less than ${axes.length}`);
    }
    if (!(probability > 0 && probability < 1)) {
      throw argumentError('GridPosterior.quantile', `probability is ${probability}, expected a number between 0 and 1`);
    }
    const [sums, marginal, { low, spacing }] = [cumulated[coordinate], marginals[coordinate], axes[coordinate]];
    const wanted = probability * sums[sums.length - 1];
    const above = sums.findIndex((sum) => sum >= wanted);
    const from = Math.max(0, above - 1);
    return (
      low + (from + partOfInterval(wanted, sums[from], sums[from + 1], marginal[from], marginal[from + 1])) * spacing
    );
  };
}

/** Where in [0, 1] the cubic with these values and slopes at its ends has the wanted value: by bisection. */
function partOfInterval(wanted: number, start: number, end: number, startSlope: number, endSlope: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const t = (low + high) / 2;
    const [s, square] = [1 - t, t * t];
    const value = s * s * ((1 + 2 * t) * start + t * startSlope) + square * ((3 - 2 * t) * end - s * endSlope);
    if (value < wanted) low = t;
    else high = t;
  }
  return (low + high) / 2;
}

/** log of the density that is linear along each axis between the points of the lattice. */
export function interpolatedDensity(axes: readonly Axis[], logDensities: Float64Array): (z: Vector) => number {
  const stride = strides(axes);
  return (z) => {
    requireLength('GridPosterior.logDensity', 'z', z, axes.length);
    const places = axes.map(({ low, spacing }, k) => (z[k] - low) / spacing);
    if (places.some((place, k) => !(place >= 0 && place <= axes[k].count - 1))) return -Infinity;
    const cell = places.map((place, k) => Math.min(Math.floor(place), axes[k].count - 2));
    let density = 0;
    for (let corner = 0; corner < 2 ** axes.length; corner++) {
      let share = 1;
      let index = 0;
      places.forEach((place, k) => {
        const up = (corner >> k) & 1;
        const part = place - cell[k];
        share *= up ? part : 1 - part;
        index += (cell[k] + up) * stride[k];
      });
      density += share * Math.exp(logDensities[index]);
    }
    return Math.log(density);
  };
}

/** Draws of the same density: a point of the lattice by its weight, and the sum of two uniforms around it along each axis. */
export function interpolatedSampler(
  axes: readonly Axis[],
  weights: Float64Array,
): (random: RandomSource, count: number) => readonly Vector[] {
  const cumulated = new Float64Array(weights.length);
  weights.forEach((weight, index) => {
    cumulated[index] = weight + (index > 0 ? cumulated[index - 1] : 0);
  });
  const total = cumulated[cumulated.length - 1];
  return (random, count) => {
    requireCount('GridPosterior.sample', 'count', count, 0);
    return Array.from({ length: count }, () => {
      const wanted = random.uniform() * total;
      let [low, high] = [0, cumulated.length - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (cumulated[middle] > wanted) high = middle;
        else low = middle + 1;
      }
      return Float64Array.from(
        indicesOf(axes, low),
        (i, k) => axes[k].low + (i + random.uniform() + random.uniform() - 1) * axes[k].spacing,
      );
    });
  };
}
