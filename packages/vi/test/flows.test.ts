import { gaussianLogDensity, gaussianLogDensityGradient, randomSource, type Vector } from '@subspace/core';
import { describeGolden, formulaArray } from '@subspace-internal/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { autoregressiveFlow, autoregressiveMasks } from '../src/autoregressive-flow.ts';
import { couplingFlow } from '../src/coupling-flow.ts';
import type { Flow } from '../src/flow.ts';
import { correlatedGaussian } from './flow-target.ts';

/** Any flow with any parameters: not close to the identity. */
const cases = fc
  .record({
    dim: fc.integer({ min: 1, max: 5 }),
    layers: fc.integer({ min: 1, max: 4 }),
    hidden: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 2 }),
    kind: fc.constantFrom('coupling', 'autoregressive', 'autoregressive with shortcut'),
    seed: fc.integer({ min: 0, max: 1e6 }),
  })
  .map(({ dim, layers, hidden, kind, seed }) => {
    const flow: Flow =
      kind === 'coupling'
        ? couplingFlow(dim, layers, hidden)
        : autoregressiveFlow(dim, layers, hidden, kind !== 'autoregressive');
    const random = randomSource(seed);
    const normals = (length: number) => Float64Array.from({ length }, () => random.normal());
    return {
      flow,
      dim,
      parameters: normals(flow.size).map((x) => 0.3 * x),
      base: normals(dim),
      slope: normals(dim),
      weight: random.normal(),
    };
  })
  // Steps may scale by e³ or e⁻⁵ each: what several of them make of rounding is no property of theirs.
  .filter(({ flow, parameters, base }) => {
    const { point, logDet } = flow.forward(parameters, base);
    return Math.abs(logDet) < 6 && point.every((x) => Math.abs(x) < 30);
  });

function logDeterminant(matrix: number[][]): number {
  const rows = matrix.map((row) => [...row]);
  let sum = 0;
  for (let k = 0; k < rows.length; k++) {
    const pivot = rows
      .slice(k)
      .reduce((best, row, i) => (Math.abs(row[k]) > Math.abs(rows[best][k]) ? k + i : best), k);
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    sum += Math.log(Math.abs(rows[k][k]));
    for (let i = k + 1; i < rows.length; i++) {
      const factor = rows[i][k] / rows[k][k];
      for (let j = k; j < rows.length; j++) rows[i][j] -= factor * rows[k][j];
    }
  }
  return sum;
}

/** Differences over both sides; undefined where a kink of the network lies between them. */
function derivative(f: (by: number) => number): number | undefined {
  const step = 1e-6;
  const [up, middle, down] = [f(step), f(0), f(-step)];
  const [right, left] = [(up - middle) / step, (middle - down) / step];
  return Math.abs(right - left) < 1e-4 * Math.max(1, Math.abs(right)) ? (up - down) / (2 * step) : undefined;
}

const relative = (a: number, b: number) => Math.abs(a - b) / Math.max(1, Math.abs(a), Math.abs(b));

