import { polygonalCurve } from '@subspace/curves';
import { describeGolden } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { goldenBends } from './golden-bends.ts';

const corner = () => polygonalCurve([Float32Array.of(0, 0), Float32Array.of(3, 4), Float32Array.of(3, 5)]);

describe('polygonalCurve', () => {
  it('passes through its points, bit for bit', () => {
    const points = goldenBends(5);
    const curve = polygonalCurve(points);
    points.forEach((point, k) => {
      expect(curve.point(k / 4)).toEqual(point);
    });
  });

  it('is straight between them', () => {
    expect(corner().point(0.25)).toEqual(Float32Array.of(1.5, 2));
    expect(corner().tangent(0.25)).toEqual(Float32Array.of(6, 8));
    expect(corner().tangent(0.5)).toEqual(Float32Array.of(0, 2));
    expect(corner().tangent(1)).toEqual(Float32Array.of(0, 2));
    expect(corner().speed(0.25)).toBe(10);
    expect(corner().speed(1)).toBe(2);
  });

  it('has the length of its pieces', () => {
    expect(corner().length()).toBe(6);
    expect(corner().length(0.25)).toBe(2.5);
    expect(corner().length(0.75)).toBe(5.5);
    expect(corner().timeAt(5.5)).toBe(0.75);
    expect(corner().evenTimes(4)).toEqual(Float64Array.of(0, 0.2, 0.4, 1));
  });

  it('rests where two neighbours are the same', () => {
    const [a, b] = [Float32Array.of(0), Float32Array.of(1)];
    for (const points of [
      [a, a, b],
      [a, b, b],
      [a, b, b, Float32Array.of(2)],
    ]) {
      const curve = polygonalCurve(points);
      const times = curve.evenTimes(5);
      times.forEach((t, i) => {
        expect(curve.length(t)).toBeCloseTo((curve.length() * i) / 4, 12);
      });
    }
  });

  it('refuses what is no curve', () => {
    const a = Float32Array.of(1);
    expect(() => polygonalCurve([a, a])).toThrow('polygonalCurve: start and end are the same weights');
    expect(() => polygonalCurve([])).toThrow('polygonalCurve: points has 0 entries, expected at least two');
    expect(() => corner().point(2)).toThrow('point: t is 2, expected a number from 0 to 1');
  });
});

describeGolden('curves-coefficients.json', (golden) => {
  it.each([3, 4, 5])('has the coefficients of the reference, of %i points', (count) => {
    const curve = polygonalCurve(goldenBends(count));
    golden.times.forEach((t: number, i: number) => {
      golden.coefficients.PolyChain[count][i].forEach((value: number, k: number) => {
        expect(curve.coefficients(t)[k]).toBeCloseTo(value, 14);
      });
    });
  });
});

describeGolden('curves-length.json', (golden) => {
  it('has the lengths of the reference', () => {
    const cases = golden.cases.filter(({ kind }: { kind: string }) => kind === 'PolyChain');
    for (const { bends, exactLength } of cases) {
      expect(polygonalCurve(goldenBends(bends)).length()).toBeCloseTo(exactLength, 10);
    }
  });
});
