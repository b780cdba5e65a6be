import { wilcoxon } from '@subspace/uci';
import { describe, expect, it } from 'vitest';

describe('wilcoxon', () => {
  it('counts the ways of giving signs', () => {
    expect(wilcoxon([1, 2, 3, 4, 5])).toBe(2 / 32);
    expect(wilcoxon([-1, -2, -3])).toBe(2 / 8);
    expect(wilcoxon([1])).toBe(1);
    expect(wilcoxon([1, 4, -2, -3])).toBe(1);
  });

  it('gives the p of SciPy, and counts where ranks are equal', () => {
    const x = [0.3, -0.1, 0.25, 0.7, -0.4, 0.55, 0.9, -0.05, 0.62, 0.15];
    expect(wilcoxon(x)).toBeCloseTo(0.064453125, 12);
    // By going through all signs.
    expect(wilcoxon([1, 2, -2, 3, 0, 4, -1, 5, 5, 2, -3, 6])).toBeCloseTo(0.0673828125, 12);
    // So many that SciPy's and this one take the normal distribution, with ties.
    const many = Array.from({ length: 60 }, (_, i) => (((i * 37) % 101) - 45) / 10);
    expect(wilcoxon(many)).toBeCloseTo(0.2647081919479235, 12);
  });

  it('has nothing to say of no differences, and refuses what is none', () => {
    expect(wilcoxon([])).toBe(1);
    expect(wilcoxon([0, 0])).toBe(1);
    expect(() => wilcoxon([1, Number.NaN])).toThrow('wilcoxon: differences[1] is NaN');
    expect(() => wilcoxon(undefined as never)).toThrow('wilcoxon: differences is undefined');
  });
});
