import { type Subspace, subspace, type Vector, type WeightLayout } from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireKnownOptions,
  requireOptions,
  requireSameLayout,
} from '@subspace/core/internals';
import type { Curve } from './curve.ts';
import { requireDifferentEnds, requireWeights } from './curve-points.ts';
import { orthogonalCoordinates, planeThrough } from './plane.ts';

/** Start, middle and end of a curve: the middle is its point at t = ½, not its bend. */
export interface CurveTriple {
  readonly start: Float32Array;
  readonly middle: Float32Array;
  readonly end: Float32Array;
}

/** The plane of a curve. */
export interface CurveSubspace extends Subspace {
  /** Of start, middle and end. */
  readonly coordinates: { readonly start: Vector; readonly middle: Vector; readonly end: Vector };
  /** Of the point of the plane that is nearest to the weights. */
  coordinatesOf(weights: Float32Array): Vector;
  /** `initial` for so many chains: end, start, middle, and so on round. */
  starts(chains: number): Vector[];
}

const WHERE = 'curveSubspace';

/**
 * The paper's curve subspace: the plane through start w₀, middle w₁ and end w₂ of a curve between two solutions.
 *
 * ŵ = ⅓(w₀ + w₁ + w₂); u = w₂ − w₀; v = (w₁ − w₀) less its part along u; the rows of P are u/√3 and v/1.5. They are orthogonal and not unit: a prior N(0, σ²·I)
 * over z is as wide as the curve is. The curve itself lies in the plane where it is a Bézier curve with one bend.
 *
 * @param layout of the network whose weights they are
 * @param curve a curve, or its three points
 * @throws on points of another layout, identical ends, or three points on one line
 * @see Izmailov et al. (2019), Section 4.3 and their published code
 * @example
 * ```ts
 * import { toWeights, weightLayout } from '@subspace/core';
 * import { bezierCurve, curveSubspace } from '@subspace/curves';
 *
 * const layout = weightLayout([{ name: 'w', shape: [2] }]);
 * const curve = bezierCurve([Float32Array.of(0, 0), Float32Array.of(1, 2), Float32Array.of(2, 0)]);
 * const plane = curveSubspace(layout, curve);
 * toWeights(plane, plane.coordinates.middle); // [1, 1]: curve.point(0.5)
 * const initial = plane.starts(4); // for `sample`: four chains at end, start, middle, end
 * ```
 */
export function curveSubspace(layout: WeightLayout, curve: Curve | CurveTriple): CurveSubspace {
  requireOptions(WHERE, 'layout', layout);
  requireOptions(WHERE, 'curve', curve);
  const { start, middle, end } = triple(curve, layout);
  requireDifferentEnds(WHERE, start, end);
  const { along, across } = planeThrough(WHERE, ['start', 'middle', 'end'], [start, middle, end]);
  const shift = start.map((value, i) => (value + middle[i] + end[i]) / 3);
  const basis = [
    Float32Array.from(along, (value) => value / Math.sqrt(3)),
    Float32Array.from(across, (value) => value / 1.5),
  ];
  const at = (weights: Float32Array) => orthogonalCoordinates(shift, basis, weights);
  const coordinates = { start: at(start), middle: at(middle), end: at(end) };
  return {
    ...subspace({ layout, shift, basis }),
    coordinates,
    coordinatesOf(weights) {
      requireWeights('coordinatesOf', 'weights', weights, layout.size);
      return at(weights);
    },
    starts(chains) {
      requireCount('starts', 'chains', chains);
      const turns = [coordinates.end, coordinates.start, coordinates.middle];
      return Array.from({ length: chains }, (_, chain) => turns[chain % 3].slice());
    },
  };
}

function triple(curve: Curve | CurveTriple, layout: WeightLayout): CurveTriple {
  if ('points' in curve) {
    if (curve.layout) requireSameLayout(WHERE, 'curve', curve.layout, layout);
    const { points } = curve;
    const [start, end] = [points[0], points[points.length - 1]];
    if (start.length !== layout.size) {
      throw argumentError(WHERE, `curve has ${start.length} weights, expected ${layout.size} as the layout`);
    }
    return { start, middle: curve.point(0.5), end };
  }
  requireKnownOptions(WHERE, curve, ['start', 'middle', 'end']);
  for (const name of ['start', 'middle', 'end'] as const) requireWeights(WHERE, name, curve[name], layout.size);
  return curve;
}
