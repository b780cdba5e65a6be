import { constrained, drawsFrom, logDensity, type Parameter, randomSource } from '@subspace/core';
import { describe, expect, it } from 'vitest';

const KINDS: Record<
  string,
  { readonly parameter: Parameter; readonly size: number; readonly inside: (x: number[]) => boolean }
> = {
  real: { parameter: { kind: 'real', size: 3 }, size: 3, inside: (x) => x.every(Number.isFinite) },
  positive: { parameter: { kind: 'positive', size: 2 }, size: 2, inside: (x) => x.every((v) => v > 0) },
  interval: {
    parameter: { kind: 'interval', lower: -1, upper: 3, size: 2 },
    size: 2,
    inside: (x) => x.every((v) => v > -1 && v < 3),
  },
  above: { parameter: { kind: 'interval', lower: 2 }, size: 1, inside: ([v]) => v > 2 },
  below: { parameter: { kind: 'interval', upper: -2 }, size: 1, inside: ([v]) => v < -2 },
  ordered: {
    parameter: { kind: 'ordered', size: 4 },
    size: 4,
    inside: (x) => x.every((v, i) => i === 0 || v > x[i - 1]),
  },
  simplex: {
    parameter: { kind: 'simplex', size: 4 },
    size: 4,
    inside: (x) => x.every((v) => v > 0) && Math.abs(x.reduce((a, b) => a + b) - 1) < 1e-14,
  },
};

const random = randomSource('constrained');
const normals = (count: number, sd = 1) => Float64Array.from({ length: count }, () => sd * random.normal());
/** Something that depends on every number of x, each in its own way. */
const someDensity = (size: number) =>
  logDensity(size, (x) => ({
    value: x.reduce((sum, v, i) => sum + Math.sin((i + 1) * v) - 0.1 * (i + 1) * v * v, 0),
    gradient: x.map((v, i) => (i + 1) * Math.cos((i + 1) * v) - 0.2 * (i + 1) * v),
  }));
const flat = (size: number) => logDensity(size, () => ({ value: 0, gradient: new Float64Array(size) }));

/** log |det| by elimination with pivots. */
function logDeterminant(matrix: number[][]): number {
  const rows = matrix.map((row) => [...row]);
  let log = 0;
  for (let k = 0; k < rows.length; k++) {
    const pivot = rows
      .slice(k)
      .reduce((best, row, i) => (Math.abs(row[k]) > Math.abs(rows[best][k]) ? k + i : best), k);
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    log += Math.log(Math.abs(rows[k][k]));
    for (let i = k + 1; i < rows.length; i++) {
      const factor = rows[i][k] / rows[k][k];
      for (let j = k; j < rows.length; j++) rows[i][j] -= factor * rows[k][j];
    }
  }
  return log;
}

describe.each(Object.entries(KINDS))('constrained to %s', (_, { parameter, size, inside }) => {
  const target = constrained(someDensity(size), { x: parameter });

  it('keeps to the constraint, and comes back', () => {
    for (let trial = 0; trial < 50; trial++) {
      const z = normals(target.dim, 2);
      const x = target.constrain(z);
      expect(inside(Array.from(x))).toBe(true);
      target.unconstrain(x).forEach((back, i) => {
        expect(back).toBeCloseTo(z[i], 9);
      });
    }
  });

  it('adds the logarithm of the determinant of its derivatives', () => {
    const jacobian = constrained(flat(size), { x: parameter });
    for (let trial = 0; trial < 10; trial++) {
      const z = normals(target.dim);
      const h = 1e-5;
      // Of a simplex, the last share is what the others leave.
      const columns = Array.from(z, (_, k) => {
        const [above, below] = [1, -1].map((sign) => target.constrain(z.map((v, i) => (i === k ? v + sign * h : v))));
        return Array.from({ length: target.dim }, (_, i) => (above[i] - below[i]) / (2 * h));
      });
      expect(jacobian.values([z])).toHaveLength(1);
      expect((jacobian.values([z]) as Float64Array)[0]).toBeCloseTo(logDeterminant(columns), 7);
    }
  });

  it('has the gradient that differences have', () => {
    for (let trial = 0; trial < 10; trial++) {
      const z = normals(target.dim);
      const h = 1e-5;
      const [{ value, gradient }] = target.valuesAndGradients([z]) as { value: number; gradient: Float64Array }[];
      expect((target.values([z]) as Float64Array)[0]).toBe(value);
      gradient.forEach((slope, k) => {
        const at = (sign: number) =>
          (target.values([z.map((v, i) => (i === k ? v + sign * h : v))]) as Float64Array)[0];
        expect(Math.abs(slope - (at(1) - at(-1)) / (2 * h))).toBeLessThan(1e-6 * (1 + Math.abs(slope)));
      });
    }
  });

  it('is finite, or −∞, far out', () => {
    const jacobian = constrained(flat(size), { x: parameter });
    for (const far of [-800, -40, 40, 800]) {
      const z = new Float64Array(target.dim).fill(far);
      const [{ value, gradient }] = jacobian.valuesAndGradients([z]) as { value: number; gradient: Float64Array }[];
      expect(Number.isFinite(value)).toBe(true);
      // exp(800) times a gradient of 0 is nothing that a density has to answer for.
      if (Math.abs(far) < 700) expect(gradient.every(Number.isFinite)).toBe(true);
      expect(target.constrain(z).some(Number.isNaN)).toBe(false);
    }
  });
});

