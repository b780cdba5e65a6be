import { type RandomSource, randomSource } from '@subspace/core';
import { swa, swag, swagMoments } from '@subspace/swag';
import { describeGolden, formulaArray } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { denseCovariance, dot, largestDifference, layout, momentsOf, trajectory } from './trajectory.ts';

const moments = momentsOf(trajectory(2));

describe('swa', () => {
  it('is the mean of the snapshots, and the caller’s to keep', () => {
    expect(swa(moments)).toEqual(moments.mean());
    swa(moments)[0] = 99;
    expect(swa(moments)[0]).not.toBe(99);
    expect(() => swa(swagMoments(layout))).toThrow('collected is 0, expected at least one snapshot');
  });
});

describe('swag', () => {
  for (const scale of [0.5, 2]) {
    it(`draws with the mean and the full covariance, across layers, of the closed form at scale ${scale}`, () => {
      const n = 100_000;
      const size = layout.size;
      const mean = moments.mean();
      const exact = denseCovariance(moments, scale);
      const sums = new Float64Array(size);
      const products = Array.from({ length: size }, () => new Float64Array(size));
      for (const weights of swag(moments, { scale }).weights(n, randomSource('closed form'))) {
        for (let i = 0; i < size; i++) {
          const x = weights[i] - mean[i];
          sums[i] += x;
          for (let j = 0; j <= i; j++) products[i][j] += x * (weights[j] - mean[j]);
        }
      }
      // 60 means and 1830 covariances are compared, so the bound is 5 standard errors: a right sampler exceeds it somewhere with probability
      // below 1890·5.8e-7 = 0.1 % (at 4 it would be 11 %). Standard errors of Gaussian moments about the known mean, n draws:
      // √(Σᵢᵢ/n) and √((ΣᵢᵢΣⱼⱼ + Σᵢⱼ²)/n).
      let acrossLayers = 0;
      for (let i = 0; i < size; i++) {
        expect(Math.abs(sums[i] / n)).toBeLessThan(5 * Math.sqrt(exact[i][i] / n));
        for (let j = 0; j <= i; j++) {
          const error = Math.sqrt((exact[i][i] * exact[j][j] + exact[i][j] ** 2) / n);
          expect(Math.abs(products[i][j] / n - exact[i][j]), `covariance of ${i} and ${j}`).toBeLessThan(5 * error);
          if (i >= 30 && j < 30 && Math.abs(exact[i][j]) > 50 * error) acrossLayers++;
        }
      }
      // The test would see layers drawn apart: hundreds of entries between layers are more than 50 standard errors from zero.
      expect(acrossLayers).toBeGreaterThan(100);
    });
  }

  it('keeps to the moments it was made from when they collect on', () => {
    const growing = momentsOf(trajectory(2).slice(0, 20));
    const sampler = swag(growing);
    const [before] = drawn(sampler.weights(1, randomSource(1)));
    for (const weights of trajectory(2).slice(20)) growing.collect(weights);
    expect(drawn(sampler.weights(1, randomSource(1)))[0]).toEqual(before);
    expect(drawn(swag(growing).weights(1, randomSource(1)))[0]).not.toEqual(before);
  });

  it('repeats itself for the same stream, has no size, and reuses one buffer per run', () => {
    const sampler = swag(moments);
    expect(sampler.size).toBeUndefined();
    expect(sampler.layout).toBe(layout);
    expect(drawn(sampler.weights(3, randomSource(5)))).toEqual(drawn(sampler.weights(3, randomSource(5))));
    expect(new Set(sampler.weights(3, randomSource(5))).size).toBe(1);
    const [first] = sampler.weights(1, randomSource(1));
    const [second] = sampler.weights(1, randomSource(2));
    expect(first).not.toEqual(second);
  });

  it('rejects too few deviations, and options and counts that are wrong', () => {
    for (const covariance of ['low-rank', 'block', 'diagonal'] as const) {
      const message = (snapshots: number) => `swag: moments have ${snapshots} snapshots, expected at least 2`;
      expect(() => swag(swagMoments(layout), { covariance })).toThrow(message(0));
      expect(() => swag(momentsOf(trajectory(2).slice(0, 1)), { covariance })).toThrow(message(1));
    }
    const single = momentsOf(trajectory(2), { rank: 1 });
    for (const covariance of ['low-rank', 'block'] as const) {
      expect(() => swag(single, { covariance })).toThrow('swag: moments have 1 deviations, expected at least 2');
    }
    expect(swag(single, { covariance: 'diagonal' }).layout).toBe(layout);
    expect(() => swag(moments, { covariance: 'full' as never })).toThrow("covariance is full, expected 'low-rank'");
    for (const scale of [0, -1, Number.NaN]) expect(() => swag(moments, { scale })).toThrow('swag: scale is');
    expect(() => swag(moments, { rank: 3 } as never)).toThrow(
      'swag: option rank is unknown, expected one of scale, covariance',
    );
    expect(() => swag(moments).weights(-1, randomSource(1))).toThrow('swag.weights: count is -1');
  });
});

describeGolden('swag-covariance.json', (golden) => {
  it('has the golden covariance at scale ½', () => {
    const covariance = denseCovariance(goldenMoments(golden), 0.5);
    const exact: number[][] = golden['covarianceScale0.5'];
    exact.forEach((row, i) => {
      expect(largestDifference(covariance[i], row)).toBeLessThan(1e-7);
    });
    const vector = Float32Array.from(formulaArray(60, golden.vector.salt, golden.vector.std));
    const product = covariance.map((row) => dot(row, vector));
    expect(largestDifference(product, golden['scale0.5'].full.timesVector)).toBeLessThan(1e-6);
  });

  it('draws the golden sample from the golden normals: those of the deviations first, then those of the weights', () => {
    const { epsLowRankSalt, epsDiagonalSalt, scale, weights } = golden.sample;
    const normals = [...formulaArray(golden.rows, epsLowRankSalt, 1), ...formulaArray(60, epsDiagonalSalt, 1)];
    const [draw] = swag(goldenMoments(golden), { scale }).weights(1, scripted(normals));
    expect(largestDifference(draw, weights)).toBeLessThan(2e-6);
    expect(normals.length).toBe(0);
  });
});

// biome-ignore lint/suspicious/noExplicitAny: golden files are plain JSON of many shapes
function goldenMoments(golden: any) {
  const weights = trajectory(golden.weights.salt, golden.weights.snapshots);
  return momentsOf(weights, { rank: golden.weights.maxRank, varianceClamp: golden.varianceClamp });
}

function drawn(draws: Iterable<Float32Array>): Float32Array[] {
  return Array.from(draws, (weights) => weights.slice());
}

/** A stream that takes its normals from a list. */
function scripted(normals: number[]): RandomSource {
  const nothing = () => {
    throw new Error('only normals are scripted');
  };
  return { normal: () => normals.shift() ?? nothing(), uniform: nothing, fork: nothing, state: nothing };
}
