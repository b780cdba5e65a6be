import { describeGolden, formulaArray } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { symmetricEigen } from '../src/symmetric-eigen.ts';
import { dot } from './trajectory.ts';

/** B·Bᵀ/n + extra·I of the golden files. */
function positive(n: number, salt: number, extra: number): Float64Array {
  const b = formulaArray(n * n, salt, 1);
  const row = (i: number) => b.subarray(i * n, i * n + n);
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return dot(row(i), row(j)) / n + (i === j ? extra : 0);
  });
}

describe('symmetricEigen', () => {
  it('gives orthonormal vectors that put the matrix together again, in descending order', () => {
    for (const n of [1, 2, 3, 7, 20, 41]) {
      const symmetric = positive(n, 900 + n, 0).map((x) => x);
      for (let i = 0; i < n; i++) symmetric[i * n + i] -= 0.8; // indefinite
      const { values, vectors } = symmetricEigen(symmetric, n);
      for (let k = 0; k < n; k++) {
        if (k > 0) expect(values[k]).toBeLessThanOrEqual(values[k - 1]);
        for (let l = 0; l <= k; l++) expect(dot(vectors[k], vectors[l])).toBeCloseTo(k === l ? 1 : 0, 13);
        const product = vectors[k].map((_, i) => dot(symmetric.subarray(i * n, i * n + n), vectors[k]));
        product.forEach((x, i) => {
          expect(x).toBeCloseTo(values[k] * vectors[k][i], 12);
        });
      }
    }
  });

  it('handles zeros, equal eigenvalues, and a zero diagonal', () => {
    expect([...symmetricEigen(new Float64Array(9), 3).values]).toEqual([0, 0, 0]);
    expect([...symmetricEigen(Float64Array.of(2, 0, 0, 2), 2).values]).toEqual([2, 2]);
    const swap = symmetricEigen(Float64Array.of(0, 1, 1, 0), 2);
    expect(swap.values[0]).toBeCloseTo(1, 15);
    expect(swap.values[1]).toBeCloseTo(-1, 15);
  });

  it('finds small eigenvalues of a graded matrix to full relative accuracy', () => {
    // Diagonal scaling of a well-conditioned matrix: eigenvalues from 1 to 1e-24.
    const scales = [1, 1e-4, 1e-8, 1e-12];
    const core = [4, 1, 0.5, 0.2, 1, 3, 0.7, 0.1, 0.5, 0.7, 5, 0.3, 0.2, 0.1, 0.3, 2];
    const graded = Float64Array.from(core, (x, at) => x * scales[Math.floor(at / 4)] * scales[at % 4]);
    const { values } = symmetricEigen(graded, 4);
    // The eigenvalues' product is the determinant, that of the core times the scales squared.
    const determinant = values.reduce((product, value) => product * value, 1);
    expect(determinant / (determinantOf(core) * 1e-48)).toBeCloseTo(1, 12);
  });

  it('does not change its argument', () => {
    const matrix = positive(5, 1, 0.1);
    const copy = matrix.slice();
    symmetricEigen(matrix, 5);
    expect(matrix).toEqual(copy);
  });
});

describeGolden('linalg-matrices.json', (golden) => {
  it('has the golden eigenvalues and top eigenvectors', () => {
    const extras = [0.5, 0.1, 1, 1e-3];
    expect(golden.symmetric.length).toBe(4);
    // biome-ignore lint/suspicious/noExplicitAny: golden files are plain JSON of many shapes
    golden.symmetric.forEach(({ n, eigenvalues, topEigenvectorAbs }: any, index: number) => {
      const { values, vectors } = symmetricEigen(positive(n, 1230 + index, extras[index]), n);
      values.forEach((value, k) => {
        expect(value / eigenvalues[n - 1 - k]).toBeCloseTo(1, 11);
      });
      vectors[0].forEach((x, i) => {
        expect(Math.abs(x)).toBeCloseTo(topEigenvectorAbs[i], 12);
      });
    });
  });

  it('has the golden singular values, as roots of the eigenvalues of Gram matrices', () => {
    let compared = 0;
    for (const { shape, formula, singularValues } of golden.svd) {
      const match = /^centred\(\[\d+, \d+\], salt (\d+), std (\S+)\)$/.exec(formula);
      if (!match) continue;
      compared++;
      const [rows, columns] = shape;
      const a = formulaArray(rows * columns, Number(match[1]), Number(match[2]));
      const at = (i: number, j: number) => (rows <= columns ? a[i * columns + j] : a[j * columns + i]);
      const [small, large] = rows <= columns ? [rows, columns] : [columns, rows];
      const gram = Float64Array.from({ length: small * small }, (_, index) => {
        let sum = 0;
        for (let j = 0; j < large; j++) sum += at(Math.floor(index / small), j) * at(index % small, j);
        return sum;
      });
      symmetricEigen(gram, small).values.forEach((value, k) => {
        expect(Math.abs(Math.sqrt(Math.max(0, value)) - singularValues[k])).toBeLessThan(1e-7 * singularValues[0]);
      });
    }
    expect(compared).toBe(6);
  });
});

/** By elimination; the leading minors of the test's matrix are positive. */
function determinantOf(flat: readonly number[]): number {
  const n = Math.sqrt(flat.length);
  const a = Array.from({ length: n }, (_, i) => flat.slice(i * n, i * n + n));
  for (let k = 0; k < n; k++) {
    for (let i = k + 1; i < n; i++) {
      const factor = a[i][k] / a[k][k];
      for (let j = k; j < n; j++) a[i][j] -= factor * a[k][j];
    }
  }
  return a.reduce((product, row, i) => product * row[i], 1);
}