describe('constrained', () => {
  const mixture = constrained(someDensity(6), {
    scale: { kind: 'positive' },
    centres: { kind: 'ordered', size: 2 },
    weights: { kind: 'simplex', size: 2 },
    shift: { kind: 'real' },
  });

  it('has several parameters side by side, by name', () => {
    expect(mixture.dim).toBe(5);
    expect(mixture.names).toEqual(['scale', 'centres[0]', 'centres[1]', 'weights[0]', 'weights[1]', 'shift']);
    const x = mixture.constrain(new Float64Array(5));
    expect(Array.from(x)).toEqual([1, 0, 1, 0.5, 0.5, 0]);
    expect(Array.from(mixture.unconstrain([1, 0, 1, 0.5, 0.5, 0]))).toEqual([0, 0, 0, 0, 0]);
    const simplex = constrained(flat(5), { shares: { kind: 'simplex', size: 5 } });
    simplex.constrain(new Float64Array(4)).forEach((share) => {
      expect(share).toBeCloseTo(0.2, 14);
    });
  });

  it('has no gradients where the density has none, waits for one that is far away, and frees it', async () => {
    let freed = 0;
    const values = async (points: readonly Float64Array[]) => Float64Array.from(points, ([x]) => -x);
    const away = { dim: 1, engine: 'far', identity: () => ({ rows: 7 }), values, dispose: () => freed++ };
    const target = constrained(away, { x: { kind: 'positive' } });
    expect(await target.identity?.()).toEqual({ rows: 7, parameters: { x: { kind: 'positive' } } });
    expect(await mixture.identity?.()).toBeUndefined();
    expect('valuesAndGradients' in target).toBe(false);
    expect(target.engine).toBe('far');
    expect(Array.from(await target.values([Float64Array.of(0), Float64Array.of(Math.log(2))]))).toEqual([
      -1,
      -2 + Math.log(2),
    ]);
    target.dispose();
    expect(freed).toBe(1);
  });

  it('makes draws of z draws of x, with what they have to tell', () => {
    const target = constrained(flat(2), { x: { kind: 'positive', size: 2 } });
    const draws = drawsFrom([[Float64Array.of(0, 1)], [Float64Array.of(2, 3)]], [[{ energy: 1 }], [{ energy: 2 }]]);
    const there = target.constrainDraws(draws);
    expect(there.positions.map((chain) => chain.map((x) => Array.from(x)))).toEqual([
      [[1, Math.E]],
      [[Math.exp(2), Math.exp(3)]],
    ]);
    expect(there.infos).toBe(draws.infos);
    expect(there.sample(randomSource(1), 2)).toEqual(there.positions.flat());
    // Of another dimension than z, and without an end.
    const simplex = constrained(flat(3), { x: { kind: 'simplex', size: 3 } });
    const endless = simplex.constrainDraws({ dim: 2, sample: (_, count) => Array(count).fill(new Float64Array(2)) });
    expect(endless.dim).toBe(3);
    expect(endless.sample(randomSource(1), 1)[0][0]).toBeCloseTo(1 / 3, 14);
    expect(() => simplex.constrainDraws(drawsFrom([[new Float64Array(3)]]))).toThrow('a draw has length 3, expected 2');
  });

  it('says what is wrong with parameters, and with positions outside', () => {
    const density = someDensity(2);
    const make = (parameter: object) => () => constrained(density, { x: parameter as Parameter });
    expect(make({ kind: 'positive' })).toThrow('constrained: parameters have 1 numbers, expected 2 as the density');
    expect(make({ kind: 'round' })).toThrow('x.kind is "round", expected real, positive, interval, ordered or simplex');
    expect(make({ kind: 'positive', length: 2 })).toThrow('option length is unknown');
    expect(make({ kind: 'positive', lower: 2 })).toThrow('option lower is unknown');
    expect(make({ kind: 'simplex', size: 1 })).toThrow('x.size is 1, expected an integer of at least 2');
    expect(make({ kind: 'interval', lower: 1, upper: 1 })).toThrow('x is from 1 to 1, expected lower below upper');
    expect(make({ kind: 'interval' })).toThrow('x is from -Infinity to Infinity');
    expect(make({ kind: 'interval', lower: Number.NaN, upper: 1 })).toThrow('x is from NaN to 1');
    expect(() => constrained(density, { x: { kind: 'real' }, 0: { kind: 'positive' } })).toThrow(
      'a parameter is called 0, expected a name with a letter',
    );
    expect(() => constrained(density, { x: 'positive' as never })).toThrow('x is "positive", expected an object');
    expect(() => mixture.values([new Float64Array(4)])).toThrow('z has length 4, expected 5');
    for (const [x, words] of [
      [[-1, 0, 1, 0.5, 0.5, 0], 'scale is -1, expected numbers above 0'],
      [[0, 0, 1, 0.5, 0.5, 0], 'scale is 0, expected numbers above 0'],
      [[1, 1, 1, 0.5, 0.5, 0], 'centres is 1, 1, expected ascending numbers'],
      [[1, 0, 1, 0.5, 0.6, 0], 'weights is 0.5, 0.6, expected numbers above 0 that sum to 1'],
      [[1, 0, 1, 1.5, -0.5, 0], 'weights is 1.5, -0.5, expected numbers above 0 that sum to 1'],
      [[1, 0, 1, 0.5, 0.5, Number.NaN], 'shift is NaN, expected finite numbers'],
      [[1, 0, 1], 'x has length 3, expected 6'],
    ] as const) {
      expect(() => mixture.unconstrain(x)).toThrow(words);
    }
    const unit = constrained(flat(1), { p: { kind: 'interval', lower: 0, upper: 1 } });
    expect(() => unit.unconstrain([1])).toThrow('p is 1, expected numbers between 0 and 1');
  });
});
