import { randomSource, weightLayout } from '@subspace/core';
import { bezierCurve } from '@subspace/curves';
import { describeGolden } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { goldenBends } from './golden-bends.ts';

const parabola = () => bezierCurve([Float32Array.of(0, 0), Float32Array.of(1, 2), Float32Array.of(2, 0)]);

/** Points of D weights drawn from N(0, 1). */
function normalPoints(count: number, size: number): Float32Array[] {
  const random = randomSource(1);
  return Array.from({ length: count }, () => Float32Array.from({ length: size }, () => random.normal()));
}

describe('bezierCurve', () => {
  it('begins and ends at its ends, bit for bit', () => {
    const points = normalPoints(5, 3000);
    const curve = bezierCurve(points);
    expect(curve.point(0)).toEqual(points[0]);
    expect(curve.point(1)).toEqual(points[4]);
    expect(curve.coefficients(0)).toEqual(Float64Array.of(1, 0, 0, 0, 0));
    expect(curve.coefficients(1)).toEqual(Float64Array.of(0, 0, 0, 0, 1));
  });

  it('has the straight line for two points, and for bends evenly spaced on it', () => {
    const line = bezierCurve([Float32Array.of(0, 0), Float32Array.of(4, 8)]);
    const bent = bezierCurve([Float32Array.of(0, 0), Float32Array.of(2, 4), Float32Array.of(4, 8)]);
    for (const curve of [line, bent]) {
      expect(curve.point(0.25)).toEqual(Float32Array.of(1, 2));
      expect(curve.tangent(0.7)).toEqual(Float32Array.of(4, 8));
      expect(curve.length()).toBeCloseTo(Math.hypot(4, 8), 12);
      expect(curve.timeAt(Math.hypot(4, 8) / 4)).toBeCloseTo(0.25, 12);
    }
  });

  it('has a tangent that differences of points agree with, and its length as speed', () => {
    const points = normalPoints(4, 40);
    const curve = bezierCurve(points);
    for (const t of [0, 0.2, 0.5, 0.9, 1]) {
      const tangent = curve.tangent(t);
      const [from, to] = [Math.max(0, t - 1e-3), Math.min(1, t + 1e-3)];
      const [a, b] = [curve.point(from), curve.point(to)];
      tangent.forEach((value, i) => {
        expect(Math.abs((b[i] - a[i]) / (to - from) - value)).toBeLessThan(0.05);
      });
      expect(curve.speed(t)).toBeCloseTo(Math.sqrt(tangent.reduce((sum, x) => sum + x * x, 0)), 4);
    }
  });

  it('has the length of a parabola, in parts too', () => {
    // y = 2x − x²: ½·(s + asinh s) with slopes s = 2 at both ends.
    const half = (2 * Math.sqrt(5) + Math.asinh(2)) / 4;
    expect(parabola().length()).toBeCloseTo(2 * half, 12);
    expect(parabola().length(0.5)).toBeCloseTo(half, 12);
    expect(parabola().length(0)).toBe(0);
  });

  it('is cut into pieces of equal length by evenTimes, also where it nearly stops', () => {
    const cusp = bezierCurve([
      Float32Array.of(0, 0),
      Float32Array.of(1, 1),
      Float32Array.of(0, 1.000001),
      Float32Array.of(1, 0),
    ]);
    for (const curve of [parabola(), cusp, bezierCurve(normalPoints(6, 20))]) {
      const times = curve.evenTimes(11);
      expect([times[0], times[10]]).toEqual([0, 1]);
      for (let i = 1; i < 11; i++) {
        expect(curve.length(times[i]) - curve.length(times[i - 1])).toBeCloseTo(curve.length() / 10, 9);
        expect(curve.timeAt(curve.length(times[i]))).toBeCloseTo(times[i], 9);
      }
    }
  });

  it('turns round on a straight line whose bend lies beyond the end', () => {
    // x = 6t(1 − t) + t²: rises to 1.8 at t = 0.6, and falls to 1.
    const curve = bezierCurve([Float32Array.of(0), Float32Array.of(3), Float32Array.of(1)]);
    expect(curve.length()).toBeCloseTo(1.8 + 0.8, 9);
    expect(curve.speed(0.6)).toBeCloseTo(0, 6);
    expect(curve.timeAt(1.8)).toBeCloseTo(0.6, 4);
  });

  it('writes into what it is given', () => {
    const out = new Float32Array(2);
    expect(parabola().point(0.5, out)).toBe(out);
    expect(out).toEqual(Float32Array.of(1, 1));
    expect(parabola().tangent(0.5, out)).toBe(out);
    expect(out).toEqual(Float32Array.of(2, 0));
  });

  it('keeps the layout that it is given', () => {
    const layout = weightLayout([{ name: 'w', shape: [2] }]);
    expect(bezierCurve(parabola().points, { layout }).layout).toBe(layout);
    expect('layout' in parabola()).toBe(false);
  });

  it.each([-0.01, 1.01, Number.NaN, '0.5' as unknown as number, undefined as unknown as number])(
    'refuses the time %s',
    (t) => {
      const curve = parabola();
      const expected = {
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/t is .*, expected a number from 0 to 1/),
      };
      for (const call of [curve.point, curve.tangent, curve.coefficients, curve.speed]) {
        expect(() => call(t)).toThrow(expect.objectContaining(expected));
      }
      if (t !== undefined) expect(() => curve.length(t)).toThrow(expect.objectContaining(expected));
    },
  );

  it('refuses points that make no curve, and lengths that it has not', () => {
    const [a, b] = [Float32Array.of(1, 2), Float32Array.of(3, 4)];
    expect(() => bezierCurve([a])).toThrow('bezierCurve: points has 1 entries, expected at least two: start and end');
    expect(() => bezierCurve(undefined as never)).toThrow('bezierCurve: points is undefined, expected');
    expect(() => bezierCurve([a, Float32Array.of(1)])).toThrow('bezierCurve: points[1] has length 1, expected 2');
    expect(() => bezierCurve([a, Float32Array.of(1, Number.NaN), b])).toThrow('bezierCurve: points[1][1] is NaN');
    expect(() => bezierCurve([a, [3, 4] as never])).toThrow('bezierCurve: points[1] is Array, expected a Float32Array');
    expect(() => bezierCurve([a, b, a.slice()])).toThrow('start and end are the same weights, expected two solutions');
    const layout = weightLayout([{ name: 'w', shape: [3] }]);
    expect(() => bezierCurve([a, b], { layout })).toThrow('bezierCurve: points[0] has length 2, expected 3');
    expect(() => bezierCurve([a, b], { layuot: layout } as never)).toThrow('option layuot is unknown');
    const curve = parabola();
    expect(() => curve.timeAt(-1)).toThrow('timeAt: length is -1, expected a number from 0 to 2.957');
    expect(() => curve.timeAt(3)).toThrow('timeAt: length is 3, expected a number from 0 to 2.957');
    expect(() => curve.evenTimes(1)).toThrow('evenTimes: count is 1, expected an integer of at least 2');
    expect(() => curve.point(0.5, new Float32Array(3))).toThrow('point: out has length 3, expected 2');
  });
});

describeGolden('curves-coefficients.json', (golden) => {
  it.each([3, 4, 5])('has the coefficients of the reference, of %i points', (count) => {
    const curve = bezierCurve(goldenBends(count));
    golden.times.forEach((t: number, i: number) => {
      golden.coefficients.Bezier[count][i].forEach((value: number, k: number) => {
        expect(curve.coefficients(t)[k]).toBeCloseTo(value, 14);
      });
    });
  });
});

describeGolden('curves-length.json', (golden) => {
  const cases = () => golden.cases.filter(({ kind }: { kind: string }) => kind === 'Bezier');

  it('has the lengths of the reference, exact and by chords', () => {
    for (const { bends, exactLength, chordsFirstFive } of cases()) {
      const curve = bezierCurve(goldenBends(bends));
      expect(curve.length()).toBeCloseTo(exactLength, 10);
      chordsFirstFive.forEach((chord: number, i: number) => {
        const [a, b] = [curve.point(i / 60), curve.point((i + 1) / 60)];
        expect(Math.hypot(...b.map((value, d) => value - a[d]))).toBeCloseTo(chord, 5);
      });
    }
  });
});
