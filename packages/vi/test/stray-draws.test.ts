import { describe, expect, it } from 'vitest';
import { leastRatio, median } from '../src/stray-draws.ts';

describe('the least log ratio of a draw', () => {
  it('leaves ordinary ones alone, and a thousand nats of room where they are equal', () => {
    expect(leastRatio([-3, -3, -3, -3])).toBe(-1003);
    const wide = [-5000, 0, 4000, 9000];
    expect(leastRatio(wide)).toBeLessThan(-100_000);
  });

  it('is not moved by the stray one itself', () => {
    expect(leastRatio([-1, -2, -1.5, -1e40])).toBe(leastRatio([-1, -2, -1.5, -1e50]));
  });

  it('is NaN of nothing', () => {
    expect(median([])).toBeNaN();
    expect(leastRatio([])).toBeNaN();
  });
});
