import { gaussianPrecision } from '@subspace/core';
import { cholesky, choleskySolve } from '@subspace/core/internals';
import { describeGolden } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';

describe('cholesky', () => {
  it('reads the lower triangle only', () => {
    const unread = Number.NaN;
    expect(cholesky(Float64Array.of(4, unread, 2, 5), 2)).toEqual(Float64Array.of(2, 0, 1, 2));
  });

  it('is undefined for a matrix that is indefinite, singular or not finite', () => {
    for (const matrix of [
      [1, 2, 2, 1],
      [1, 1, 1, 1],
      [0, 0, 0, 0],
      [Number.NaN, 0, 0, 1],
      [Infinity, 0, 0, 1],
    ]) {
      expect(cholesky(Float64Array.from(matrix), 2), String(matrix)).toBeUndefined();
    }
  });

  it('wants a square matrix', () => {
    expect(() => cholesky(new Float64Array(3), 2)).toThrow('cholesky: matrix has length 3, expected 4');
  });
});

describeGolden('linalg-matrices.json', (golden) => {
  it("has NumPy's factors and inverses", () => {
    for (const { n, matrix, cholesky: factor, inverse } of golden.symmetric) {
      if (!factor) continue;
      const found = cholesky(Float64Array.from(matrix.flat()), n)!;
      found.forEach((value, i) => {
        expect(value).toBeCloseTo(factor.flat()[i], 12);
      });
      gaussianPrecision({ mean: new Float64Array(n), cholesky: found }).forEach((value, i) => {
        expect(value).toBeCloseTo(inverse.flat()[i], 10);
      });
      const b = Float64Array.from({ length: n }, (_, i) => i - 1);
      choleskySolve(found, b).forEach((value, i) => {
        const expected = b.reduce((sum, entry, j) => sum + inverse[i][j] * entry, 0);
        expect(Math.abs(value - expected)).toBeLessThan(1e-9 * (1 + Math.abs(expected)));
      });
    }
  });
});
