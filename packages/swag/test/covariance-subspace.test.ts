import { toWeights } from '@subspace/core';
import { covarianceSubspace, swagMoments } from '@subspace/swag';
import { describeGolden, formulaArray } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { denseCovariance, dot, largestDifference, layout, momentsOf, trajectory } from './trajectory.ts';

describe('covarianceSubspace', () => {
  it('has the deviations over √(M − 1) as rows, through the mean', () => {
    const moments = momentsOf(trajectory(3), { rank: 7 });
    const { shift, basis } = covarianceSubspace(moments);
    expect(shift).toEqual(moments.mean());
    expect(basis.length).toBe(7);
    moments.deviations().forEach((deviation, k) => {
      expect(
        largestDifference(
          basis[k],
          deviation.map((x) => x / Math.sqrt(6)),
        ),
      ).toBe(0);
    });
  });

  it('gives z ~ N(0, I) the low-rank part of SWAG’s covariance', () => {
    const moments = momentsOf(trajectory(3));
    const { basis } = covarianceSubspace(moments);
    const [exact, variance] = [denseCovariance(moments, 1), moments.variance()];
    exact.forEach((row, i) => {
      const own = Float64Array.from(row, (_, j) =>
        basis.reduce((sum, b) => sum + b[i] * b[j], i === j ? variance[i] : 0),
      );
      expect(largestDifference(own, row)).toBeLessThan(1e-7);
    });
  });

  it('keeps the zero first deviation, whose coordinate does nothing', () => {
    const subspace = covarianceSubspace(momentsOf(trajectory(3).slice(0, 4)));
    expect(subspace.basis.length).toBe(4);
    expect(toWeights(subspace, [5, 0, 0, 0])).toEqual(subspace.shift);
  });

  it('is the caller’s to keep', () => {
    const moments = momentsOf(trajectory(3), { rank: 3 });
    const { basis, shift } = covarianceSubspace(moments);
    const [row, start] = [basis[0].slice(), shift.slice()];
    moments.collect(trajectory(3)[0]);
    expect([basis[0], shift]).toEqual([row, start]);
    basis[2].fill(0);
    expect(moments.deviations()[1].some((x) => x !== 0)).toBe(true);
  });

  it('rejects fewer than two deviations', () => {
    for (const [moments, count] of [
      [swagMoments(layout), 0],
      [momentsOf(trajectory(3).slice(0, 1)), 1],
      [momentsOf(trajectory(3), { rank: 1 }), 1],
    ] as const) {
      expect(() => covarianceSubspace(moments)).toThrow(
        `covarianceSubspace: moments have ${count} deviations, expected at least 2`,
      );
    }
  });
});

describeGolden('swag-subspaces.json', (golden) => {
  it('has the golden rows, by their lengths and their products with a vector', () => {
    const weights = trajectory(golden.weights.salt, golden.weights.snapshots);
    for (const { collected, vector, covariance } of golden.cases) {
      const { basis } = covarianceSubspace(momentsOf(weights.slice(0, collected), { rank: golden.weights.maxRank }));
      const v = Float32Array.from(formulaArray(60, vector.salt, vector.std));
      const lengths = basis.map((row) => Math.sqrt(dot(row, row)));
      expect(largestDifference(lengths, covariance.rowNorms)).toBeLessThan(2e-6);
      const products = basis.map((row) => dot(row, v));
      expect(largestDifference(products, covariance.timesVector)).toBeLessThan(2e-6);
    }
  });
});
