import { expect, it } from 'vitest';
import { inUnits, unitsOf } from '../src/units.ts';

const width = { std: 2, most: 8 };

it('standardises, without far values going farther than they may', () => {
  const units = unitsOf([1e9, 1e9 + 2], width);
  expect([units.to(1e9), units.to(1e9 + 2)]).toEqual([-2, 2]);
  const far = [...new Array(99).fill(0), 1];
  expect(unitsOf(far, width).to(1)).toBeCloseTo(8, 12);
});

it('equal values are 0', () => {
  expect(unitsOf([0.1, 0.1, 0.1], width).to(0.1)).toBe(0);
});

it('a prediction goes back to the units of before', () => {
  const one = Float64Array.of(1);
  const units = unitsOf([10, 30], { std: 1, most: 10 });
  const back = inUnits(units, {
    mean: one,
    variance: one,
    epistemicVariance: one,
    aleatoricVariance: one,
    members: { means: [one], variances: [one] },
  });
  expect(back.mean[0]).toBe(30);
  expect([back.variance[0], back.epistemicVariance[0], back.aleatoricVariance[0]]).toEqual([100, 100, 100]);
  expect(back.members).toEqual({ means: [Float64Array.of(30)], variances: [Float64Array.of(100)] });
});
