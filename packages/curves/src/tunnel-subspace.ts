import { mapWithin, subspace, type WeightLayout, type WeightMap, weightLayout } from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireKnownOptions,
  requireOptions,
  requirePositive,
  requireSameLayout,
} from '@subspace/core/internals';
import { bezierCurve } from './bezier-curve.ts';
import type { Curve } from './curve.ts';
import { requireDifferentEnds, requireWeights } from './curve-points.ts';
import { inner, orthonormal, rotationMinimisingFrame } from './rotation-minimising-frame.ts';
import { softUniform } from './soft-uniform.ts';

export interface TunnelOptions {
  /** Standard deviation of the prior across the curve, in units of the weights; of its ends too. */
  readonly radius: number;
  /** How many directions across. */
  readonly rank: number;
  /** Where the curve's own points don't span so many: further ones [D], rows of a PCA or random subspace say. They are made orthogonal to the curve and to each other, and are used in this order. */
  readonly directions?: readonly Float32Array[];
  /** Of the network; needed where the curve has none. */
  readonly layout?: WeightLayout;
}

const WHERE = 'tunnelSubspace';

/**
 * A tunnel round a curve: w(z) = c(s(z₀)) + radius · Σₖ zₖ·nₖ(s(z₀)), k = 1 … rank, with c by arc length s and nₖ the directions across of a rotation-minimising frame, which
 * turn with the curve and not round it.
 *
 * Under z ~ N(0, I), that is `priorStd: 1`, s is uniform on the curve, with half a Gaussian of standard deviation `radius` at either end, where the tunnel goes on straight; and the distances
 * across are Gaussian, `radius` their standard deviation. So elliptical slice and sequential Monte Carlo sample it as they are. The directions across begin with those that the curve's
 * own points span, towards its bends in their order; those of `directions` after them stay the same all along.
 *
 * The prior is meant on z: per volume of weights it is denser on the inner side of a bend, by 1 / (1 − distance · curvature). Where the straight ends begin, the map's derivative jumps by as
 * much as that factor differs from 1. All of it lies in the subspace of the curve's points and the directions, by whose kernels engines evaluate it.
 *
 * Unlike in the paper: the curve is any Bézier curve that was trained before, not one trained together with the volume of the tunnel; the first coordinate goes by arc length and not
 * by t, and it and its soft ends are a change of variables, so that the prior of z is N(0, I).
 *
 * @param curve a Bézier curve, or a straight line
 * @returns a map of 1 + rank coordinates; `parts`, from which `restoreTunnel` makes it again
 * @throws on a polygon that bends, identical ends, a radius that is not below the curve's least radius of curvature (in the directions across), or a rank above what the curve's points and the directions give
 * @see Dold et al. (2025), "Paths and ambient spaces in neural loss landscapes": https://arxiv.org/abs/2503.03382; Wang et al. (2008) for the frame
 * @example
 * ```ts
 * import { weightLayout } from '@subspace/core';
 * import { bezierCurve, tunnelSubspace } from '@subspace/curves';
 *
 * const layout = weightLayout([{ name: 'w', shape: [3] }]);
 * const curve = bezierCurve([Float32Array.of(0, 0, 0), Float32Array.of(1, 2, 0), Float32Array.of(2, 0, 0)], { layout });
 * const tunnel = tunnelSubspace(curve, { radius: 0.1, rank: 2, directions: [Float32Array.of(0, 0, 1)] });
 * tunnel.dim; // 3: along the curve, across in its plane, out of its plane
 * tunnel.weights(Float64Array.of(0, 0, 0)); // [1, 1, 0]: the middle of the curve
 * tunnel.weights(Float64Array.of(0, 0, 2)); // [1, 1, 0.2]
 * ```
 */
