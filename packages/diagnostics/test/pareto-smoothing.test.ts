import { paretoSmooth, randomSource } from '@subspace/core';
import { paretoK } from '@subspace/diagnostics';
import { describeGolden } from '@subspace-internal/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const within = (value: number, target: number, what: string) => {
  if (!Number.isFinite(target)) return expect(value, what).toBe(target);
  expect(Math.abs(value - target), `${what}: ${value} for ${target}`).toBeLessThanOrEqual(1e-8 * Math.abs(target));
};

describeGolden('diagnostics-loo.json', (golden) => {
  it('smoothed weights and k̂ equal ArviZ', () => {
    const cases = Object.entries<{ logWeights: number[]; smoothed: number[]; kHat: number }>(golden.paretoSmoothing);
    expect(cases.map(([name]) => name).sort()).toEqual([
      'cauchyLike',
      'lognormalHeavy',
      'normal',
      'short',
      'uniformWeights',
    ]);
    for (const [name, { logWeights, smoothed, kHat }] of cases) {
      const result = paretoSmooth(logWeights);
      within(result.paretoK, kHat, `${name} k̂`);
      within(paretoK(logWeights), kHat, `${name} paretoK`);
      smoothed.forEach((expected, s) => {
        within(result.logWeights[s], expected, `${name} [${s}]`);
      });
    }
  });
});

describeGolden('diagnostics-chains.json', (golden) => {
  it('k̂ of the right tail of draws equals ArviZ', () => {
    let compared = 0;
    for (const [group, { variables }] of Object.entries<{
      variables: Record<string, { values: number[][]; kHatRightTail: number | null }>;
    }>(golden.cases)) {
      for (const [name, { values, kHatRightTail }] of Object.entries(variables)) {
        if (kHatRightTail === null) continue; // constant, or with zeros: ArviZ was not asked
        within(paretoK(values.flat().map((x) => Math.log(Math.abs(x)))), kHatRightTail, `${group} ${name}`);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(20);
  });
});

describe('Pareto smoothing', () => {
  const finite = fc.double({ min: -50, max: 50, noNaN: true });

  it('gives weights that sum to one, in the order of the raw weights, none above the largest', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 300 }), (logWeights) => {
        const { logWeights: smoothed } = paretoSmooth(logWeights);
        expect(smoothed.reduce((sum, w) => sum + Math.exp(w), 0)).toBeCloseTo(1, 12);
        const order = logWeights.map((_, s) => s).sort((a, b) => logWeights[a] - logWeights[b]);
        for (let i = 1; i < order.length; i++) {
          if (logWeights[order[i]] > logWeights[order[i - 1]]) {
            expect(smoothed[order[i]]).toBeGreaterThanOrEqual(smoothed[order[i - 1]] - 1e-9);
          }
        }
      }),
    );
  });

  it('does not see a constant factor', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -512, max: 512 }), { minLength: 30, maxLength: 200 }), (raw) => {
        // Multiples of 1/64 shifted by a power of two stay exact.
        const logWeights = raw.map((x) => x / 64);
        const shifted = logWeights.map((x) => x + 1024);
        expect(paretoSmooth(shifted)).toEqual(paretoSmooth(logWeights));
      }),
    );
  });

  it('finds the exponent of Pareto weights, for independent draws within its error', () => {
    const random = randomSource('pareto');
    for (const k of [0.2, 0.5, 0.9]) {
      const estimates = Array.from({ length: 40 }, () =>
        paretoK(Array.from({ length: 4000 }, () => -k * Math.log(1 - random.uniform()))),
      );
      const mean = estimates.reduce((a, b) => a + b) / 40;
      const sd = Math.sqrt(estimates.reduce((a, b) => a + (b - mean) ** 2, 0) / 39);
      // M = 190 draws of the tail, and a prior worth ten of them at ½.
      const expected = (190 * k + 5) / 200;
      expect(Math.abs(mean - expected), `${k}: ${mean} ± ${sd}`).toBeLessThan(4 * (sd / Math.sqrt(40)) + 0.02);
    }
  });

  it('takes a larger tail of less efficient draws', () => {
    const logWeights = Array.from({ length: 1000 }, (_, i) => -0.3 * Math.log((i + 0.5) / 1000));
    // The weights fall with their index, so the tail is what comes before the first that keeps its ratio to the smallest.
    const tail = (relativeEfficiency: number) => {
      const smoothed = paretoSmooth(logWeights, { relativeEfficiency }).logWeights;
      const constant = smoothed[999] - logWeights[999];
      return 1 + logWeights.reduce((last, w, s) => (Math.abs(smoothed[s] - w - constant) > 1e-12 ? s : last), -1);
    };
    expect(tail(1)).toBe(95); // ⌈3·√1000⌉
    expect(tail(0.5)).toBe(135); // ⌈3·√2000⌉
  });

  it('says how much k̂ varies from draws to draws', () => {
    for (const [size, k] of [
      [300, 0.3],
      [1000, 0.7],
      [1000, 1.2],
    ]) {
      const fits = Array.from({ length: 300 }, (_, i) => {
        const random = randomSource(`k̂ of ${k}, ${size}, ${i}`);
        // P(w > x) = x^(−1/k).
        return paretoSmooth(Float64Array.from({ length: size }, () => -k * Math.log(random.uniform())));
      });
      const mean = fits.reduce((sum, fit) => sum + fit.paretoK, 0) / fits.length;
      const sd = Math.sqrt(fits.reduce((sum, fit) => sum + (fit.paretoK - mean) ** 2, 0) / (fits.length - 1));
      const said = fits.reduce((sum, fit) => sum + fit.paretoKError, 0) / fits.length;
      // The standard error of an sd of 300 fits is 4 %: four of them.
      expect(Math.abs(said / sd - 1), `k = ${k}, S = ${size}: ${said} for ${sd}`).toBeLessThan(0.16);
    }
  });

  it('leaves zero weights at zero, and too few weights unsmoothed with k̂ = ∞', () => {
    const random = randomSource('zeros');
    const logWeights = Array.from({ length: 200 }, (_, i) => (i % 4 === 0 ? -Infinity : random.normal()));
    const smoothed = paretoSmooth(logWeights);
    expect(smoothed.paretoK).toBeLessThan(0.7);
    logWeights.forEach((w, s) => {
      if (w === -Infinity) expect(smoothed.logWeights[s]).toBe(-Infinity);
    });
    expect(paretoSmooth([3])).toEqual({ logWeights: Float64Array.of(0), paretoK: Infinity, paretoKError: Infinity });
    expect(paretoK([0, -Infinity, -Infinity, -Infinity])).toBe(Infinity);
    // Weights that differ by rounding only have no tail to fit.
    expect(paretoK(Array.from({ length: 100 }, (_, i) => (i % 2) * 1e-17))).toBe(Infinity);
  });

  it('rejects what is no weight, and unknown options', () => {
    expect(() => paretoSmooth([])).toThrow('paretoSmooth: logWeights are empty');
    expect(() => paretoK([0, Number.NaN])).toThrow('paretoK: logWeights[1] is NaN, expected a number below ∞');
    expect(() => paretoK([Infinity])).toThrow('logWeights[0] is Infinity');
    expect(() => paretoK([-Infinity, -Infinity])).toThrow('logWeights are all −∞');
    expect(() => paretoK([0], { relativeEfficiency: 0 })).toThrow('relativeEfficiency is 0');
    expect(() => paretoK([0], { reff: 1 } as object)).toThrow('option reff is unknown');
  });
});
