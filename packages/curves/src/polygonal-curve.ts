import type { WeightLayout } from '@subspace/core';
import { requireKnownOptions } from '@subspace/core/internals';
import type { ArcLength } from './arc-length.ts';
import type { Curve } from './curve.ts';
import { curveOf } from './curve-of.ts';
import { requireCurvePoints } from './curve-points.ts';

/**
 * A polygonal chain: straight pieces from each point to the next, each taking the same share of t. It passes through its bends.
 *
 * @param points start, any number of bends, end: [D] each; kept, not copied
 * @param options `layout` of the network whose weights they are
 * @throws on fewer than two points, different lengths, a value that is not finite, or a start that equals the end
 * @see Garipov et al. (2018), Equation (3): https://arxiv.org/abs/1802.10026
 * @example
 * ```ts
 * import { polygonalCurve } from '@subspace/curves';
 *
 * const curve = polygonalCurve([Float32Array.of(0, 0), Float32Array.of(3, 4), Float32Array.of(3, 5)]);
 * curve.point(0.25); // [1.5, 2]
 * curve.length(); // 6
 * curve.evenTimes(3); // [0, 0.3, 1]
 * ```
 */
export function polygonalCurve(points: readonly Float32Array[], options: { layout?: WeightLayout } = {}): Curve {
  requireKnownOptions('polygonalCurve', options, ['layout']);
  requireCurvePoints('polygonalCurve', points, options.layout);
  const pieces = points.length - 1;
  const pieceAt = (t: number) => Math.min(pieces - 1, Math.floor(t * pieces));
  return curveOf({
    kind: 'polygon',
    points,
    layout: options.layout,
    coefficients(t) {
      const piece = pieceAt(t);
      const share = t * pieces - piece;
      const values = new Float64Array(pieces + 1);
      values[piece] = 1 - share;
      values[piece + 1] = share;
      return values;
    },
    differenceCoefficients(t) {
      const values = new Float64Array(pieces);
      values[pieceAt(t)] = pieces;
      return values;
    },
    arcLength: (speed) => piecewise(pieces, speed),
  });
}

/** Arc length where the speed is constant on each of so many pieces. */
function piecewise(pieces: number, speed: (t: number) => number): ArcLength {
  const travelled = new Float64Array(pieces + 1);
  for (let piece = 0; piece < pieces; piece++) {
    travelled[piece + 1] = travelled[piece] + speed((piece + 0.5) / pieces) / pieces;
  }
  return {
    length(to) {
      const piece = Math.min(pieces - 1, Math.floor(to * pieces));
      return travelled[piece] + (travelled[piece + 1] - travelled[piece]) * (to * pieces - piece);
    },
    timeAt(length) {
      if (length >= travelled[pieces]) return 1;
      let piece = 0;
      while (travelled[piece + 1] <= length) piece++;
      const share = (length - travelled[piece]) / (travelled[piece + 1] - travelled[piece]);
      return (piece + share) / pieces;
    },
  };
}
