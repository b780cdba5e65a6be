import { type RandomSource, randomSource } from '@subspace/core';
import { swa, swag, swagMoments } from '@subspace/swag';
import { describeGolden, formulaArray } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { expectMoments } from './draws.ts';
import {
  denseCovariance,
  denseLogDensity,
  dot,
  largestDifference,
  layout,
  logDeterminant,
  momentsOf,
  trajectory,
} from './trajectory.ts';

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
  for (const covariance of ['low-rank', 'block', 'diagonal'] as const) {
    for (const scale of [0.5, 2]) {
      it(`draws with the mean and the ${covariance} covariance of the closed form at scale ${scale}`, () => {
        const sampler = swag(moments, { scale, covariance });
        const exact = denseCovariance(moments, scale, covariance);
        expectMoments(sampler, moments.mean(), exact, 50_000, randomSource('closed form'));
      });
    }
  }

  it('has covariances of blocks that 50,000 draws tell from the full one: in hundreds of entries by more than 25 standard errors', () => {
    const [full, block] = (['low-rank', 'block'] as const).map((kept) => denseCovariance(moments, 1, kept));
    let apart = 0;
    full.forEach((row, i) => {
      for (let j = 0; j < i; j++) {
        const error = Math.sqrt((full[i][i] * full[j][j] + row[j] ** 2) / 50_000);
        if (Math.abs(row[j] - block[i][j]) > 25 * error) apart++;
      }
    });
    expect(apart).toBeGreaterThan(100);
  });

  it('has the log density of the dense Gaussian that it draws from, for every covariance and scale', () => {
    const mean = moments.mean();
    for (const covariance of ['low-rank', 'block', 'diagonal'] as const) {
      for (const scale of [0.1, 0.5, 1, 3]) {
        const posterior = swag(moments, { scale, covariance });
        const exact = denseCovariance(moments, scale, covariance);
        for (const weights of [...drawn(posterior.weights(5, randomSource(7))), mean]) {
          const expected = denseLogDensity(weights, mean, exact);
          expect(posterior.logDensity(weights)).toBeCloseTo(expected, 8);
          expect(posterior.logDensity(Float64Array.from(weights))).toBe(posterior.logDensity(weights));
        }
      }
    }
  });

  it('has a density while the zero first deviation is among the rows', () => {
    const few = momentsOf(trajectory(2).slice(0, 4));
    const exact = denseCovariance(few, 0.5);
    const [, weights] = trajectory(2);
    expect(swag(few).logDensity(weights)).toBeCloseTo(denseLogDensity(weights, few.mean(), exact), 7);
  });

  it('has a log density that integrates to one: its expectation under its own draws is minus the entropy', () => {
    for (const covariance of ['low-rank', 'block', 'diagonal'] as const) {
      const posterior = swag(moments, { covariance });
      const n = 4000;
      let sum = 0;
      for (const weights of posterior.weights(n, randomSource('entropy'))) sum += posterior.logDensity(weights) / n;
      const logDet = logDeterminant(denseCovariance(moments, 0.5, covariance));
      const entropy = 0.5 * (layout.size * (1 + Math.log(2 * Math.PI)) + logDet);
      // −½χ² with D degrees of freedom about it: variance D/2, four standard errors.
      expect(Math.abs(sum + entropy)).toBeLessThan(4 * Math.sqrt(layout.size / 2 / n));
    }
  });

  it('draws tensor after tensor with the covariance of blocks: first its own normals of the deviations, then its weights', () => {
    const rows = moments.deviations();
    const [mean, variance] = [moments.mean(), moments.variance()];
    const normals = formulaArray(60 + 3 * rows.length, 31, 1);
    const [draw] = swag(moments, { scale: 0.5, covariance: 'block' }).weights(1, scripted([...normals]));
    let at = 0;
    for (const { offset, shape } of layout.entries) {
      const size = shape.reduce((product, n) => product * n, 1);
      const z = normals.subarray(at, at + rows.length);
      at += rows.length;
      for (let i = offset; i < offset + size; i++) {
        const lowRank = rows.reduce((sum, row, m) => sum + z[m] * row[i], 0) / Math.sqrt(rows.length - 1);
        expect(draw[i]).toBeCloseTo(mean[i] + Math.sqrt(0.5) * (lowRank + Math.sqrt(variance[i]) * normals[at++]), 5);
      }
    }
    expect(at).toBe(normals.length);
  });

  it('leaves rows that it does not need to the moments', () => {
    const growing = momentsOf(trajectory(2).slice(0, 5), { rank: 3 });
    const diagonal = swag(growing, { covariance: 'diagonal' });
    const before = diagonal.logDensity(trajectory(2)[0]);
    for (const weights of trajectory(2).slice(5)) growing.collect(weights);
    expect(diagonal.logDensity(trajectory(2)[0])).toBe(before);
  });

  it('keeps to the moments it was made from when they collect on', () => {
    const growing = momentsOf(trajectory(2).slice(0, 20));
    const sampler = swag(growing);
    const [before] = drawn(sampler.weights(1, randomSource(1)));
    const density = sampler.logDensity(before);
    for (const weights of trajectory(2).slice(20)) growing.collect(weights);
    expect(drawn(sampler.weights(1, randomSource(1)))[0]).toEqual(before);
    expect(sampler.logDensity(before)).toBe(density);
    expect(swag(growing).logDensity(before)).not.toBe(density);
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
    expect(() => swag(moments).logDensity(new Float32Array(59))).toThrow(
      'swag.logDensity: weights has length 59, expected 60',
    );
    expect(() => swag(moments).logDensity(new Float32Array(60).fill(Number.NaN))).toThrow(
      'swag.logDensity: weights[0] is NaN',
    );
  });
});

