import { randomSource, weightLayout } from '@subspace/core';
import { multiSwag, swag, swagMoments } from '@subspace/swag';
import { describeGolden, formulaArray } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { expectMoments } from './draws.ts';
import {
  denseCovariance,
  denseLogDensity,
  dot,
  largestDifference,
  layout,
  momentsOf,
  trajectory,
} from './trajectory.ts';

const runs = [2, 302, 602].map((salt) => momentsOf(trajectory(salt)));

/** Mean and covariance of the mixture, and E[xᵢ²xⱼ²] about its mean. */
function mixture(moments: typeof runs, scale: number, kept: 'low-rank' | 'diagonal' | 'block') {
  const parts = moments.map((run) => ({ mean: run.mean(), covariance: denseCovariance(run, scale, kept) }));
  const average = (value: (part: (typeof parts)[number]) => number) =>
    parts.reduce((sum, part) => sum + value(part), 0) / parts.length;
  const mean = Float64Array.from({ length: layout.size }, (_, i) => average((part) => part.mean[i]));
  const covariance = Array.from(mean, (mi, i) =>
    Float64Array.from(mean, (mj, j) =>
      average((part) => part.covariance[i][j] + (part.mean[i] - mi) * (part.mean[j] - mj)),
    ),
  );
  // Isserlis: with x = a + u, y = b + v for fixed a, b, E[x²y²] = (a² + Σuu)(b² + Σvv) + 2Σuv² + 4abΣuv.
  const fourth = (i: number, j: number) =>
    average((part) => {
      const [a, b] = [part.mean[i] - mean[i], part.mean[j] - mean[j]];
      const { covariance: c } = part;
      return (a * a + c[i][i]) * (b * b + c[j][j]) + 2 * c[i][j] ** 2 + 4 * a * b * c[i][j];
    });
  return { mean, covariance, fourth };
}

describe('multiSwag', () => {
  for (const covariance of ['low-rank', 'block', 'diagonal'] as const) {
    it(`draws with the mean and the covariance of the mixture, with ${covariance} components`, () => {
      const exact = mixture(runs, 0.5, covariance);
      const sampler = multiSwag(runs, { scale: 0.5, covariance });
      expectMoments(sampler, exact.mean, exact.covariance, 50_000, randomSource('mixture'), exact.fourth);
    });
  }

  it('takes every component equally often', () => {
    const far = [-100, 0, 100].map((start) => {
      const moments = swagMoments(weightLayout([{ name: 'w', shape: [1] }]));
      for (const step of [-1, 0, 1]) moments.collect(Float32Array.of(start + step));
      return moments;
    });
    const n = 9000;
    const counts = [0, 0, 0];
    for (const [w] of multiSwag(far).weights(n, randomSource('components'))) counts[Math.round(w / 100) + 1]++;
    // Binomial: four standard errors.
    for (const count of counts) expect(Math.abs(count / n - 1 / 3)).toBeLessThan(4 * Math.sqrt(2 / 9 / n));
  });

  it('has the log of the mean of its components’ densities', () => {
    for (const covariance of ['low-rank', 'block', 'diagonal'] as const) {
      const components = runs.map((run) => swag(run, { scale: 1, covariance }));
      const both = multiSwag(runs, { scale: 1, covariance });
      for (const run of runs) {
        const weights = run.mean().map((w, i) => w + 1e-3 * Math.sin(i));
        const logs = components.map((component) => component.logDensity(weights));
        const largest = Math.max(...logs);
        const expected = largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0) / 3);
        expect(both.logDensity(weights)).toBeCloseTo(expected, 10);
      }
    }
  });

  it('has a finite log density where that of every component underflows', () => {
    expect(multiSwag(runs).logDensity(new Float32Array(60).fill(100))).toBeLessThan(-1e5);
  });

  it('is swag for a single run', () => {
    const [run] = runs;
    const weights = run.mean();
    expect(multiSwag([run]).logDensity(weights)).toBe(swag(run).logDensity(weights));
  });

  it('repeats itself for the same stream, has no size, and reuses one buffer per run', () => {
    const sampler = multiSwag(runs);
    const drawn = () => Array.from(sampler.weights(5, randomSource(5)), (weights) => weights.slice());
    expect(drawn()).toEqual(drawn());
    expect(sampler.size).toBeUndefined();
    expect(sampler.layout).toBe(layout);
    expect(new Set(sampler.weights(5, randomSource(5))).size).toBe(1);
  });

  it('rejects no runs, runs of other networks, and what swag rejects, by the run', () => {
    expect(() => multiSwag([])).toThrow('multiSwag: moments are empty, expected those of at least one training run');
    const other = swagMoments(weightLayout([{ name: 'w', shape: [60] }]));
    expect(() => multiSwag([...runs, other])).toThrow('multiSwag: moments[3] has w [60] as tensor 0, expected first');
    expect(() => multiSwag([runs[0], swagMoments(layout)])).toThrow(
      'multiSwag (moments[1]): moments have 0 snapshots, expected at least 2',
    );
    expect(() => multiSwag(runs, { scale: -1 })).toThrow('scale is -1');
    expect(() => multiSwag(runs, { weights: [1, 2] } as never)).toThrow('option weights is unknown');
    expect(() => multiSwag(runs).weights(1.5, randomSource(1))).toThrow('multiSwag.weights: count is 1.5');
    expect(() => multiSwag(runs).logDensity(new Float32Array(1))).toThrow('multiSwag.logDensity: weights has length 1');
    expect(() => multiSwag(runs).logDensity(new Float32Array(60).fill(Infinity))).toThrow('weights[0] is Infinity');
  });
});

describeGolden('swag-multiswag.json', (golden) => {
  const goldenRuns = () =>
    (golden.componentSalts as number[]).map((salt) => momentsOf(trajectory(salt, golden.collected)));

  it('has the golden mean and covariance of the mixture', () => {
    const { mean, covariance } = mixture(goldenRuns(), golden.scale, 'low-rank');
    expect(largestDifference(mean, golden.mean)).toBeLessThan(2e-6);
    golden.covariance.forEach((row: number[], i: number) => {
      expect(largestDifference(covariance[i], row)).toBeLessThan(2e-7);
    });
    const vector = Float32Array.from(formulaArray(60, golden.provenance.seed * 1000 + 920, 1));
    const product = covariance.map((row) => dot(row, vector));
    expect(largestDifference(product, golden.covarianceTimesVector)).toBeLessThan(2e-6);
  });

  it('has the golden log densities, of each component and of the mixture', () => {
    const [moments, { scale, logDensity, provenance }] = [goldenRuns(), golden];
    const components = moments.map((run) => swag(run, { scale }));
    const both = multiSwag(moments, { scale });
    moments.forEach((run, k) => {
      const std = denseCovariance(run, scale).map((row, i) => Math.sqrt(row[i]));
      const noise = formulaArray(60, provenance.seed * 1000 + 900 + k, 1);
      const point = run.state().mean.map((m, i) => m + std[i] * noise[i]);
      components.forEach((component, c) => {
        const exact: number = logDensity.component[k][c];
        expect(Math.abs(component.logDensity(point) / exact - 1)).toBeLessThan(2e-6);
        expect(
          Math.abs(denseLogDensity(point, moments[c].mean(), denseCovariance(moments[c], scale)) / exact - 1),
        ).toBeLessThan(2e-6);
      });
      expect(Math.abs(both.logDensity(point) / logDensity.mixture[k] - 1)).toBeLessThan(2e-6);
    });
  });
});
