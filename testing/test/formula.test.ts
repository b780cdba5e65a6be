import { describe, expect, it } from 'vitest';
import { formulaHash, formulaUniform, formulaValue } from '../src/formula.ts';

describe('formula', () => {
  it.each([
    [0, 7000, 245116734],
    [1, 7000, 2522648852],
    [12345, 507003, 2484117471],
    [36489289, 7107, 486213139],
    [4000000000, 4000000001, 3667738598],
  ])('hash(%i, %i) is %i', (i, salt, hash) => {
    expect(formulaHash(i, salt)).toBe(hash);
  });

  it('is uniform, and centred with the standard deviation asked for', () => {
    expect(formulaUniform(1, 0)).toBe(0.42703575268387794);
    expect(formulaValue(0, 0, 1)).toBe(-1.7320508075688772);
  });
});
