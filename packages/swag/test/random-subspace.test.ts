import { randomSource, weightLayout } from '@subspace/core';
import { randomSubspace } from '@subspace/swag';
import { describeGolden, formulaArray } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { gaussianDirections, orthonormalise, scaleToNorm } from '../src/directions.ts';
import { dot, largestDifference, layout } from './trajectory.ts';

const wide = weightLayout([{ name: 'w', shape: [20_000] }]);
const origin = new Float32Array(20_000);
const length = (row: Float32Array) => Math.sqrt(dot(row, row));

describe('randomSubspace', () => {
  it('has unit rows by default, or rows of the given length', () => {
    for (const row of randomSubspace(wide, origin, { rank: 5, seed: 1 }).basis) expect(length(row)).toBeCloseTo(1, 6);
    const { basis } = randomSubspace(wide, origin, { rank: 5, seed: 1, norm: 0.01 });
    for (const row of basis) expect(length(row)).toBeCloseTo(0.01, 8);
  });

  it('has nearly orthogonal unit rows, and orthogonal ones where asked to, in the same space', () => {
    const unit = randomSubspace(wide, origin, { rank: 6, seed: 2 }).basis;
    const orthonormal = randomSubspace(wide, origin, { rank: 6, seed: 2, directions: 'orthonormal' }).basis;
    for (let k = 0; k < 6; k++) {
      for (let l = 0; l < k; l++) {
        // The cosine of two random directions is N(0, 1/D): five standard errors for 15 pairs.
        expect(Math.abs(dot(unit[k], unit[l]))).toBeLessThan(5 / Math.sqrt(20_000));
        expect(Math.abs(dot(orthonormal[k], orthonormal[l]))).toBeLessThan(1e-6);
      }
      expect(length(orthonormal[k])).toBeCloseTo(1, 6);
      const inside = orthonormal.reduce((sum, row) => sum + dot(row, unit[k]) ** 2, 0);
      expect(inside).toBeCloseTo(1, 5);
    }
  });

  it('has standard normal entries with Gaussian directions', () => {
    const { basis } = randomSubspace(wide, origin, { rank: 3, seed: 3, directions: 'gaussian' });
    for (const row of basis) {
      const mean = row.reduce((sum, x) => sum + x, 0) / row.length;
      expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(row.length));
      expect(Math.abs(dot(row, row) / row.length - 1)).toBeLessThan(4 * Math.sqrt(2 / row.length));
    }
  });

  it('repeats itself for the same seed, and gives the first rows of a larger rank', () => {
    const options = { rank: 4, seed: 'a' };
    for (const directions of ['unit', 'orthonormal', 'gaussian'] as const) {
      const { basis } = randomSubspace(wide, origin, { ...options, directions });
      expect(randomSubspace(wide, origin, { ...options, directions }).basis).toEqual(basis);
      expect(randomSubspace(wide, origin, { ...options, directions, rank: 2 }).basis).toEqual(basis.slice(0, 2));
      expect(randomSubspace(wide, origin, { ...options, directions, seed: 'b' }).basis[0]).not.toEqual(basis[0]);
    }
  });

  it('goes through its shift and can span all of weight space', () => {
    const shift = Float32Array.from({ length: 60 }, (_, i) => i);
    const subspace = randomSubspace(layout, shift, { rank: 60, seed: 0, directions: 'orthonormal' });
    expect(subspace.shift).toBe(shift);
    expect(subspace.layout).toBe(layout);
    for (let k = 0; k < 60; k++) {
      for (let l = 0; l <= k; l++) expect(dot(subspace.basis[k], subspace.basis[l])).toBeCloseTo(k === l ? 1 : 0, 5);
    }
  });

  it('rejects a wrong shift, rank, seed, kind of direction or norm, and unknown options', () => {
    const shift = new Float32Array(60);
    const from = (options: object) => () => randomSubspace(layout, shift, { rank: 2, seed: 1, ...options });
    expect(() => randomSubspace(layout, new Float32Array(61), { rank: 2, seed: 1 })).toThrow(
      'randomSubspace: shift has length 61, expected 60',
    );
    expect(() =>
      randomSubspace(
        layout,
        shift.map(() => Number.NaN),
        { rank: 2, seed: 1 },
      ),
    ).toThrow('randomSubspace: shift[0] is NaN');
    expect(from({ rank: 0 })).toThrow('randomSubspace: rank is 0, expected an integer of at least 1');
    expect(from({ rank: 61 })).toThrow('randomSubspace: rank is 61, expected at most 60, the number of weights');
    for (const seed of [Number.NaN, Infinity, undefined]) expect(from({ seed })).toThrow('randomSubspace: seed is');
    expect(from({ directions: 'pca' })).toThrow("directions is pca, expected 'unit', 'orthonormal' or 'gaussian'");
    expect(from({ norm: 0 })).toThrow('randomSubspace: norm is 0');
    expect(from({ norm: 2, directions: 'gaussian' })).toThrow('norm is 2, expected none');
    expect(from({ scale: 2 })).toThrow('randomSubspace: option scale is unknown');
  });
});

describe('orthonormalise', () => {
  it('is orthogonal to rounding also for nearly parallel rows', () => {
    const [row] = gaussianDirections(1000, 1, randomSource(1));
    const rows = [row, row.map((x, i) => x + 1e-3 * Math.sin(i)), row.map((x, i) => x + 1e-3 * Math.cos(i))];
    orthonormalise(rows);
    for (let k = 0; k < 3; k++) {
      for (let l = 0; l <= k; l++) expect(Math.abs(dot(rows[k], rows[l]) - (k === l ? 1 : 0))).toBeLessThan(1e-6);
    }
  });
});

describeGolden('swag-subspaces.json', (golden) => {
  it('makes the golden unit rows, and the golden orthogonal space, of the golden Gaussian matrix', () => {
    for (const { random, vector } of golden.cases) {
      const { salt, shape, std } = random.matrix;
      const flat = Float32Array.from(formulaArray(shape[0] * shape[1], salt, std));
      const matrix = () => Array.from({ length: shape[0] }, (_, k) => flat.slice(k * shape[1], (k + 1) * shape[1]));
      const v = Float32Array.from(formulaArray(60, vector.salt, vector.std));

      const unit = matrix();
      for (const row of unit) scaleToNorm(row, 1);
      expect(
        largestDifference(
          unit.map((row) => dot(row, v)),
          random.unitRowsTimesVector,
        ),
      ).toBeLessThan(2e-6);
      random.unitRowsGram.forEach((row: number[], k: number) => {
        expect(
          largestDifference(
            unit.map((other) => dot(unit[k], other)),
            row,
          ),
        ).toBeLessThan(1e-6);
      });

      const rows = matrix();
      orthonormalise(rows);
      const along = rows.map((row) => dot(row, v));
      const projected = Float64Array.from({ length: 60 }, (_, i) =>
        rows.reduce((sum, row, k) => sum + along[k] * row[i], 0),
      );
      expect(largestDifference(projected, random.orthogonal.projectorTimesVector)).toBeLessThan(2e-6);
      // The golden's rows are another orthogonal basis of that space, of one length: the length of their products with v is the same.
      for (const row of rows) scaleToNorm(row, random.orthogonal.scale);
      const own = Math.hypot(...rows.map((row) => dot(row, v)));
      expect(own / Math.hypot(...random.orthogonal.rowsTimesVector)).toBeCloseTo(1, 5);
    }
  });
});
