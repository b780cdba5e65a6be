import { splits } from '@subspace/datasets';
import { describe, expect, it } from 'vitest';

describe('splits', () => {
  it('puts every row into one of training and test, with round((1 − testFraction)·size) for training', () => {
    for (const [size, testFraction, train] of [
      [308, undefined, 277],
      [506, 0.1, 455],
      [10, 0.25, 8],
      [2, 0.5, 1],
    ] as const) {
      for (const split of splits(size, { seed: 1, count: 3, testFraction })) {
        expect(split.train.length).toBe(train);
        const rows = [...split.train, ...split.test].sort((a, b) => a - b);
        expect(rows).toEqual(Array.from({ length: size }, (_, i) => i));
      }
    }
  });

  it('depends on the seed and the number of the split only', () => {
    const twenty = splits(100, { seed: 'a', count: 20 });
    expect(splits(100, { seed: 'a', count: 3 })).toEqual(twenty.slice(0, 3));
    expect(splits(100, { seed: 'b', count: 1 })).not.toEqual(twenty.slice(0, 1));
    expect(new Set(twenty.map(({ test }) => test.join())).size).toBe(20);
  });

  it('tests every row about equally often', () => {
    const times = new Float64Array(50);
    const count = 2000;
    for (const { test } of splits(50, { seed: 3, count })) for (const row of test) times[row]++;
    // Binomial(2000, 0.1) for each of 50 rows: five standard deviations, exceeded somewhere with probability below 3e-5.
    const bound = 5 * Math.sqrt(count * 0.1 * 0.9);
    times.forEach((n, row) => {
      expect(Math.abs(n - 0.1 * count), `row ${row}`).toBeLessThan(bound);
    });
  });

  it('rejects sizes, fractions, counts and seeds that make no split, and unknown options', () => {
    expect(() => splits(1, { seed: 1, count: 1 })).toThrow('splits: size is 1, expected an integer of at least 2');
    expect(() => splits(4, { seed: 1, count: 1 })).toThrow(
      'splits: testFraction is 0.1, expected one that leaves rows of 4',
    );
    for (const testFraction of [0, -0.5, 1, 2, Number.NaN]) {
      expect(() => splits(100, { seed: 1, count: 1, testFraction })).toThrow('splits: testFraction is');
    }
    expect(() => splits(100, { seed: 1, count: 0 })).toThrow('splits: count is 0');
    expect(() => splits(100, { seed: Number.NaN, count: 1 })).toThrow('splits: seed is NaN');
    expect(() => splits(100, { seed: 1, count: 1, test: 0.1 } as never)).toThrow('splits: option test is unknown');
  });
});
