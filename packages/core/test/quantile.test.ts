import { quantile } from '@subspace/core';
import { describe, expect, it } from 'vitest';

describe('quantile', () => {
  it('interpolates between order statistics', () => {
    expect(quantile([3, 1, 2], 0.25)).toBe(1.5);
    expect(quantile([7], 0.9)).toBe(7);
    expect([0, 0.5, 1].map((p) => quantile([4, 1, 3, 2], p))).toEqual([1, 2.5, 4]);
  });

  it('is NaN where a value is, wherever it stands', () => {
    for (const values of [[Number.NaN, 1, 2], [1, Number.NaN, 2], [1, 2, Number.NaN], [Number.NaN]]) {
      for (const p of [0, 0.3, 1]) expect(quantile(values, p)).toBeNaN();
    }
  });

  it('has infinite values in their place', () => {
    expect(quantile([1, 2, Infinity, Infinity], 0.9)).toBe(Infinity);
    expect(quantile([1, 2, Infinity, Infinity], 1 / 3)).toBe(2);
    expect(quantile([1, 2, Infinity, Infinity], 0.5)).toBe(Infinity);
    expect(quantile([-Infinity, -Infinity, 1], 0.25)).toBe(-Infinity);
    expect(quantile([-Infinity, 1, 2], 0.25)).toBe(-Infinity);
    expect(quantile([-Infinity, 1, 2], 0.5)).toBe(1);
    // Halfway from one infinity to the other is anywhere.
    expect(quantile([-Infinity, Infinity], 0.5)).toBeNaN();
  });

  it('rejects no values, and probabilities that are none', () => {
    expect(() => quantile([], 0.5)).toThrow('quantile: values are empty, expected at least one');
    for (const p of [-0.1, 1.1, Number.NaN]) expect(() => quantile([1], p)).toThrow('expected a number from 0 to 1');
  });
});
