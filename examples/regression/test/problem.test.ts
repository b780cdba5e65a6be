import { expect, it } from 'vitest';
import { syntheticProblem } from '../src/problem.ts';
import { score } from '../src/scores.ts';

it('scores widths where data are, between them and outside of them', () => {
  const grid = Float64Array.from({ length: 201 }, (_, i) => -10 + i / 10);
  const trainX = [-6, -5.9, -5.8, 5.8, 5.9, 6];
  const sd = (x: number) => (Math.abs(x) > 6.3 ? 3 : Math.abs(x) > 5.5 ? 1 : 2);
  const epistemicVariance = grid.map((x) => sd(x) ** 2);
  const flat = {
    mean: grid.map(() => 0),
    variance: grid.map(() => 1),
    epistemicVariance,
    aleatoricVariance: grid.map(() => 0),
  };
  const none = {
    mean: new Float64Array(6),
    variance: new Float64Array(6).fill(1),
    epistemicVariance: new Float64Array(6),
    aleatoricVariance: new Float64Array(6),
  };
  const scores = score({ grid, onGrid: flat, trainX, train: { prediction: none, targets: new Float64Array(6) } });
  expect(scores.widthAtData).toBe(1);
  expect(scores.ratioBetween).toBeCloseTo(2, 1);
  expect(scores.ratioOutside).toBeCloseTo(3, 1);
  expect(scores.trainNll).toBeCloseTo(0.5 * Math.log(2 * Math.PI), 12);
  expect([scores.nllAtData, scores.coverageBetween]).toEqual([undefined, undefined]);
});

it('the synthetic problem is tested at its clusters and away from them', () => {
  const { train, test, truth } = syntheticProblem(3);
  const inCluster = (x: number) => [-6, 0, 6].some((centre) => Math.abs(x - centre) <= 1.2 + 1e-6);
  expect(Array.from(train.x).every(inCluster)).toBe(true);
  expect(Array.from(test!.atData.x).every(inCluster)).toBe(true);
  expect(Array.from(test!.away.x).some(inCluster)).toBe(false);
  const residuals = Array.from(test!.away.x, (x, i) => test!.away.y[i] - truth!(x));
  const variance = residuals.reduce((sum, r) => sum + r * r, 0) / residuals.length;
  expect(Math.abs(variance / 0.05 ** 2 - 1)).toBeLessThan(4 * Math.sqrt(2 / residuals.length));
});
