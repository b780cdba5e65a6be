import { argumentError } from '@subspace/core/internals';

/** Three points of weight space, and the two directions of their plane: from the first to the third, and what of the second is orthogonal to that. */
export interface Plane {
  /** u = third − first [D]. */
  readonly along: Float64Array;
  /** v = second − first, less its part along u [D]. */
  readonly across: Float64Array;
  /** |u| and |v|. */
  readonly lengths: readonly [number, number];
}

/** Of the points' norms: float32 can't tell a line from a plane that is flatter than this. */
const FLAT = 1e-6;

/** The plane through three points; `names` are theirs, for errors. Throws where they lie on one line. */
export function planeThrough(
  where: string,
  names: readonly [string, string, string],
  [first, second, third]: readonly [Float32Array, Float32Array, Float32Array],
): Plane {
  const along = Float64Array.from(third, (value, i) => value - first[i]);
  const across = Float64Array.from(second, (value, i) => value - first[i]);
  const width = norm(along);
  const rounding = FLAT * Math.max(norm(first), norm(second), norm(third));
  if (width > rounding) {
    // Twice: what one projection leaves along u by rounding, the second takes away.
    for (let pass = 0; pass < 2; pass++) {
      const share = inner(along, across) / (width * width);
      for (let i = 0; i < across.length; i++) across[i] -= share * along[i];
    }
  }
  const height = norm(across);
  if (!(width > rounding && height > rounding)) {
    const [a, b, c] = names;
    throw argumentError(where, `${a}, ${b} and ${c} lie on one line, expected three points that span a plane`);
  }
  return { along, across, lengths: [width, height] };
}

/** Coordinates of the weights' projection onto shift + span(basis), of orthogonal rows of any length. */
export function orthogonalCoordinates(
  shift: Float32Array,
  basis: readonly Float32Array[],
  weights: Float32Array,
): Float64Array {
  return Float64Array.from(basis, (row) => {
    let product = 0;
    for (let i = 0; i < row.length; i++) product += (weights[i] - shift[i]) * row[i];
    return product / inner(row, row);
  });
}

function inner(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

export function norm(a: ArrayLike<number>): number {
  return Math.sqrt(inner(a, a));
}