export function tunnelSubspace(curve: Curve, options: TunnelOptions): WeightMap {
  requireOptions(WHERE, 'curve', curve);
  requireOptions(WHERE, 'options', options);
  requireKnownOptions(WHERE, options, ['radius', 'rank', 'directions', 'layout']);
  const { radius, rank, directions = [] } = options;
  requirePositive(WHERE, 'radius', radius);
  requireCount(WHERE, 'rank', rank);
  const layout = layoutOf(curve, options.layout);
  const { points } = curve;
  const start = points[0];
  points.forEach((point, k) => {
    requireWeights(WHERE, `curve.points[${k}]`, point, layout.size);
  });
  directions.forEach((direction, k) => {
    requireWeights(WHERE, `directions[${k}]`, direction, layout.size);
  });
  requireDifferentEnds(WHERE, start, points[points.length - 1]);
  if (curve.kind === 'polygon' && points.length > 2) {
    throw argumentError(
      WHERE,
      'curve is a polygon, whose corners have no radius of curvature; expected a Bézier curve or two points',
    );
  }

  // Everything bent happens among the few coordinates in which the curve's points lie.
  const fromStart = points.map((point) => Float64Array.from(point, (w, i) => w - start[i]));
  const span = orthonormal([fromStart[points.length - 1], ...fromStart.slice(1, -1)]);
  const given = orthonormal(directions, span);
  const own = Math.min(rank, span.length - 1);
  const further = given.slice(0, rank - own);
  if (own + further.length < rank) {
    throw argumentError(
      WHERE,
      `rank is ${rank}, expected at most ${own + further.length}: the curve's points give ${span.length - 1} across, and directions ${given.length} more`,
    );
  }
  const low = fromStart.map((point) => Float64Array.from(span, (row) => inner(row, point)));
  const axes = span.map((_, k) => Float64Array.from(span, (_row, j) => (j === k ? 1 : 0)));
  const frame = rotationMinimisingFrame(
    low,
    { length: curve.length(), evenTimes: curve.evenTimes },
    { candidates: [...low.slice(1, -1), ...axes], count: own },
  );
  if (!(radius * frame.curvature < 1)) {
    throw argumentError(
      WHERE,
      `radius is ${radius}, expected less than ${1 / frame.curvature}, the radius of curvature of the curve at t = ${frame.curvedAt}`,
    );
  }

  const arc = softUniform(frame.length, radius);
  const size = span.length + further.length;
  const dim = 1 + rank;
  return mapWithin(
    subspace({ layout, shift: start, basis: [...span, ...further].map((row) => Float32Array.from(row)) }),
    {
      dim,
      coordinates(z) {
        const { point, normals } = frame.at(arc(z[0]).s);
        const x = new Float64Array(size);
        for (let i = 0; i < span.length; i++) {
          x[i] = point[i];
          for (let j = 0; j < own; j++) x[i] += radius * z[1 + j] * normals[j][i];
        }
        for (let j = own; j < rank; j++) x[span.length + j - own] = radius * z[1 + j];
        return x;
      },
      jacobian(z) {
        const { s, slope } = arc(z[0]);
        const { tangent, normals, turns } = frame.at(s);
        const matrix = new Float64Array(size * dim);
        for (let i = 0; i < span.length; i++) {
          matrix[i * dim] = slope * tangent[i];
          for (let j = 0; j < own; j++) {
            matrix[i * dim] += slope * radius * z[1 + j] * turns[j][i];
            matrix[i * dim + 1 + j] = radius * normals[j][i];
          }
        }
        for (let j = own; j < rank; j++) matrix[(span.length + j - own) * dim + 1 + j] = radius;
        return matrix;
      },
      parts: {
        kind: 'tunnel',
        points,
        layout: layout.entries.map(({ name, shape }) => ({ name, shape })),
        ...{ radius, rank, directions },
      },
    },
  );
}

/**
 * A tunnel from its `parts`, as `savePosterior` kept them.
 *
 * @example
 * ```ts
 * import { drawsFrom, gaussianLikelihood, loadPosterior, memoryStore, savePosterior, weightLayout } from '@subspace/core';
 * import { bezierCurve, restoreTunnel, tunnelSubspace } from '@subspace/curves';
 *
 * const layout = weightLayout([{ name: 'w', shape: [2] }]);
 * const curve = bezierCurve([Float32Array.of(0, 0), Float32Array.of(1, 2), Float32Array.of(2, 0)], { layout });
 * const store = memoryStore();
 * await savePosterior(store, {
 *   network: 'two weights',
 *   subspace: tunnelSubspace(curve, { radius: 0.1, rank: 1 }),
 *   draws: drawsFrom([[Float64Array.of(0.5, -1)]]),
 *   likelihood: gaussianLikelihood({ variance: 0.1 }),
 * });
 * const { subspace } = await loadPosterior(store, { maps: { tunnel: restoreTunnel } });
 * ```
 */
export function restoreTunnel(parts: NonNullable<WeightMap['parts']>): WeightMap {
  const { points, layout, radius, rank, directions } = parts as unknown as {
    points: Float32Array[];
    layout: { name: string; shape: number[] }[];
    radius: number;
    rank: number;
    directions: Float32Array[];
  };
  return tunnelSubspace(bezierCurve(points, { layout: weightLayout(layout) }), { radius, rank, directions });
}

function layoutOf({ layout: own, points }: Curve, given: WeightLayout | undefined): WeightLayout {
  const layout = given ?? own;
  if (!layout) throw argumentError(WHERE, 'layout is undefined, and the curve has none; expected that of the network');
  if (given && own) requireSameLayout(WHERE, 'curve', own, given);
  if (points[0].length !== layout.size) {
    throw argumentError(WHERE, `curve has ${points[0].length} weights, expected ${layout.size} as the layout`);
  }
  return layout;
}
