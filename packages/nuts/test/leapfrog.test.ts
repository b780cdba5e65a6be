import { logDensity } from '@subspace/core';
import { describeGolden, readGolden } from '@subspace-internal/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kineticEnergy, leapfrogOn, phasePoint } from '../src/leapfrog.ts';
import { scaleMatrix } from '../src/scale-matrix.ts';
import { goldenTarget } from './golden-targets.ts';
import { at, leap } from './phase.ts';

/** Curved in every direction: nothing cancels by accident. */
const curved = logDensity(3, ([x, y, z]) => ({
  value: -0.5 * x ** 2 - 0.25 * y ** 4 - Math.cosh(z) - 0.3 * Math.sin(x * y + z),
  gradient: Float64Array.of(
    -x - 0.3 * y * Math.cos(x * y + z),
    -(y ** 3) - 0.3 * x * Math.cos(x * y + z),
    -Math.sinh(z) - 0.3 * Math.cos(x * y + z),
  ),
}));
const dense = scaleMatrix(Float64Array.of(1.5, 0.4, 0, 0.4, 1, 0.2, 0, 0.2, 2), 3)!;
const diagonal = scaleMatrix(Float64Array.of(0.5, 1, 2), 3)!;
const coordinate = fc.double({ min: -1.5, max: 1.5, noNaN: true });
const place = fc.array(coordinate, { minLength: 3, maxLength: 3 });

describe.each([
  ['diagonal', diagonal],
  ['dense', dense],
])('a leapfrog step with a %s mass matrix', (_, inverseMass) => {
  it('is undone by a step backwards in time', () => {
    fc.assert(
      fc.property(place, place, fc.double({ min: 0.01, max: 0.3, noNaN: true }), (position, momentum, stepSize) => {
        const point = at(curved, inverseMass, position, momentum);
        for (let i = 0; i < 5; i++) leap(curved, inverseMass, point, stepSize);
        for (let i = 0; i < 5; i++) leap(curved, inverseMass, point, -stepSize);
        for (let k = 0; k < 3; k++) {
          expect(point.position[k]).toBeCloseTo(position[k], 9);
          expect(point.momentum[k]).toBeCloseTo(momentum[k], 9);
        }
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('is undone by a step with the momentum turned round', () => {
    fc.assert(
      fc.property(place, place, (position, momentum) => {
        const there = at(curved, inverseMass, position, momentum);
        leap(curved, inverseMass, there, 0.2);
        const back = at(
          curved,
          inverseMass,
          there.position,
          there.momentum.map((p) => -p),
        );
        leap(curved, inverseMass, back, 0.2);
        for (let k = 0; k < 3; k++) {
          expect(back.position[k]).toBeCloseTo(position[k], 12);
          expect(back.momentum[k]).toBeCloseTo(-momentum[k], 12);
        }
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  it('preserves volume: the determinant of its derivative is 1', () => {
    fc.assert(
      fc.property(place, place, (position, momentum) => {
        const columns = Array.from({ length: 6 }, (_, i) => {
          const moved = (sign: number) => {
            const start = [...position, ...momentum];
            start[i] += sign * 1e-5;
            const point = at(curved, inverseMass, start.slice(0, 3), start.slice(3));
            leap(curved, inverseMass, point, 0.25);
            return [...point.position, ...point.momentum];
          };
          const [up, down] = [moved(1), moved(-1)];
          return up.map((x, r) => (x - down[r]) / 2e-5);
        });
        expect(determinant(columns)).toBeCloseTo(1, 6);
      }),
      { seed: 3, numRuns: 50 },
    );
  });

  it('has an error of the energy that is quadratic in the step size over a fixed time', () => {
    const errors = [0.04, 0.02, 0.01].map((stepSize) => {
      const point = at(curved, inverseMass, [0.5, -0.4, 0.3], [0.7, 0.2, -0.5]);
      const start = kineticEnergy(point) - point.value;
      let energy = start;
      for (let i = 0; i < Math.round(1 / stepSize); i++) energy = leap(curved, inverseMass, point, stepSize);
      return energy - start;
    });
    expect(errors[0] / errors[1]).toBeCloseTo(4, 1);
    expect(errors[1] / errors[2]).toBeCloseTo(4, 1);
  });
});

it('leapfrogOn throws at a density of +∞', () => {
  const point = phasePoint(3);
  expect(() => leapfrogOn('nuts', point, diagonal, 0.1, { value: Infinity, gradient: new Float64Array(3) })).toThrow(
    'nuts: the log density is Infinity at [0, 0, 0], expected less',
  );
});

describeGolden('samplers-hmc.json', (golden) => {
  it('follows the trajectories of BlackJAX and NumPyro', () => {
    const targets = readGolden('samplers-targets.json');
    for (const [index, reference] of golden.cases.entries()) {
      const target = goldenTarget(reference.target, targets[reference.target]);
      const inverseMass = scaleMatrix(Float64Array.from(reference.inverseMass.flat()), target.dim)!;
      const point = at(target, inverseMass, reference.position, reference.momentum);
      const start = kineticEnergy(point) - point.value;
      let energy = start;
      for (let step = 0; step <= reference.steps; step++) {
        if (step > 0) energy = leap(target, inverseMass, point, reference.stepSize);
        const kept = reference.keptSteps.indexOf(step);
        if (kept < 0) continue;
        const close = (value: number, expected: number) =>
          expect(Math.abs(value - expected) / (1 + Math.abs(expected)), `case ${index}, step ${step}`).toBeLessThan(
            1e-9,
          );
        reference.positions[kept].forEach((x: number, k: number) => {
          close(point.position[k], x);
          close(point.momentum[k], reference.momenta[kept][k]);
        });
        close(point.value, reference.logDensity[kept]);
        close(energy, reference.energy[kept]);
      }
      const error = energy - start;
      expect(error / reference.energyErrorAtEnd).toBeCloseTo(1, 8);
      expect(Math.min(1, Math.exp(-error))).toBeCloseTo(reference.acceptanceProbabilityAtEnd, 9);
    }
  });
});

function determinant(columns: readonly (readonly number[])[]): number {
  const rows = columns.map((column) => [...column]);
  let product = 1;
  for (let i = 0; i < rows.length; i++) {
    const best = rows.map((row, r) => (r < i ? -1 : Math.abs(row[i])));
    const pivot = best.indexOf(Math.max(...best));
    if (pivot !== i) {
      [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
      product = -product;
    }
    product *= rows[i][i];
    for (let r = i + 1; r < rows.length; r++) {
      const factor = rows[r][i] / rows[i][i];
      rows[r] = rows[r].map((x, c) => x - factor * rows[i][c]);
    }
  }
  return product;
}
