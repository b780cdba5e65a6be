import { type WeightLayout, weightLayout } from '@subspace/core';
import { type SwagMoments, type SwagMomentsOptions, swagMoments } from '@subspace/swag';
import { formulaArray } from '@subspace-internal/testing';

/** Three tensors of 60 weights together: those of the golden files `swag-*`. */
export const layout: WeightLayout = weightLayout([
  { name: 'first/kernel', shape: [5, 6] },
  { name: 'first/bias', shape: [6] },
  { name: 'second/kernel', shape: [4, 6] },
]);

/** The golden files' trajectory: three drifts and noise; the last two weights never move. */
export function trajectory(salt: number, total = 25): Float32Array[] {
  const size = layout.size;
  const start = formulaArray(size, salt, 0.5);
  const drifts = [0.3, 0.15, 0.07].map((std, k) => formulaArray(size, salt + 10 + k, std));
  const c = formulaArray(total, salt + 20, 1);
  return Array.from({ length: total }, (_, t) => {
    const noise = formulaArray(size, salt + 100 + t, 0.03);
    const a = (t - 12) / 12;
    const b = (((7 * t) % 25) - 12) / 12;
    return Float32Array.from({ length: size }, (_, i) => {
      if (i >= size - 2) return start[i];
      return start[i] + a * drifts[0][i] + b * drifts[1][i] + c[t] * drifts[2][i] + noise[i];
    });
  });
}

export function momentsOf(snapshots: readonly Float32Array[], options: SwagMomentsOptions = {}): SwagMoments {
  const moments = swagMoments(layout, options);
  for (const weights of snapshots) moments.collect(weights);
  return moments;
}

/** scale·(diag(variance) + DᵀD/(M − 1)), dense. */
export function denseCovariance(moments: SwagMoments, scale: number): Float64Array[] {
  const rows = moments.deviations();
  return Array.from(moments.variance(), (variance, i) =>
    Float64Array.from({ length: layout.size }, (_, j) => {
      const lowRank = rows.reduce((sum, row) => sum + row[i] * row[j], 0) / (rows.length - 1);
      return scale * (lowRank + (i === j ? variance : 0));
    }),
  );
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  // Math.max keeps a NaN, which no bound lets pass.
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}
