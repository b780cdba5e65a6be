import { randomSource } from '@subspace/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { affine } from '../src/affine.ts';
import { pairedDraws, standardizedDraws } from '../src/base-draws.ts';
import { gaussianFamily } from '../src/family.ts';

const sizes = fc.integer({ min: 1, max: 6 }).chain((dim) =>
  fc.record({
    dim: fc.constant(dim),
    count: fc.integer({ min: 2 * dim, max: 40 }),
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
  }),
);

/** The largest difference between the entries. */
const difference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);

describe('pairedDraws', () => {
  it('are draws and their opposites, the last one alone if their number is odd', () => {
    const draws = pairedDraws(randomSource(1), 3, 5);
    expect(draws.length).toBe(5);
    for (const i of [0, 2]) expect(draws[i + 1]).toEqual(draws[i].map((x) => -x));
    expect(draws[2]).not.toEqual(draws[0]);
  });
});

describe('standardizedDraws', () => {
  it('have mean 0 and covariance I', () => {
    fc.assert(
      fc.property(sizes, ({ dim, count, seed }) => {
        const draws = standardizedDraws(randomSource(seed), dim, count);
        // Rounding grows with the condition of the covariance: lengths of up to √n in the best known direction.
        for (let i = 0; i < dim; i++) {
          expect(Math.abs(draws.reduce((sum, draw) => sum + draw[i], 0) / count)).toBeLessThan(1e-8);
          for (let j = 0; j <= i; j++) {
            const product = draws.reduce((sum, draw) => sum + draw[i] * draw[j], 0) / count;
            expect(Math.abs(product - (i === j ? 1 : 0))).toBeLessThan(1e-6);
          }
        }
      }),
    );
  });

  it('make the gradient of the ELBO the same with and without sticking the landing', () => {
    fc.assert(
      fc.property(sizes, fc.boolean(), ({ dim, count, seed }, diagonal) => {
        const start = {
          mean: new Float64Array(dim),
          cholesky: Float64Array.from({ length: dim * dim }, (_, i) => (i % (dim + 1) === 0 ? 1 : 0)),
        };
        const map = affine({ start, widths: diagonal ? new Float64Array(dim).fill(1) : undefined, fixMean: false });
        const random = randomSource(seed);
        const parameters = Float64Array.from({ length: map.size }, () => 0.3 * random.normal());
        const bases = standardizedDraws(random, dim, count);
        const slopes = bases.map(() => Float64Array.from({ length: dim }, () => random.normal()));
        const [stuck, loose] = [true, false].map((sticking) => {
          const member = gaussianFamily(map, sticking).at(parameters);
          const gradient = new Float64Array(map.size);
          bases.forEach((base, i) => {
            member.draw(base).addGradient(slopes[i], gradient);
          });
          return gradient.map((g) => g / count);
        });
        expect(difference(stuck, loose)).toBeLessThan(1e-5);
      }),
    );
  });
});
