import { randomSource } from '@subspace/core';
import { describe, expect, it } from 'vitest';
import { bandDistance, bandScores, type FunctionDraws } from '../src/function-draws.ts';
import { syntheticProblem } from '../src/problem.ts';

const at = (...members: number[][]): FunctionDraws => ({
  grid: Float64Array.from(members[0], (_, i) => i),
  members,
});

describe('the distance of two bands', () => {
  it('is the shift of what is shifted, and 0 of the same in another order', () => {
    const some = at([1, 5], [3, 2], [-1, 0]);
    const moved = at([0, 5], [4, 2], [2, 0]);
    expect([...bandDistance(some, moved)]).toEqual([1, 0].map((d) => expect.closeTo(d, 12)));
  });

  it('is that of quantiles where there are other numbers of draws', () => {
    // {0, 1} against {½}: each half moves by ½.
    expect(bandDistance(at([0], [1]), at([0.5]))[0]).toBeCloseTo(0.5, 12);
    // {0, 3} against {0, 0, 3}: levels from ½ to ⅔ move by 3.
    expect(bandDistance(at([0], [3]), at([0], [0], [3]))[0]).toBeCloseTo(Math.sqrt(9 / 6), 12);
  });

  it('of two Gaussians is √((difference of means)² + (difference of standard deviations)²)', () => {
    const random = randomSource(1);
    const draws = (mean: number, std: number) =>
      at(...Array.from({ length: 20_000 }, () => [mean + std * random.normal()]));
    expect(bandDistance(draws(0, 1), draws(3, 5))[0]).toBeCloseTo(5, 0);
  });
});

describe('the scores of a band', () => {
  const problem = syntheticProblem(1);
  const grid = Float64Array.from({ length: 121 }, (_, i) => -10 + i / 6);
  const around = (shift: number, spread: number): FunctionDraws => ({
    grid,
    members: [-1, 0, 1].map((side) => grid.map((x) => problem.truth!(x) + shift + spread * side)),
  });

  it('know where the truth is inside', () => {
    const right = bandScores(around(0, 0.1), problem, 0.0025);
    expect([right.coverageBetween, right.coverageAtData]).toEqual([1, 1]);
    expect(right.widthBetween).toBeCloseTo(0.1 * Math.sqrt(2 / 3), 6);
    const wrong = bandScores(around(1, 0.1), problem, 0.0025, around(0, 0.1));
    expect(wrong.coverageBetween).toBe(0);
    expect(wrong.distance).toBeCloseTo(1, 6);
    expect(wrong.crpsBetween).toBeGreaterThan(10 * right.crpsBetween);
    // What is sure and right about the mean has the CRPS of the noise, σ/√π, where the grid is fine enough.
    expect(bandScores(around(0, 0), problem, 0.0025).crpsAtData).toBeCloseTo(0.05 / Math.sqrt(Math.PI), 2);
  });
});
