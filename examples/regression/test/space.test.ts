import { bezierCurve } from '@subspace/curves';
import { expect, it } from 'vitest';
import { tunnelRadius } from '../src/space.ts';

it('a tunnel is a twentieth of the curve’s length wide, or half of its least radius of curvature', () => {
  const line = bezierCurve([Float32Array.of(0, 0), Float32Array.of(1, 0.001), Float32Array.of(2, 0)]);
  expect(tunnelRadius(line)).toBeCloseTo(0.1, 4);
  // A parabola y = 2h·t·(1 − t)·…: at its top x′ = 2, y″ = −4h, so the radius is 4 / 4h.
  const height = 50;
  const hairpin = bezierCurve([Float32Array.of(0, 0), Float32Array.of(1, height), Float32Array.of(2, 0)]);
  expect(tunnelRadius(hairpin) / (0.5 / height)).toBeCloseTo(1, 1);
});
