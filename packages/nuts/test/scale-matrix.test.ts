import { randomSource } from '@subspace/core';
import { describe, expect, it } from 'vitest';
import { drawInverselyScaled, drawScaled, inverseOf, multiply, scaleMatrix, unitScale } from '../src/scale-matrix.ts';

const dense = Float64Array.of(2, 0.8, -0.3, 0.8, 1, 0.2, -0.3, 0.2, 0.5);
const diagonal = Float64Array.of(2, 1, 0.5);

describe.each([
  ['diagonal', diagonal],
  ['dense', dense],
])('a %s scale matrix', (_, matrix) => {
  const scale = scaleMatrix(matrix, 3)!;
  const entry = (values: Float64Array, i: number, j: number) =>
    values.length === 9 ? values[3 * i + j] : i === j ? values[i] : 0;

  it('multiplies', () => {
    const vector = Float64Array.of(1, -2, 3);
    const out = new Float64Array(3);
    multiply(scale, vector, out);
    for (const i of [0, 1, 2]) {
      expect(out[i]).toBeCloseTo(
        [0, 1, 2].reduce((sum, j) => sum + entry(matrix, i, j) * vector[j], 0),
        12,
      );
    }
  });

  it('has an inverse', () => {
    const inverse = inverseOf(matrix, 3);
    const out = new Float64Array(3);
    multiply(inverse, Float64Array.of(1, -2, 3), out);
    multiply(scale, out.slice(), out);
    [1, -2, 3].forEach((x, k) => {
      expect(out[k]).toBeCloseTo(x, 12);
    });
  });

  it.each([
    ['drawScaled', drawScaled, matrix],
    ['drawInverselyScaled', drawInverselyScaled, inverseOf(matrix, 3).matrix],
  ] as const)('%s draws with its covariance, or that of its inverse', (_name, draw, covariance) => {
    const random = randomSource(1);
    const n = 20_000;
    const products = Array.from({ length: 9 }, () => new Float64Array(n));
    const out = new Float64Array(3);
    for (let i = 0; i < n; i++) {
      draw(scale, random, out);
      products.forEach((product, at) => {
        product[i] = out[Math.floor(at / 3)] * out[at % 3];
      });
    }
    products.forEach((product, at) => {
      const mean = product.reduce((sum, x) => sum + x, 0) / n;
      const variance = product.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n;
      expect(Math.abs(mean - entry(covariance, Math.floor(at / 3), at % 3))).toBeLessThan(4 * Math.sqrt(variance / n));
    });
  });
});

describe('scaleMatrix', () => {
  it('is undefined where the matrix is not positive definite', () => {
    for (const matrix of [
      [1, 0],
      [1, Number.NaN],
      [1, 2, 2, 1],
      [1, 0, 0, Infinity],
    ]) {
      expect(scaleMatrix(Float64Array.from(matrix), 2)).toBeUndefined();
    }
  });

  it('is the identity to begin with', () => {
    expect([...unitScale(2, 'diagonal').factor]).toEqual([1, 1]);
    expect([...unitScale(2, 'dense').matrix]).toEqual([1, 0, 0, 1]);
  });
});
