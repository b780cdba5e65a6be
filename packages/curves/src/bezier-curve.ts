import type { WeightLayout } from '@subspace/core';
import { requireKnownOptions } from '@subspace/core/internals';
import { arcLength } from './arc-length.ts';
import { bernstein } from './bernstein.ts';
import type { Curve } from './curve.ts';
import { curveOf } from './curve-of.ts';
import { requireCurvePoints } from './curve-points.ts';

/**
 * A Bézier curve: w(t) = Σₖ C(n, k)·tᵏ·(1 − t)ⁿ⁻ᵏ·θₖ, k = 0 … n. It leaves the start towards the first bend and reaches the end from the last one, and
 * passes through no bend.
 *
 * @param points start, any number of bends, end: [D] each; kept, not copied
 * @param options `layout` of the network whose weights they are
 * @throws on fewer than two points, different lengths, a value that is not finite, or a start that equals the end
 * @see Garipov et al. (2018), Equation (4): https://arxiv.org/abs/1802.10026
 * @example
 * ```ts
 * import { bezierCurve } from '@subspace/curves';
 *
 * const curve = bezierCurve([Float32Array.of(0, 0), Float32Array.of(1, 2), Float32Array.of(2, 0)]);
 * curve.coefficients(0.5); // [0.25, 0.5, 0.25]
 * curve.point(0.5); // [1, 1]
 * curve.tangent(0.5); // [2, 0]
 * curve.length(); // 2.96: the parabola between (0, 0) and (2, 0)
 * curve.point(curve.timeAt(curve.length() / 2)); // [1, 1]
 * ```
 */
export function bezierCurve(points: readonly Float32Array[], options: { layout?: WeightLayout } = {}): Curve {
  requireKnownOptions('bezierCurve', options, ['layout']);
  requireCurvePoints('bezierCurve', points, options.layout);
  const degree = points.length - 1;
  return curveOf({
    kind: 'bezier',
    points,
    layout: options.layout,
    coefficients: (t) => bernstein(degree, t),
    // The derivative is a Bézier curve through n times the differences.
    differenceCoefficients: (t) => bernstein(degree - 1, t).map((value) => degree * value),
    arcLength,
  });
}
