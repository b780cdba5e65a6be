import { toWeights, weightLayout } from '@subspace/core';
import { bezierCurve, curveSubspace, polygonalCurve } from '@subspace/curves';
import { describeGolden } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { goldenBends, goldenLayout } from './golden-bends.ts';

const layout = weightLayout([{ name: 'w', shape: [3] }]);
const [start, bend, end] = [Float32Array.of(0, 0, 1), Float32Array.of(1, 2, 1), Float32Array.of(2, 0, 1)];
const curve = () => bezierCurve([start, bend, end]);

describe('curveSubspace', () => {
  it('is the plane of the paper: through the middle of the curve, not through its bend', () => {
    const plane = curveSubspace(layout, curve());
    expect(plane.shift).toEqual(Float32Array.of(1, Math.fround(1 / 3), 1));
    expect(plane.basis).toEqual([Float32Array.of(2 / Math.sqrt(3), 0, 0), Float32Array.of(0, 1 / 1.5, 0)]);
    expect(curveSubspace(layout, { start, middle: Float32Array.of(1, 1, 1), end })).toEqual(
      expect.objectContaining({ shift: plane.shift, basis: plane.basis, coordinates: plane.coordinates }),
    );
  });

  it('gives back its three points, whatever the kind of curve', () => {
    for (const through of [bezierCurve, polygonalCurve]) {
      const bent = through(goldenBends(5));
      const plane = curveSubspace(goldenLayout, bent);
      const { coordinates } = plane;
      for (const [z, weights] of [
        [coordinates.start, bent.point(0)],
        [coordinates.middle, bent.point(0.5)],
        [coordinates.end, bent.point(1)],
      ] as const) {
        const there = toWeights(plane, z);
        weights.forEach((value, i) => {
          expect(Math.abs(there[i] - value)).toBeLessThan(1e-6);
        });
        expect(plane.coordinatesOf(weights)).toEqual(z);
      }
    }
  });

  it('has starts for any number of chains, each its own', () => {
    const { starts, coordinates } = curveSubspace(layout, curve());
    const { start: first, middle, end: last } = coordinates;
    expect(starts(5)).toEqual([last, first, middle, last, first]);
    expect(starts(4)[0]).not.toBe(starts(4)[3]);
    expect(() => starts(0)).toThrow('starts: chains is 0, expected an integer of at least 1');
  });

  it('finds the nearest point of the plane', () => {
    const plane = curveSubspace(layout, curve());
    const near = toWeights(plane, plane.coordinatesOf(Float32Array.of(0.5, 0.25, 7)));
    [0.5, 0.25, 1].forEach((value, i) => {
      expect(near[i]).toBeCloseTo(value, 6);
    });
  });

  it('refuses what spans no plane', () => {
    const straight = bezierCurve([start, Float32Array.of(1, 0, 1), end]);
    const problem = 'curveSubspace: start, middle and end lie on one line, expected three points that span a plane';
    expect(() => curveSubspace(layout, straight)).toThrow(problem);
    expect(() => curveSubspace(layout, { start, middle: end, end })).toThrow(problem);
    expect(() => curveSubspace(layout, { start, middle: bend, end: start.slice() })).toThrow(
      'curveSubspace: start and end are the same weights, expected two solutions',
    );
    // Nearly straight: no more than float32 rounds away.
    const large = Float32Array.of(1000, 2000, 3000);
    const other = Float32Array.of(1001, 2003, 3007);
    const middle = large.map((value, i) => (value + other[i]) / 2 + (i === 0 ? 1e-4 : 0));
    expect(() => curveSubspace(layout, { start: large, middle, end: other })).toThrow(problem);
  });

  it('refuses points of another network', () => {
    const two = weightLayout([{ name: 'w', shape: [2] }]);
    expect(() => curveSubspace(two, curve())).toThrow('curveSubspace: curve has 3 weights, expected 2 as the layout');
    expect(() => curveSubspace(two, { start, middle: bend, end })).toThrow('start has length 3, expected 2');
    const named = weightLayout([{ name: 'other', shape: [3] }]);
    const ofNamed = bezierCurve([start, bend, end], { layout: named });
    expect(() => curveSubspace(layout, ofNamed)).toThrow('curve has other [3] as tensor 0, expected w [3]');
    expect(() => curveSubspace(layout, { start, middle: bend, end, bend } as never)).toThrow('option bend is unknown');
    expect(() => curveSubspace(layout, undefined as never)).toThrow('curve is undefined, expected an object');
  });
});

describeGolden('curves-subspace.json', (golden) => {
  it('has shift, rows and coordinates of the reference', () => {
    const bent = bezierCurve(goldenBends(3), { layout: goldenLayout });
    const plane = curveSubspace(goldenLayout, bent);
    const near = (values: ArrayLike<number>, expected: readonly number[], digits = 6) => {
      expect(values.length).toBe(expected.length);
      expected.forEach((value, i) => {
        expect(values[i]).toBeCloseTo(value, digits);
      });
    };
    near(plane.shift, golden.shift);
    plane.basis.forEach((row, k) => {
      near(row, golden.basis[k]);
      expect(Math.hypot(...row)).toBeCloseTo(golden.rowNorms[k], 6);
    });
    const { start: first, middle, end: last } = plane.coordinates;
    [first, middle, last].forEach((z, i) => {
      near(z, golden.coordinates[i]);
    });
    golden.curveCoordinates.t.forEach((t: number, i: number) => {
      near(plane.coordinatesOf(bent.point(t)), golden.curveCoordinates.z[i]);
    });
  });
});