describe('flows', () => {
  it('invert, with the same log determinant', () => {
    fc.assert(
      fc.property(cases, ({ flow, parameters, base }) => {
        const { point, logDet } = flow.forward(parameters, base);
        const back = flow.inverse(parameters, point);
        back.base.forEach((value, k) => {
          expect(relative(value, base[k])).toBeLessThan(1e-6);
        });
        expect(relative(back.logDet, logDet)).toBeLessThan(1e-6);
      }),
    );
  });

  it('have the log determinant of their numerical Jacobian', () => {
    fc.assert(
      fc.property(cases, ({ flow, dim, parameters, base }) => {
        const at = (k: number, by: number) =>
          flow.forward(
            parameters,
            base.map((x, i) => (i === k ? x + by : x)),
          ).point;
        const jacobian = Array.from({ length: dim }, (_, row) =>
          Array.from({ length: dim }, (_, k) => derivative((by) => at(k, by)[row])),
        );
        fc.pre(jacobian.flat().every((x) => x !== undefined));
        expect(relative(logDeterminant(jacobian as number[][]), flow.forward(parameters, base).logDet)).toBeLessThan(
          1e-4,
        );
      }),
    );
  });

  it('have the gradients that differences have, in parameters and base', () => {
    fc.assert(
      fc.property(cases, ({ flow, dim, parameters, base, slope, weight }) => {
        const f = (p: Vector, b: Vector) => {
          const { point, logDet } = flow.forward(p, b);
          return point.reduce((sum, x, k) => sum + slope[k] * x, weight * logDet);
        };
        const gradient = new Float64Array(flow.size);
        const baseGradient = flow.forward(parameters, base).addGradient(slope, weight, gradient);
        const moved = (v: Vector, i: number, by: number) => v.map((x, j) => (i === j ? x + by : x));
        for (let i = 0; i < flow.size; i++) {
          const difference = derivative((by) => f(moved(parameters, i, by), base));
          if (difference !== undefined) expect(relative(gradient[i], difference)).toBeLessThan(1e-3);
        }
        for (let k = 0; k < dim; k++) {
          const difference = derivative((by) => f(parameters, moved(base, k, by)));
          if (difference !== undefined) expect(relative(baseGradient[k], difference)).toBeLessThan(1e-3);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('add to the gradient that is there, and begin close to the identity', () => {
    for (const flow of [couplingFlow(3, 4, [8]), autoregressiveFlow(3, 3, [8], false)]) {
      const parameters = flow.initial(randomSource(1));
      const base = Float64Array.of(0.5, -1, 2);
      const { point, logDet, addGradient } = flow.forward(parameters, base);
      const distance = Math.hypot(...flow.inverse(parameters, base).base.map((x, k) => x - base[k]));
      expect(distance).toBeLessThan(0.2);
      expect(Math.abs(logDet)).toBeLessThan(0.2);
      expect(point.length).toBe(3);
      const once = new Float64Array(flow.size);
      addGradient(base, 1, once);
      const twice = once.slice();
      addGradient(base, 1, twice);
      twice.forEach((value, i) => {
        expect(value).toBeCloseTo(2 * once[i], 12);
      });
    }
  });
});

interface GoldenParameter {
  readonly name: string;
  readonly shape: number[];
  readonly salt: number;
  readonly std: number;
  readonly plus: number;
}

const valuesOf = ({ shape, salt, std, plus }: GoldenParameter) =>
  formulaArray(
    shape.reduce((a, b) => a * b, 1),
    salt,
    std,
  ).map((x) => x + plus);

/** Mean over the base draws of log p − log q, and its gradient. */
function elboAndGradient(flow: Flow, parameters: Vector, bases: readonly Vector[]) {
  const target = correlatedGaussian(flow.dim);
  const gradient = new Float64Array(flow.size);
  let elbo = 0;
  for (const base of bases) {
    const { point, logDet, addGradient } = flow.forward(parameters, base);
    const logBase = -0.5 * base.reduce((sum, x) => sum + x * x, flow.dim * Math.log(2 * Math.PI));
    elbo += (gaussianLogDensity(target, point) - logBase + logDet) / bases.length;
    addGradient(
      gaussianLogDensityGradient(target, point).map((g) => g / bases.length),
      1 / bases.length,
      gradient,
    );
  }
  return { elbo, gradient };
}

function expectGradient(found: Vector, golden: { sum: number; sumSquares: number; first3: number[] }) {
  expect(found.reduce((sum, g) => sum + g, 0)).toBeCloseTo(golden.sum, 9);
  expect(found.reduce((sum, g) => sum + g * g, 0) / Math.max(1, golden.sumSquares)).toBeCloseTo(
    golden.sumSquares / Math.max(1, golden.sumSquares),
    9,
  );
  golden.first3.forEach((g, i) => {
    expect(found[i]).toBeCloseTo(g, 9);
  });
}

const expectRows = (found: readonly ArrayLike<number>[], exact: number[][]) => {
  exact.flat().forEach((x, i) => {
    expect(found[Math.floor(i / exact[0].length)][i % exact[0].length]).toBeCloseTo(x, 11);
  });
};

describeGolden('flows-realnvp.json', (golden) => {
  it('has the maps, log determinants and ELBO gradients of the original coupling flow', () => {
    for (const { dim, couplings, innerDim, innerLayers, parameters: listed, ...exact } of golden.cases) {
      const flow = couplingFlow(dim, couplings, Array(innerLayers + 1).fill(innerDim));
      const parts = Array.from({ length: couplings }, (_, layer) => {
        const named = (test: (name: string) => boolean) => listed.filter(({ name }: GoldenParameter) => test(name));
        return [
          ...named((name) => name.startsWith(`t.${layer}.`)),
          ...named((name) => name.startsWith(`s.${layer}.seq_part.`)),
          ...named((name) => name === `s.${layer}.scale`),
        ] as GoldenParameter[];
      }).flat();
      const parameters = Float64Array.from(parts.flatMap((part) => [...valuesOf(part)]));
      expect(parameters.length).toBe(flow.size);

      const inverses = exact.x.map((x: number[]) => flow.inverse(parameters, Float64Array.from(x)));
      expectRows(
        inverses.map(({ base }: { base: Vector }) => base),
        exact.f,
      );
      // The golden's determinant is that of f, from data to base.
      inverses.forEach(({ logDet }: { logDet: number }, i: number) => {
        expect(-logDet).toBeCloseTo(exact.logDetF[i], 11);
      });
      const bases: Vector[] = exact.base.map((base: number[]) => Float64Array.from(base));
      expectRows(
        bases.map((base) => flow.forward(parameters, base).point),
        exact.g,
      );
      const { elbo, gradient } = elboAndGradient(flow, parameters, bases);
      expect(elbo).toBeCloseTo(exact.elbo, 10);
      let offset = 0;
      for (const part of parts) {
        const length = valuesOf(part).length;
        expectGradient(gradient.subarray(offset, offset + length), exact.elboGradient[part.name]);
        offset += length;
      }
    }
  });
});

describeGolden('flows-iaf.json', (golden) => {
  it('has the masks, maps, log determinants and ELBO gradients of Pyro', () => {
    for (const { dim, hidden, skipConnections, parameters: listed, masks, ...exact } of golden.cases) {
      const flow = autoregressiveFlow(dim, 1, hidden, skipConnections);
      const own = autoregressiveMasks(dim, hidden, skipConnections);
      own.layers.forEach((mask, l) => {
        expect([...mask]).toEqual(masks[`layers.${l}.mask`].flat());
      });
      if (skipConnections) expect([...own.shortcut!]).toEqual(masks['skip_layer.mask'].flat());

      const parameters = Float64Array.from(listed.flatMap((part: GoldenParameter) => [...valuesOf(part)]));
      expect(parameters.length).toBe(flow.size);
      const bases: Vector[] = exact.base.map((base: number[]) => Float64Array.from(base));
      const steps = bases.map((base) => flow.forward(parameters, base));
      expectRows(
        steps.map(({ point }) => point),
        exact.draws,
      );
      steps.forEach(({ point, logDet }, i) => {
        expect(logDet).toBeCloseTo(exact.logDet[i], 11);
        const back = flow.inverse(parameters, point);
        expectRows([back.base], [exact.base[i]]);
        expect(back.logDet).toBeCloseTo(logDet, 11);
      });
      const { elbo, gradient } = elboAndGradient(flow, parameters, bases);
      expect(elbo).toBeCloseTo(exact.elbo, 10);
      let offset = 0;
      for (const part of listed as GoldenParameter[]) {
        const length = valuesOf(part).length;
        expectGradient(gradient.subarray(offset, offset + length), exact.elboGradient[part.name]);
        offset += length;
      }
    }
  });
});
