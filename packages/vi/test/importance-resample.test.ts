import { type DifferentiableLogDensity, logDensity, type RandomSource, type Vector } from '@subspace/core';
import { type DrawsProgress, fullRank, importanceResample, laplace, meanField } from '@subspace/vi';
import { describeGolden } from '@subspace-internal/testing';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { systematicPicks } from '../src/importance-resample.ts';
import { LINEAR_GAUSSIANS, linearGaussian } from './linear-gaussian.ts';
import { banana, twoModes } from './targets.ts';

/** A logistic density of scale s: heavier tails than a Gaussian. */
const logistic: DifferentiableLogDensity = logDensity(1, ([z]) => ({
  value: -Math.abs(z) - 2 * Math.log1p(Math.exp(-Math.abs(z))),
  gradient: Float64Array.of(-Math.tanh(z / 2)),
}));

describe('systematicPicks', () => {
  const weightsOf = (raw: number[]) => {
    const total = raw.reduce((a, b) => a + b, 0);
    return Float64Array.from(raw, (w) => w / total);
  };
  const cases = fc
    .array(fc.oneof(fc.constant(0), fc.double({ min: 1e-3, max: 1, noNaN: true })), { minLength: 1, maxLength: 12 })
    .filter((raw) => raw.some((w) => w > 0))
    .map(weightsOf);

  it('never picks a whole time more or less than the expected number, in order, and nothing of weight zero', () => {
    fc.assert(
      fc.property(
        cases,
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (weights, count, offset) => {
          const picks = systematicPicks(weights, count, offset);
          expect(picks.length).toBe(count);
          expect(picks).toEqual([...picks].sort((a, b) => a - b));
          weights.forEach((weight, i) => {
            const copies = picks.filter((pick) => pick === i).length;
            expect(Math.abs(copies - count * weight)).toBeLessThan(1 + 1e-9);
            if (weight === 0) expect(copies).toBe(0);
          });
        },
      ),
    );
  });

  it('is unbiased: over all offsets, each index is picked as often as its weight says', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 10 }), (weights, count) => {
        const offsets = 2000;
        const copies = new Float64Array(weights.length);
        for (let o = 0; o < offsets; o++) {
          for (const pick of systematicPicks(weights, count, (o + 0.5) / offsets)) copies[pick] += 1 / offsets;
        }
        weights.forEach((weight, i) => {
          expect(Math.abs(copies[i] - count * weight)).toBeLessThan(2 / offsets + 1e-9);
        });
      }),
      { numRuns: 30 },
    );
  });
});

