import { randomSource, restoreRandomSource } from '@subspace/core';
import { describe, expect, it } from 'vitest';

const take = (n: number, draw: () => number) => Float64Array.from({ length: n }, draw);

describe('randomSource', () => {
  it('repeats itself for the same seed, with 0 and strings among the seeds', () => {
    for (const seed of [0, -1, 1.5, '', 'chain', 2 ** 40]) {
      expect(take(20, randomSource(seed).normal)).toEqual(take(20, randomSource(seed).normal));
    }
    const seeds = [0, 1, -1, '', 'a', 'b'].map((seed) => randomSource(seed).uniform());
    expect(new Set(seeds).size).toBe(seeds.length);
  });

  it('rejects seeds that are not finite, or no seeds', () => {
    for (const seed of [Number.NaN, Infinity, undefined, null, {}]) {
      expect(() => randomSource(seed as number)).toThrow(
        /randomSource: seed is .*, expected a finite number or a string/,
      );
    }
  });

  it('forks the same stream whatever was drawn before, and another for another label or order of labels', () => {
    const fresh = randomSource(3);
    const used = randomSource(3);
    take(101, used.normal);
    expect(take(9, used.fork('x').uniform)).toEqual(take(9, fresh.fork('x').uniform));
    const labels = [['x'], ['y'], ['x', 'y'], ['y', 'x'], ['x,y'], ['x","y']];
    const first = labels.map((path) => path.reduce((random, label) => random.fork(label), randomSource(3)).uniform());
    expect(new Set([...first, fresh.uniform()]).size).toBe(labels.length + 1);
  });

  it('goes on bit for bit from a saved state, also between the two normals of a pair', () => {
    for (const drawn of [0, 1, 2, 7]) {
      const random = randomSource('saved').fork('inner');
      take(drawn, random.normal);
      const copy = restoreRandomSource(JSON.parse(JSON.stringify(random.state())));
      expect(take(50, copy.normal)).toEqual(take(50, random.normal));
      expect(copy.fork('a').uniform()).toBe(random.fork('a').uniform());
    }
  });

  it('rejects a state of another kind, or a damaged one', () => {
    expect(() => restoreRandomSource({ kind: 'mersenne' })).toThrow('state.kind is "mersenne", expected "alea"');
    expect(() => restoreRandomSource({ kind: 'alea' })).toThrow('state is damaged');
    const state = randomSource(1).state();
    expect(() => restoreRandomSource({ ...state, generator: { s0: 1 } })).toThrow('state is damaged');
  });
});

describe('the distribution of draws', () => {
  const n = 200_000;
  // Seeds fixed before the result was seen; the Kolmogorov–Smirnov bound is the 1e-4 quantile, 2.23/√n.
  const bound = 2.23 / Math.sqrt(n);

  it('uniforms are uniform (moments and Kolmogorov–Smirnov)', () => {
    const draws = take(n, randomSource(1).uniform).sort();
    expect(draws[0]).toBeGreaterThanOrEqual(0);
    expect(draws[n - 1]).toBeLessThan(1);
    expect(kolmogorovSmirnov(draws, (x) => x)).toBeLessThan(bound);
  });

  it('normals are normal (four moments and Kolmogorov–Smirnov)', () => {
    const draws = take(n, randomSource(2).normal);
    const moment = (power: number) => draws.reduce((sum, x) => sum + x ** power, 0) / n;
    expect(Math.abs(moment(1))).toBeLessThan(4 * Math.sqrt(1 / n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
    expect(kolmogorovSmirnov(draws.sort(), normalCdf)).toBeLessThan(bound);
  });

  it('successive normals are uncorrelated, and so are parent and fork', () => {
    const parent = randomSource(3);
    const a = take(n, parent.normal);
    const b = take(n, parent.fork('x').normal);
    const correlation = (x: Float64Array, y: Float64Array) => x.reduce((sum, value, i) => sum + value * y[i], 0) / n;
    expect(Math.abs(correlation(a.subarray(1), a))).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(correlation(a, b))).toBeLessThan(4 / Math.sqrt(n));
  });
});

function kolmogorovSmirnov(sorted: Float64Array, cdf: (x: number) => number): number {
  return sorted.reduce((worst, x, i) => {
    const p = cdf(x);
    return Math.max(worst, Math.abs(p - i / sorted.length), Math.abs(p - (i + 1) / sorted.length));
  }, 0);
}

/** Trapezoid integral of the normal density from −9, on a fine grid: independent of the library's own normal functions. */
const grid = (() => {
  const step = 1e-3;
  const density = (x: number) => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  const values = new Float64Array(18_001);
  for (let i = 1; i < values.length; i++) {
    values[i] = values[i - 1] + 0.5 * step * (density(-9 + (i - 1) * step) + density(-9 + i * step));
  }
  return values;
})();

function normalCdf(x: number): number {
  const at = (x + 9) / 1e-3;
  const i = Math.floor(at);
  return grid[i] + (at - i) * (grid[i + 1] - grid[i]);
}
