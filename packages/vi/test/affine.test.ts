import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { affine, affineInverse, affineLogDet, affinePoint, affinePulled } from '../src/affine.ts';

const numbers = (length: number, size: number) =>
  fc.array(fc.double({ min: -size, max: size, noNaN: true }), { minLength: length, maxLength: length });

/** A start, and parameters, of any form of the map. */
const cases = fc.integer({ min: 1, max: 4 }).chain((dim) =>
  fc
    .record({
      center: numbers(dim, 3),
      frame: numbers(dim * dim, 1),
      scale: fc.constantFrom(1e-3, 1, 1e3),
      diagonal: fc.boolean(),
      fixMean: fc.boolean(),
      parameters: numbers(dim + dim + (dim * (dim - 1)) / 2, 1),
      x: numbers(dim, 2),
      slope: numbers(dim, 2),
    })
    .map(({ center, frame, scale, diagonal, fixMean, parameters, x, slope }) => {
      const cholesky = Float64Array.from(frame, (value, i) => {
        const [row, column] = [Math.floor(i / dim), i % dim];
        return row < column ? 0 : scale * (row === column ? 1.5 + value : value);
      });
      const widths = diagonal ? Float64Array.from({ length: dim }, (_, k) => scale * (k + 0.5)) : undefined;
      const map = affine({ start: { mean: Float64Array.from(center), cholesky }, widths, fixMean });
      return {
        map,
        dim,
        parameters: Float64Array.from(parameters.slice(0, map.size)),
        x: Float64Array.from(x),
        slope: Float64Array.from(slope, (g) => g / scale),
      };
    }),
);

describe('affine', () => {
  it('has as many parameters as the mean and the factor have, less what is fixed', () => {
    const start = { mean: new Float64Array(3), cholesky: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) };
    const widths = Float64Array.of(1, 1, 1);
    expect(affine({ start, fixMean: false }).size).toBe(9);
    expect(affine({ start, fixMean: true }).size).toBe(6);
    expect(affine({ start, widths, fixMean: false }).size).toBe(6);
    expect(affine({ start, widths, fixMean: true }).size).toBe(3);
  });

  it('is inverted, and its factor has a positive diagonal', () => {
    fc.assert(
      fc.property(cases, ({ map, parameters, x }) => {
        const gaussian = map.gaussian(parameters);
        const back = affineInverse(gaussian, affinePoint(gaussian, x));
        back.forEach((value, k) => {
          expect(value).toBeCloseTo(x[k], 6);
        });
        expect(Number.isFinite(affineLogDet(gaussian))).toBe(true);
      }),
    );
  });

  it('starts at any factor of its form', () => {
    fc.assert(
      fc.property(cases, ({ map, parameters }) => {
        const { cholesky } = map.gaussian(parameters);
        const again = map.gaussian(map.initial(cholesky)).cholesky;
        const largest = Math.max(...cholesky.map(Math.abs));
        again.forEach((value, i) => {
          expect(Math.abs(value - cholesky[i]) / largest).toBeLessThan(1e-9);
        });
      }),
    );
  });

  it('has the gradients that differences have', () => {
    fc.assert(
      fc.property(cases, ({ map, dim, parameters, x, slope }) => {
        // f(z) = slope·z, whose gradient is the slope everywhere.
        const f = (p: Float64Array, at = x) =>
          affinePoint(map.gaussian(p), at).reduce((sum, z, k) => sum + slope[k] * z, 0);
        const gradient = new Float64Array(map.size);
        map.addGradient(parameters, x, slope, gradient);
        const logDetGradient = new Float64Array(map.size);
        map.addLogDetGradient(1, logDetGradient);
        const moved = (i: number, by: number) => parameters.map((p, j) => (i === j ? p + by : p));
        const step = 1e-5;
        for (let i = 0; i < map.size; i++) {
          const [up, down] = [moved(i, step), moved(i, -step)];
          expect(gradient[i]).toBeCloseTo((f(up) - f(down)) / (2 * step), 5);
          const difference = affineLogDet(map.gaussian(up)) - affineLogDet(map.gaussian(down));
          expect(logDetGradient[i]).toBeCloseTo(difference / (2 * step), 6);
        }
        const pulled = affinePulled(map.gaussian(parameters), slope);
        for (let k = 0; k < dim; k++) {
          const at = (by: number) => x.map((value, j) => (j === k ? value + by : value));
          expect(pulled[k]).toBeCloseTo((f(parameters, at(step)) - f(parameters, at(-step))) / (2 * step), 5);
        }
      }),
    );
  });
});