describe('importanceResample', () => {
  it('corrects the moments and the evidence of a Gaussian approximation', async () => {
    const approximation = await fullRank(logistic, { iterations: 500, seed: 1 });
    const corrected = await importanceResample(approximation, logistic, { draws: 4000, proposals: 20000, seed: 2 });
    expect(corrected.paretoK).toBeLessThan(0.7);
    expect(corrected.size).toBe(4000);
    const variance = corrected.positions[0].reduce((sum, z) => sum + z[0] ** 2, 0) / 4000;
    // var = π²/3, and E z⁴ = 7π⁴/15.
    const error = Math.sqrt(
      ((7 * Math.PI ** 4) / 15 - (Math.PI ** 2 / 3) ** 2) / Math.min(4000, corrected.effectiveSize),
    );
    expect(Math.abs(variance - Math.PI ** 2 / 3)).toBeLessThan(4 * error);
    expect(Math.abs(corrected.logEvidence)).toBeLessThan(0.02);
    expect(approximation.elbo).toBeLessThan(corrected.logEvidence);
  });

  it('draws each proposal once where the approximation is exact', async () => {
    const normal = logDensity(1, ([z]) => ({ value: -0.5 * z * z, gradient: Float64Array.of(-z) }));
    const exact = await laplace(normal, { curvature: 'hessian' });
    const { positions, effectiveSize, logEvidence } = await importanceResample(exact, normal, {
      draws: 1000,
      proposals: 1000,
      seed: 1,
    });
    expect(new Set(positions[0].map(([z]) => z)).size).toBe(1000);
    expect(effectiveSize).toBeCloseTo(1000, 6);
    expect(logEvidence).toBeCloseTo(0.5 * Math.log(2 * Math.PI), 6);
  });

  it('is worth no more draws than it has', async () => {
    const exact = await laplace(logistic, { curvature: 'hessian' });
    for (const draws of [1, 100, 1000]) {
      const { effectiveSize } = await importanceResample(exact, logistic, { draws, proposals: 4000, seed: 1 });
      expect(effectiveSize).toBeLessThanOrEqual(draws);
      expect(effectiveSize).toBeGreaterThan(draws === 1000 ? 100 : draws - 1e-9);
    }
  });

  it('gives the event loop a turn every 20 ms, also while it draws and weighs, and hears its signal there', async () => {
    const laplaced = await laplace(logistic, { curvature: 'hessian' });
    const options = { draws: 1000, proposals: 4000, seed: 1 };
    const whole = await importanceResample(laplaced, logistic, options);
    let clock = 0;
    const slow = {
      ...laplaced,
      sample(random: RandomSource, count: number) {
        clock += 0.01 * count;
        return laplaced.sample(random, count);
      },
      logDensity(z: Vector) {
        clock += 0.01;
        return laplaced.logDensity(z);
      },
    };
    const now = vi.spyOn(performance, 'now').mockImplementation(() => clock);
    const signal = { aborted: false };
    let [turns, last, worst, running] = [0, 0, 0, true];
    const turn = () => {
      worst = Math.max(worst, clock - last);
      last = clock;
      turns++;
      if (running) setImmediate(turn);
    };
    setImmediate(turn);
    expect((await importanceResample(slow, logistic, options)).positions).toEqual(whole.positions);
    running = false;
    expect(turns).toBeGreaterThan(6);
    expect(worst).toBeLessThanOrEqual(20 + 1e-9);
    const started = clock;
    setImmediate(() => {
      signal.aborted = true;
    });
    await expect(importanceResample(slow, logistic, { ...options, signal })).rejects.toMatchObject({ code: 'ABORTED' });
    now.mockRestore();
    expect(clock - started).toBeLessThan(40);
  });

  it('says that a missed mode cannot be corrected', async () => {
    const oneMode = await fullRank(twoModes(), { iterations: 500, seed: 1, initial: Float64Array.of(2, 1) });
    const { paretoK } = await importanceResample(oneMode, twoModes(), { draws: 100, proposals: 20000, seed: 1 });
    expect(paretoK).toBeGreaterThan(0.7);
  });

  it('gives the same draws for the same seed, in any batches', async () => {
    const approximation = await meanField(banana(), { iterations: 100, seed: 1 });
    const options = { draws: 50, seed: 3 };
    const once = await importanceResample(approximation, banana(), options);
    const waiting = { ...banana(), values: async (points: readonly Float64Array[]) => banana().values(points) };
    expect((await importanceResample(approximation, waiting, options)).positions).toEqual(once.positions);
    expect((await importanceResample(approximation, banana(), { ...options, seed: 4 })).positions).not.toEqual(
      once.positions,
    );
  });

  it('reports how many proposals are done, with the time left', async () => {
    const approximation = await laplace(logistic, { curvature: 'hessian' });
    const slow = logDensity(1, (z) => {
      for (const until = performance.now() + 1; performance.now() < until; );
      return -0.5 * z[0] * z[0];
    });
    const seen: DrawsProgress[] = [];
    await importanceResample(approximation, slow, {
      draws: 10,
      proposals: 400,
      seed: 1,
      onProgress: (progress) => seen.push(progress),
    });
    expect(seen.length).toBeGreaterThan(2);
    seen.forEach(({ done, of, secondsLeft }, i) => {
      expect(done).toBeGreaterThan(seen[i - 1]?.done ?? 0);
      expect(of).toBe(400);
      expect(secondsLeft >= (of - done) / 1000).toBe(true);
    });
    expect(seen.at(-1)).toEqual({ done: 400, of: 400, secondsLeft: 0 });
  });

  it('gives a proposal of NaN no weight, and counts it', async () => {
    const half = logDensity(1, ([z]) => (z > 0 ? -0.5 * z * z : Number.NaN));
    const normal = logDensity(1, ([z]) => ({ value: -0.5 * z * z, gradient: Float64Array.of(-z) }));
    const approximation = await laplace(normal, { curvature: 'hessian' });
    const { positions, nonFinite, logEvidence } = await importanceResample(approximation, half, {
      draws: 200,
      proposals: 2000,
      seed: 5,
    });
    expect(positions[0].every(([z]) => z > 0)).toBe(true);
    expect(Math.abs(nonFinite - 1000)).toBeLessThan(4 * Math.sqrt(500));
    expect(logEvidence).toBeCloseTo(0.5 * Math.log(2 * Math.PI) + Math.log(1 - nonFinite / 2000), 6);
  });

  it('names what is wrong', async () => {
    const approximation = await meanField(banana(), { iterations: 20, seed: 1, evaluationDraws: 2 });
    const options = { draws: 10, seed: 1 };
    const call = (changes: object) => importanceResample(approximation, banana(), { ...options, ...changes });
    await expect(call({ draws: 0 })).rejects.toThrow('importanceResample: draws is 0');
    await expect(call({ proposals: 0 })).rejects.toThrow('importanceResample: proposals is 0');
    await expect(call({ seed: undefined })).rejects.toThrow('importanceResample: seed is undefined');
    await expect(call({ count: 3 })).rejects.toThrow('importanceResample: option count is unknown');
    await expect(call({ signal: { aborted: true } })).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(importanceResample(approximation, logistic, options)).rejects.toThrow(
      'importanceResample: approximation.dim is 2, expected 1 as the posterior',
    );
    await expect(importanceResample({ dim: 1, sample: () => [] } as never, logistic, options)).rejects.toThrow(
      'importanceResample: approximation has no logDensity',
    );
    const nothing = logDensity(2, () => -Infinity);
    await expect(importanceResample(approximation, nothing, options)).rejects.toThrow(
      'importanceResample: the posterior is zero at all 1000 proposals',
    );
  });
});

