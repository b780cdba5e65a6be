import { type Subspace, subspace, type WeightLayout, type WeightMap } from '@subspace/core';
import { bezierCurve, type Curve, tunnelSubspace } from '@subspace/curves';

/** Where weights are looked for, as plain data: an affine subspace, or a tunnel round a curve. */
export type Space =
  | { readonly kind: 'affine'; readonly shift: Float32Array; readonly basis: readonly Float32Array[] }
  | { readonly kind: 'tunnel'; readonly points: readonly Float32Array[]; readonly radius: number };

/** The subspace or map of a network's weights. */
export function spaceOf(layout: WeightLayout, space: Space): Subspace | WeightMap {
  if (space.kind === 'affine') return subspace({ layout, shift: space.shift, basis: space.basis });
  return tunnelSubspace(bezierCurve(space.points, { layout }), { radius: space.radius, rank: 1 });
}

/** A twentieth of the curve's length, or half of its least radius of curvature where that is less. */
export function tunnelRadius(curve: Curve): number {
  return Math.min(curve.length() / 20, 0.5 * leastRadius(curve));
}

/** |w′|³ / √(|w′|²·|w″|² − (w′·w″)²), the least of 201 times. */
function leastRadius(curve: Curve): number {
  const step = 1 / 200;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 200; i++) {
    const [from, to] = [curve.tangent(i * step), curve.tangent((i + 1) * step)];
    let [speed, bend, along] = [0, 0, 0];
    for (let k = 0; k < from.length; k++) {
      const second = (to[k] - from[k]) / step;
      speed += from[k] * from[k];
      bend += second * second;
      along += from[k] * second;
    }
    const area = Math.sqrt(Math.max(0, speed * bend - along * along));
    least = Math.min(least, (speed * Math.sqrt(speed)) / area);
  }
  return least;
}
