import { categoricalLikelihood } from '@subspace/core';
import { formulaArray } from '@subspace-internal/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KernelBuild } from '../src/kernels/kernel-build.ts';
import { expectClose } from './close.ts';
import { materialOf, type Problem } from './kernel-material.ts';
import { cases, everyKind, problemsUpTo } from './kernel-problems.ts';
import { builds, compiled, outputStand, subspaceStand, twin } from './kernel-stand.ts';
import { informationBetween, logDensityAlong, outputsAlong } from './reference-network.ts';

/** Wide and many enough that sums, rows and columns are cut: chunks of 256, blocks of 96 rows, copied panels. */
const large: Problem = {
  ...{ sizes: [330, 140, 9, 3], activation: 'relu', head: 'identity', globalVariance: 0 },
  ...{ likelihood: categoricalLikelihood(), rows: 335, blockRows: 352, weighted: false, salt: 77 },
};

interface Division {
  /** Coordinates. */
  readonly dim: number;
  readonly shardRows: number;
  /** Whether the first layer's sums are formed from precomputed ones. */
  readonly linear: boolean;
}

const divisions: fc.Arbitrary<Division> = fc.record({
  dim: fc.integer({ min: 1, max: 12 }),
  shardRows: fc.integer({ min: 1, max: 45 }),
  linear: fc.boolean(),
});

const title = ({ sizes, activation, head, likelihood }: Problem) =>
  `[${sizes}], ${activation}, ${head === 'identity' ? likelihood.kind : 'heteroscedastic head'}`;
/** Of the largest entry, or of 1. */
const within = (error: number) => ({ absolute: error, relative: error });
const pointOf = (dim: number, salt: number) => Float32Array.from(formulaArray(dim, salt, 0.4));

describe.each(builds)('kernels: $name', (build) => {
  it.each(everyKind.map((problem) => [title(problem), problem] as const))('equal float64 loops: %s', (_, problem) => {
    checkLikelihood(build, problem, { dim: 3, shardRows: 9, linear: false });
    checkOutputs(build, problem);
  });

  it('equal float64 loops for any sizes, blocks, shards and number of coordinates', () => {
    fc.assert(
      fc.property(problemsUpTo(26), divisions, (problem, division) => {
        checkLikelihood(build, problem, { ...division, linear: division.linear && problem.sizes.length > 2 });
        checkOutputs(build, problem);
      }),
      cases,
    );
  });

  it('equal float64 loops where sums and rows are cut', () => {
    checkLikelihood(build, large, { dim: 1, shardRows: 335, linear: false });
    checkLikelihood(build, { ...large, sizes: [330, 140, 3] }, { dim: 2, shardRows: 335, linear: true });
    checkOutputs(build, large);
  });

  it('give a point the same numbers, bit for bit, whatever else was asked', () => {
    fc.assert(
      fc.property(problemsUpTo(12), divisions, (problem, { dim, shardRows, linear }) => {
        const points = [1, 2, 3].map((salt) => pointOf(dim, salt));
        const options = { dim, shardRows, linear: linear && problem.sizes.length > 2 };
        const together = subspaceStand(build, problem, { ...options, points });
        const gradients = together.gradients();
        expect(together.gradients(3)).toEqual(gradients);
        points.forEach((point, i) => {
          const alone = subspaceStand(build, problem, { ...options, points: [point] });
          expect(alone.gradients()).toEqual([gradients[i]]);
          expect(alone.values()).toEqual([gradients[i].value]);
          expect(together.gaussNewton(i)).toEqual(alone.gaussNewton(0));
        });
      }),
      { ...cases, numRuns: 25 },
    );
  });

  it('give NaN at a point that is not finite, and forget it', () => {
    fc.assert(
      fc.property(problemsUpTo(12), divisions, (problem, { dim, shardRows, linear }) => {
        const point = pointOf(dim, 1);
        const division = { dim, shardRows, linear: linear && problem.sizes.length > 2 };
        const stand = subspaceStand(build, problem, { ...division, points: [point] });
        const before = stand.gradients();
        const curvature = stand.gaussNewton(0);
        for (const bad of [Number.NaN, 1e38]) {
          stand.move(
            0,
            point.map(() => bad),
          );
          const [{ value }] = stand.gradients();
          if (Number.isNaN(bad)) expect(value).toBeNaN();
          stand.gaussNewton(0);
          stand.move(0, point);
          expect(stand.gradients()).toEqual(before);
          expect(stand.gaussNewton(0)).toEqual(curvature);
        }
      }),
      { ...cases, numRuns: 25 },
    );
  });
});