describeGolden('samplers-targets.json', (golden) => {
  it('brings mean-field draws to the mean and covariance of correlated models, where k̂ is below 0.7', async () => {
    const replicates = 25;
    for (const name of ['K2T1', 'K5T1'] as const) {
      const exact = golden.linearGaussian[name];
      const model = linearGaussian(exact, LINEAR_GAUSSIANS[name]);
      const approximation = await meanField(model, { iterations: 1000, seed: 1 });
      const runs = await Promise.all(
        Array.from({ length: replicates }, (_, r) =>
          importanceResample(approximation, model, { draws: 2000, proposals: 8000, seed: `replicate ${r}` }),
        ),
      );
      /** The exact value is within 4 standard errors of the mean of independent runs. */
      const expectMean = (what: string, estimates: readonly number[], value: number) => {
        const mean = estimates.reduce((a, b) => a + b) / replicates;
        const squares = estimates.reduce((sum, x) => sum + (x - mean) ** 2, 0);
        const error = Math.sqrt(squares / (replicates * (replicates - 1)));
        expect(Math.abs(mean - value), `${name}: ${what}`).toBeLessThan(4 * error);
      };
      const average = (statistic: (z: Float64Array) => number) =>
        runs.map(({ positions: [draws] }) => draws.reduce((sum, z) => sum + statistic(z), 0) / draws.length);
      const { posteriorMean, posteriorCovariance, K } = exact;
      for (let i = 0; i < K; i++) {
        expectMean(
          `mean ${i}`,
          average((z) => z[i]),
          posteriorMean[i],
        );
        for (let j = 0; j <= i; j++) {
          const product = average((z) => (z[i] - posteriorMean[i]) * (z[j] - posteriorMean[j]));
          expectMean(`covariance ${i}, ${j}`, product, posteriorCovariance[i][j]);
        }
      }
      expectMean(
        'evidence',
        runs.map(({ logEvidence }) => Math.exp(logEvidence - exact.logEvidence)),
        1,
      );
      expect(Math.max(...runs.map(({ paretoK }) => paretoK)), name).toBeLessThan(0.7);
    }
  });
});
