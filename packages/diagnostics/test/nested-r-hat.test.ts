import { randomSource } from '@subspace/core';
import { nestedRHat } from '@subspace/diagnostics';
import { describe, expect, it } from 'vitest';

const random = randomSource('nested');
const chains = (count: number, draws: number, shift: (chain: number) => number = () => 0) =>
  Array.from({ length: count }, (_, chain) => Array.from({ length: draws }, () => shift(chain) + random.normal()));

describe('nestedRHat', () => {
  it('is what the equations of the paper give, worked out by hand', () => {
    // Superchain a: chains [0, 2], [2, 4]; b: [6, 8], [4, 6]. Means of chains 1, 3 | 7, 5, of superchains 2 | 6.
    // B̂ = 8; between chains 2 and 2, within chains 2 and 2, so that Ŵ = 4.
    const found = nestedRHat(
      [
        [0, 2],
        [6, 8],
        [2, 4],
        [4, 6],
      ],
      ['a', 'b', 'a', 'b'],
    );
    expect(found).toBeCloseTo(Math.sqrt(1 + 8 / 4), 14);
  });

  it('has no variance between chains where a superchain is one, and none within chains where a draw is all', () => {
    expect(
      nestedRHat(
        [
          [0, 2],
          [4, 6],
        ],
        [1, 2],
      ),
    ).toBeCloseTo(Math.sqrt(1 + 8 / 2), 14);
    expect(nestedRHat([[0], [2], [4], [6]], [1, 1, 2, 2])).toBeCloseTo(Math.sqrt(1 + 8 / 2), 14);
  });

  it('is near 1 for many chains of one draw that have forgotten their starts, and far above for others', () => {
    const places = Array.from({ length: 400 }, (_, chain) => chain % 4);
    // B̂/Ŵ is about 1/100, of 100 chains in each of four superchains.
    expect(nestedRHat(chains(400, 1), places)).toBeLessThan(Math.sqrt(1 + 0.03));
    expect(
      nestedRHat(
        chains(400, 1, (chain) => chain % 4),
        places,
      ),
    ).toBeGreaterThan(1.4);
  });

  it('depends on which chains are together, and on nothing of the order of superchains', () => {
    const some = chains(6, 5, (chain) => chain);
    const ids = [0, 0, 0, 1, 1, 1];
    expect(nestedRHat(some, ids)).toBeCloseTo(nestedRHat([...some].reverse(), ids), 12);
    expect(nestedRHat(some, ids)).toBeGreaterThan(nestedRHat(some, [0, 1, 0, 1, 0, 1]));
  });

  it('is NaN where nothing varies within superchains, or a value is not finite', () => {
    expect(nestedRHat([[1], [2]], [0, 1])).toBeNaN();
    expect(
      nestedRHat(
        [
          [1, 1],
          [2, 2],
        ],
        [0, 1],
      ),
    ).toBeNaN();
    expect(
      nestedRHat(
        [
          [1, Number.NaN],
          [2, 3],
        ],
        [0, 1],
      ),
    ).toBeNaN();
  });

  it('refuses superchains that do not fit', () => {
    expect(() => nestedRHat([[1], [2]], [0])).toThrow('nestedRHat: superchains has length 1, expected 2');
    expect(() => nestedRHat([[1], [2]], [0, 0])).toThrow('nestedRHat: there is 1 superchain, expected at least two');
    expect(() => nestedRHat([[1], [2], [3]], [0, 0, 1])).toThrow(
      'nestedRHat: superchain 1 has 1 chains, expected 2, as the first',
    );
    expect(() => nestedRHat([], [])).toThrow('nestedRHat: chains are empty');
    expect(() => nestedRHat([[1, 2], [3]], [0, 1])).toThrow('nestedRHat: chains[1] has length 1, expected 2');
    expect(() => nestedRHat([[1], [2]], 2 as never)).toThrow('nestedRHat: superchains is 2, expected a list');
  });
});
