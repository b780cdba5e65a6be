import type { WeightLayout } from '@subspace/core';
import { argumentError, requireCount, requireLength, show } from '@subspace/core/internals';
import type { ArcLength } from './arc-length.ts';
import { combination, differenceProducts } from './combination.ts';
import type { Curve } from './curve.ts';
import { requireTime } from './curve-points.ts';

/** What makes one kind of curve: the coefficients of its points, and those of the differences of neighbours in its derivative. */
export interface CurveParts {
  readonly kind: Curve['kind'];
  readonly points: readonly Float32Array[];
  readonly layout?: WeightLayout;
  coefficients(t: number): Float64Array;
  differenceCoefficients(t: number): Float64Array;
  arcLength(speed: (t: number) => number): ArcLength;
}

export function curveOf(parts: CurveParts): Curve {
  const { kind, points, layout } = parts;
  const pieces = points.length - 1;
  let products: Float64Array | undefined;
  let arc: ArcLength | undefined;

  const speed = (t: number): number => {
    products ??= differenceProducts(points);
    const c = parts.differenceCoefficients(t);
    let square = 0;
    for (let j = 0; j < pieces; j++) for (let k = 0; k < pieces; k++) square += c[j] * c[k] * products[j * pieces + k];
    return Math.sqrt(Math.max(0, square));
  };
  const lengths = (): ArcLength => {
    arc ??= parts.arcLength(speed);
    return arc;
  };
  const output = (where: string, out: Float32Array | undefined): Float32Array => {
    if (out) requireLength(where, 'out', out, points[0].length);
    return out ?? new Float32Array(points[0].length);
  };
  const curve: Curve = {
    kind,
    points,
    ...(layout && { layout }),
    coefficients(t) {
      requireTime('coefficients', t);
      return parts.coefficients(t);
    },
    point(t, out) {
      requireTime('point', t);
      return combination(points, parts.coefficients(t), output('point', out));
    },
    tangent(t, out) {
      requireTime('tangent', t);
      // Σ dⱼ·(θⱼ₊₁ − θⱼ), by the points: neighbours' coefficients, differenced.
      const c = parts.differenceCoefficients(t);
      const ofPoints = points.map((_, k) => (k > 0 ? c[k - 1] : 0) - (k < pieces ? c[k] : 0));
      return combination(points, ofPoints, output('tangent', out));
    },
    speed(t) {
      requireTime('speed', t);
      return speed(t);
    },
    length(to = 1) {
      requireTime('length', to);
      return lengths().length(to);
    },
    timeAt(length) {
      const whole = lengths().length(1);
      if (!(length >= 0 && length <= whole)) {
        throw argumentError('timeAt', `length is ${show(length)}, expected a number from 0 to ${whole}`);
      }
      return lengths().timeAt(length);
    },
    evenTimes(count) {
      requireCount('evenTimes', 'count', count, 2);
      const whole = lengths().length(1);
      return Float64Array.from({ length: count }, (_, i) =>
        i === count - 1 ? 1 : lengths().timeAt((whole * i) / (count - 1)),
      );
    },
  };
  return curve;
}