describe.each(compiled)('compiled kernels and their twin: $name', (build) => {
  it('give the same values and gradients, within single precision', () => {
    fc.assert(
      fc.property(problemsUpTo(26), divisions, (problem, { dim, shardRows, linear }) => {
        const points = [pointOf(dim, 1), pointOf(dim, 2)];
        const options = { dim, shardRows, linear: linear && problem.sizes.length > 2, points };
        const expected = subspaceStand(twin, problem, options).gradients();
        subspaceStand(build, problem, options)
          .gradients()
          .forEach(({ value, gradient }, i) => {
            expectClose([value], [expected[i].value], within(2e-6));
            expectClose(gradient, expected[i].gradient, within(5e-6));
          });
      }),
      cases,
    );
  });
});

/** Values, gradients, log densities of rows and Gauss–Newton matrices of two points. */
function checkLikelihood(build: KernelBuild, problem: Problem, division: Division): void {
  const { dim } = division;
  const material = materialOf(problem);
  const directions = Array.from({ length: dim }, (_, k) => material.direction(k));
  const points = [pointOf(dim, 100), pointOf(dim, 200)];
  const stand = subspaceStand(build, problem, { ...division, points });
  const gradients = stand.gradients();
  const values = stand.values(2);
  const rowValues = subspaceStand(build, problem, { ...division, points: points.slice(0, 1) }).rowValues();
  points.forEach((point, i) => {
    const weights = Float64Array.from(material.weights, (w, d) =>
      directions.reduce((sum, direction, k) => sum + point[k] * direction[d], w),
    );
    const expected = likelihoodLoops(problem, weights);
    expectClose([values[i]], [expected.value], within(5e-6));
    expectClose([gradients[i].value], [expected.value], within(5e-6));
    expectClose(gradients[i].gradient, expected.gradient, within(5e-6));
    // Jᵀ(diag(p) − ppᵀ)J cancels.
    expectClose(stand.gaussNewton(i), expected.curvature, within(3e-5));
    if (i === 0) expectClose(rowValues, expected.rowValues, within(5e-6));
  });

  function likelihoodLoops({ rows, likelihood }: Problem, weights: Float64Array) {
    const rowValues = new Float64Array(rows);
    const gradient = new Float64Array(dim);
    const curvature = new Float64Array(dim * dim);
    for (let r = 0; r < rows; r++) {
      const along = directions.map((direction) => outputsAlong(problem, weights, direction, material.input(r)));
      const densities = along.map((outputs) => logDensityAlong(likelihood, outputs, material.target(r)));
      const weight = material.weight(r);
      rowValues[r] = weight * densities[0].value;
      for (let k = 0; k < dim; k++) {
        gradient[k] += weight * densities[k].slope;
        for (let l = 0; l < dim; l++) {
          curvature[k * dim + l] +=
            weight * informationBetween(likelihood, along[0].values, along[k].tangents, along[l].tangents);
        }
      }
    }
    return { rowValues, gradient, curvature, value: rowValues.reduce((sum, value) => sum + value) };
  }
}

/** Outputs, J·v and Jᵀ·u. */
function checkOutputs(build: KernelBuild, problem: Problem): void {
  const { sizes, rows } = problem;
  const material = materialOf(problem);
  const stand = outputStand(build, problem);
  const v = material.direction(0);
  const loops = Array.from({ length: rows }, (_, r) => outputsAlong(problem, material.weights, v, material.input(r)));
  expectClose(
    stand.outputs(5),
    loops.flatMap(({ values }) => [...values]),
    within(5e-6),
  );
  const along = loops.flatMap(({ tangents }) => [...tangents]);
  expectClose(stand.times(v, 7), along, within(5e-6));
  const u = Float32Array.from(formulaArray(rows * sizes[sizes.length - 1], 300, 1));
  const pulled = stand.transposeTimes(u);
  // ⟨Jᵀu, v⟩ = ⟨u, J·v⟩
  const scale = Math.sqrt(dot(pulled, pulled) * dot(v, v)) + Math.sqrt(dot(u, u) * dot(along, along));
  expect(Math.abs(dot(pulled, v) - dot(u, along))).toBeLessThan(5e-6 * scale);
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
