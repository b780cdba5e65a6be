import type { RandomSource } from '@subspace/core';

/** `count` rows of N(0, I) in `size` dimensions, drawn row after row. */
export function gaussianDirections(size: number, count: number, random: RandomSource): Float32Array[] {
  return Array.from({ length: count }, () => {
    const row = new Float32Array(size);
    for (let i = 0; i < size; i++) row[i] = random.normal();
    return row;
  });
}

/** Scales a row to the given Euclidean length, in place. */
export function scaleToNorm(row: Float32Array, norm: number): void {
  const factor = norm / Math.sqrt(dot(row, row));
  for (let i = 0; i < row.length; i++) row[i] *= factor;
}

/** Makes rows orthonormal in place, keeping the space that the first k of them span, for every k (Gram and Schmidt, twice). */
export function orthonormalise(rows: readonly Float32Array[]): void {
  rows.forEach((row, k) => {
    scaleToNorm(row, 1);
    // Once more, because what the first round leaves behind of nearly parallel rows is rounding.
    for (let round = 0; round < 2; round++) {
      for (const earlier of rows.slice(0, k)) {
        const along = dot(row, earlier);
        for (let i = 0; i < row.length; i++) row[i] -= along * earlier[i];
      }
      scaleToNorm(row, 1);
    }
  });
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
