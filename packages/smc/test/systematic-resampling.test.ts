import { type RandomSource, randomSource } from '@subspace/core';
import { systematicResampling } from '@subspace/smc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** Log weights, some of them of zero weight, at least one not. */
const logWeights = fc
  .tuple(
    fc.array(fc.oneof(fc.double({ min: -30, max: 30, noNaN: true }), fc.constant(-Infinity)), { maxLength: 12 }),
    fc.double({ min: -30, max: 30, noNaN: true }),
    fc.nat(),
  )
  .map(([some, one, at]) => {
    const place = at % (some.length + 1);
    return [...some.slice(0, place), one, ...some.slice(place)];
  });

const shares = (weights: readonly number[]) => {
  const largest = Math.max(...weights);
  const total = weights.reduce((sum, weight) => sum + Math.exp(weight - largest), 0);
  return weights.map((weight) => Math.exp(weight - largest) / total);
};
const copies = (picks: Int32Array, of: number) =>
  Array.from({ length: of }, (_, i) => picks.filter((pick) => pick === i).length);
const at = (u: number): RandomSource => ({ ...randomSource(1), uniform: () => u });

describe('systematicResampling', () => {
  it('gives each index its expected number of copies, rounded down or up, in order', () => {
    fc.assert(
      fc.property(logWeights, fc.nat(40), fc.integer(), (weights, count, seed) => {
        const picks = systematicResampling(weights, count, randomSource(seed));
        expect(picks.length).toBe(count);
        expect([...picks]).toEqual([...picks].sort((a, b) => a - b));
        const counted = copies(picks, weights.length);
        shares(weights).forEach((share, i) => {
          expect(Math.abs(counted[i] - count * share)).toBeLessThan(1 + 1e-9);
          if (share === 0) expect(counted[i]).toBe(0);
        });
      }),
    );
  });

  it('is unbiased: over all values of its random number, copies average to count times weight', () => {
    const steps = 400;
    fc.assert(
      fc.property(logWeights, fc.integer({ min: 1, max: 20 }), (weights, count) => {
        const total = weights.map(() => 0);
        for (let j = 0; j < steps; j++) {
          const counted = copies(systematicResampling(weights, count, at((j + 0.5) / steps)), weights.length);
          counted.forEach((n, i) => {
            total[i] += n / steps;
          });
        }
        // The number of copies is a step function of u with one jump up and one down: the midpoint rule is off by 1/steps at most.
        shares(weights).forEach((share, i) => {
          expect(Math.abs(total[i] - count * share)).toBeLessThanOrEqual(1 / steps + 1e-9);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('takes one number from the stream', () => {
    const [used, other] = [randomSource(3), randomSource(3)];
    systematicResampling([0, 1, 2], 100, used);
    other.uniform();
    expect(used.uniform()).toBe(other.uniform());
  });

  it('rejects weights that are none', () => {
    const random = randomSource(1);
    const message = (weights: number[]) => () => systematicResampling(weights, 3, random);
    expect(message([0, Number.NaN])).toThrow('systematicResampling: logWeights[1] is NaN, expected a number below');
    expect(message([Infinity])).toThrow('systematicResampling: logWeights[0] is Infinity');
    expect(message([-Infinity, -Infinity])).toThrow('systematicResampling: logWeights are all -Infinity or none');
    expect(message([])).toThrow('systematicResampling: logWeights are all -Infinity or none');
    expect(() => systematicResampling([0], 1.5, random)).toThrow('systematicResampling: count is 1.5');
  });
});
