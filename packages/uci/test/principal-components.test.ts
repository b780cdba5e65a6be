import { randomSource } from '@subspace/core';
import { describe, expect, it } from 'vitest';
import { principalComponents } from '../src/tasks/principal-components.ts';

const random = randomSource('principal components');
/** Along (3, 4)/5 and (−4, 3)/5 with standard deviations 10 and 1, about (1, 2), beside a third axis that never varies. */
const coordinates = Array.from({ length: 200 }, () => [10 * random.normal(), random.normal()]);
const points = coordinates.map(([a, b]) => Float64Array.of(1 + (3 * a - 4 * b) / 5, 2 + (4 * a + 3 * b) / 5, 7));

describe('principalComponents', () => {
  it('projects on uncorrelated directions, the one of most variance first, about the mean', () => {
    const project = principalComponents(points, 2);
    const made = points.map(project);
    const mean = (value: (z: Float64Array) => number) => made.reduce((sum, z) => sum + value(z), 0) / made.length;
    for (const k of [0, 1]) expect(mean((z) => z[k])).toBeCloseTo(0, 10);
    expect(mean((z) => z[0] * z[1])).toBeCloseTo(0, 10);
    expect(mean((z) => z[0] * z[0])).toBeGreaterThan(50 * mean((z) => z[1] * z[1]));
    // Nothing is left out: lengths stay.
    const squares = (from: Float64Array, to: Float64Array) =>
      from.reduce((sum, x, k) => sum + (x - to[k]) * (x - to[k]), 0);
    for (const i of [1, 2, 3]) expect(squares(made[0], made[i])).toBeCloseTo(squares(points[0], points[i]), 9);
  });

  it('has no more than there are axes', () => {
    expect(principalComponents(points, 9)(points[0]).length).toBe(3);
  });
});
