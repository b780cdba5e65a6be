import { bernstein } from './bernstein.ts';

/** A curve by arc length, and directions across it that turn no more than it does. Vectors are [m]. */
export interface Frame {
  readonly length: number;
  /** The largest curvature that the directions see, and the time where it is. */
  readonly curvature: number;
  readonly curvedAt: number;
  /** At arc length s, beyond the ends too, where the curve goes on straight. */
  at(s: number): FramePoint;
}

export interface FramePoint {
  readonly point: Float64Array;
  readonly tangent: Float64Array;
  /** Orthonormal, and orthogonal to the tangent. */
  readonly normals: readonly Float64Array[];
  /** ∂normals/∂s, which are along the tangent. */
  readonly turns: readonly Float64Array[];
}

/** Steps of equal arc length; what lies between them is interpolated by cubics, to 1e-9 of a bend. */
const STEPS = 1024;

/**
 * The rotation-minimising frame of a Bézier curve: normals are carried along by double reflection, so that their derivative is along the tangent alone.
 *
 * @param points of the curve, [m] each
 * @param across the first `count` of the candidates that are independent, made orthogonal to the curve, are the normals at its start
 * @see Wang, Jüttler, Zheng & Liu (2008), "Computation of rotation minimizing frames", Table I
 */
export function rotationMinimisingFrame(
  points: readonly Float64Array[],
  curve: { readonly length: number; evenTimes(count: number): Float64Array },
  across: { readonly candidates: readonly Float64Array[]; readonly count: number },
): Frame {
  const { length } = curve;
  const times = curve.evenTimes(STEPS + 1);
  const step = length / STEPS;
  const differences = points.slice(1).map((point, k) => combined([point, points[k]], [1, -1]));
  const bends = differences.slice(1).map((point, k) => combined([point, differences[k]], [1, -1]));
  const degree = differences.length;

  let normals: Float64Array[] = [];
  let [curvature, curvedAt] = [0, 0];
  const nodes = Array.from(times, (t): FramePoint => {
    const velocity = combined(
      differences,
      bernstein(degree - 1, t).map((c) => degree * c),
    );
    const speed = Math.sqrt(inner(velocity, velocity));
    const tangent = velocity.map((x) => x / speed);
    return { point: combined(points, bernstein(degree, t)), tangent, normals: [], turns: [] };
  });
  const framed = nodes.map(({ point, tangent }, i): FramePoint => {
    normals =
      i === 0
        ? orthonormal(across.candidates, [tangent]).slice(0, across.count)
        : // What two reflections leave along the tangent is rounding, and would grow.
          orthonormal(reflected(normals, nodes[i - 1], nodes[i]), [tangent]);
    const t = times[i];
    const bend =
      degree > 1
        ? combined(
            bends,
            bernstein(degree - 2, t).map((c) => degree * (degree - 1) * c),
          )
        : new Float64Array(point.length);
    const velocity = combined(
      differences,
      bernstein(degree - 1, t).map((c) => degree * c),
    );
    const square = inner(velocity, velocity);
    const curvatures = normals.map((normal) => inner(normal, bend) / square);
    const seen = Math.hypot(...curvatures);
    // Where a single step turns that far, or the curve stands still, is a corner.
    const corner = i > 0 && !(inner(tangent, nodes[i - 1].tangent) > 0.9);
    if (corner) [curvature, curvedAt] = [Infinity, t];
    else if (seen > curvature) [curvature, curvedAt] = [seen, t];
    const turns = curvatures.map((k) => tangent.map((x) => -k * x));
    return { point, tangent, normals, turns };
  });

  return {
    length,
    curvature,
    curvedAt,
    at(s) {
      if (!(s > 0 && s < length)) {
        const { point, tangent, normals: last } = framed[s > 0 ? STEPS : 0];
        const beyond = s > 0 ? s - length : s;
        const turns = last.map((normal) => new Float64Array(normal.length));
        return { point: combined([point, tangent], [1, beyond]), tangent, normals: last, turns };
      }
      const i = Math.min(STEPS - 1, Math.floor(s / step));
      const [a, b] = [framed[i], framed[i + 1]];
      const u = s / step - i;
      const position = hermite(a.point, a.tangent, b.point, b.tangent, u, step);
      const between = a.normals.map((normal, j) => hermite(normal, a.turns[j], b.normals[j], b.turns[j], u, step));
      return {
        point: position.value,
        tangent: position.slope,
        normals: between.map(({ value }) => value),
        turns: between.map(({ slope }) => slope),
      };
    },
  };
}

/** The vectors made orthonormal, in order, and orthogonal to some that are so already; those that depend on earlier ones are left out. */
export function orthonormal(
  vectors: readonly ArrayLike<number>[],
  to: readonly Float64Array[] = [],
  dependent = 1e-6,
): Float64Array[] {
  const found: Float64Array[] = [];
  for (const vector of vectors) {
    const rest = Float64Array.from(vector);
    const size = Math.sqrt(inner(rest, rest));
    // Twice: what the first pass leaves by rounding, the second takes away.
    for (let pass = 0; pass < 2; pass++) {
      for (const other of [...to, ...found]) {
        const share = inner(rest, other);
        for (let i = 0; i < rest.length; i++) rest[i] -= share * other[i];
      }
    }
    const left = Math.sqrt(inner(rest, rest));
    if (left > dependent * size) found.push(rest.map((x) => x / left));
  }
  return found;
}

export function inner(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function combined(vectors: readonly Float64Array[], coefficients: ArrayLike<number>): Float64Array {
  return vectors[0].map((_, i) => vectors.reduce((sum, vector, k) => sum + coefficients[k] * vector[i], 0));
}

/** Vectors at one node, by the reflections that take its point and tangent to those of the next. */
function reflected(vectors: readonly Float64Array[], from: FramePoint, to: FramePoint): Float64Array[] {
  const chord = combined([to.point, from.point], [1, -1]);
  const tangent = mirrored(from.tangent, chord);
  const between = combined([to.tangent, tangent], [1, -1]);
  return vectors.map((vector) => mirrored(mirrored(vector, chord), between));
}

function mirrored(vector: Float64Array, normal: Float64Array): Float64Array {
  return combined([vector, normal], [1, (-2 * inner(vector, normal)) / inner(normal, normal)]);
}

/** The cubic with these values and slopes at u = 0 and 1, a step h apart; its value and slope. */
function hermite(
  value0: Float64Array,
  slope0: Float64Array,
  value1: Float64Array,
  slope1: Float64Array,
  u: number,
  h: number,
): { value: Float64Array; slope: Float64Array } {
  const [v, w] = [u * u, u * u * u];
  const all = [value0, slope0, value1, slope1];
  return {
    value: combined(all, [2 * w - 3 * v + 1, h * (w - 2 * v + u), 3 * v - 2 * w, h * (w - v)]),
    slope: combined(all, [(6 * v - 6 * u) / h, 3 * v - 4 * u + 1, (6 * u - 6 * v) / h, 3 * v - 2 * u]),
  };
}
