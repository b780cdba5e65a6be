import { describe, expect, it } from 'vitest';
import { negativeDirection } from '../src/higher-place.ts';

/** vᵀ·A·v. */
function form(matrix: Float64Array, v: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < v.length; i++) for (let j = 0; j < v.length; j++) sum += v[i] * matrix[i * v.length + j] * v[j];
  return sum;
}

describe('a direction in which a matrix is negative', () => {
  it('is found wherever its first negative pivot is', () => {
    for (const matrix of [
      [-4],
      [1, 0, 0, -9],
      [1, 2, 2, 1],
      [4, 1, 0.5, 1, 3, 2, 0.5, 2, 1],
      [2, 0.3, 0.1, 0.2, 0.3, 2, 0.4, 0.1, 0.1, 0.4, -1, 0.2, 0.2, 0.1, 0.2, 5],
    ].map((entries) => Float64Array.from(entries))) {
      const v = negativeDirection(matrix, Math.sqrt(matrix.length))!;
      expect(form(matrix, v)).toBeCloseTo(-1, 10);
    }
  });

  it('there is none of one that is positive, zero or not finite', () => {
    for (const entries of [[2, 1, 1, 2], [0], [Number.NaN], [1, Number.NaN, Number.NaN, 1]]) {
      expect(negativeDirection(Float64Array.from(entries), Math.sqrt(entries.length))).toBeUndefined();
    }
  });
});