describeGolden('swag-covariance.json', (golden) => {
  const kinds = { full: 'low-rank', block: 'block', diagonal: 'diagonal' } as const;

  it('has the golden covariance at scale ½', () => {
    const covariance = denseCovariance(goldenMoments(golden), 0.5);
    const exact: number[][] = golden['covarianceScale0.5'];
    exact.forEach((row, i) => {
      expect(largestDifference(covariance[i], row)).toBeLessThan(1e-7);
    });
  });

  for (const scale of [0.5, 1]) {
    it(`has the golden trace, norm, determinant, product and quadratic form of each covariance at scale ${scale}`, () => {
      const vector = Float32Array.from(formulaArray(60, golden.vector.salt, golden.vector.std));
      for (const [name, kind] of Object.entries(kinds)) {
        const expected = golden[`scale${scale}`][name];
        const covariance = denseCovariance(goldenMoments(golden), scale, kind);
        const product = covariance.map((row) => dot(row, vector));
        const close = (value: number, exact: number) => expect(Math.abs(value / exact - 1)).toBeLessThan(2e-6);
        close(
          covariance.reduce((sum, row, i) => sum + row[i], 0),
          expected.trace,
        );
        close(Math.sqrt(covariance.reduce((sum, row) => sum + dot(row, row), 0)), expected.frobenius);
        close(logDeterminant(covariance), expected.logDet);
        close(dot(product, vector), expected.quadraticForm);
        expect(largestDifference(product, expected.timesVector)).toBeLessThan(2e-6);
      }
    });

    it(`has the golden determinant at its mean and the golden log densities of each covariance at scale ${scale}`, () => {
      const moments = goldenMoments(golden);
      const { mean, squares, collected } = moments.state();
      const std = squares.map((sum) => Math.sqrt(Math.max(sum / collected, golden.varianceClamp)));
      for (const [name, covariance] of Object.entries(kinds)) {
        const posterior = swag(moments, { scale, covariance });
        const { logDensity, [name]: exact } = golden[`scale${scale}`];
        const logDet = -2 * posterior.logDensity(moments.mean()) - 60 * Math.log(2 * Math.PI);
        expect(Math.abs(logDet / exact.logDet - 1)).toBeLessThan(2e-6);
        golden.points.salts.forEach((salt: number, k: number) => {
          const noise = formulaArray(60, salt, 1);
          const point = Float64Array.from(mean, (m, i) => m + std[i] * noise[i]);
          // The golden points are float64, about a float64 mean; that of the Gaussian is rounded to float32.
          expect(Math.abs(posterior.logDensity(point) / logDensity[name][k] - 1)).toBeLessThan(2e-6);
          if (name === 'full') {
            expect(Math.abs(posterior.logDensity(point) / logDensity.woodbury[k] - 1)).toBeLessThan(2e-6);
          }
        });
      }
    });
  }

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
