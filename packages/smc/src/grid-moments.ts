import type { Vector } from '@subspace/core';
import { indicesOf, type Lattice, largestValue } from './lattice.ts';

/** Sums over a lattice. */
export interface GridMoments {
  /** log of the integral. */
  readonly logEvidence: number;
  /** Share of each point. */
  readonly weights: Float64Array;
  readonly mean: Vector;
  /** [K, K] row major */
  readonly covariance: Float64Array;
}

/** The trapezoidal rule: a plain sum, since the density is negligible at the edges. */
export function gridMoments(lattice: Lattice): GridMoments {
  const { axes, values } = lattice;
  const dim = axes.length;
  const largest = largestValue(lattice);
  const weights = values.map((value) => Math.exp(value - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = new Float64Array(dim);
  const squares = new Float64Array(dim * dim);
  // Moments of indices about the lattice's middle, where nothing cancels.
  weights.forEach((weight, index) => {
    weights[index] = weight / total;
    if (weight === 0) return;
    const offsets = indicesOf(axes, index).map((i, k) => i - axes[k].count / 2);
    for (let a = 0; a < dim; a++) {
      mean[a] += weights[index] * offsets[a];
      for (let b = 0; b < dim; b++) squares[a * dim + b] += weights[index] * offsets[a] * offsets[b];
    }
  });
  return {
    logEvidence: largest + Math.log(total) + axes.reduce((sum, { spacing }) => sum + Math.log(spacing), 0),
    weights,
    mean: mean.map((offset, k) => axes[k].low + (offset + axes[k].count / 2) * axes[k].spacing),
    covariance: squares.map((square, at) => {
      const [a, b] = [Math.floor(at / dim), at % dim];
      return (square - mean[a] * mean[b]) * axes[a].spacing * axes[b].spacing;
    }),
  };
}
