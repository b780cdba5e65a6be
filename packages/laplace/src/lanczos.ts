import type { CancelSignal, RandomSource } from '@subspace/core';
import { abortError, breath } from '@subspace/core/internals';
import { Matrix } from 'ml-matrix';
import { requireFiniteForm } from './finite-form.ts';
import type { SymmetricOperator } from './gauss-newton.ts';
import { symmetricEigen } from './symmetric-eigen.ts';
import { addTimes, dot, norm } from './vectors.ts';

/** A symmetric matrix seen from within a Krylov space: T = QᵀAQ, tridiagonal. */
export interface KrylovSpace {
  /** Rows of Qᵀ, orthonormal: m vectors [d]. */
  readonly basis: readonly Float64Array[];
  readonly diagonal: readonly number[];
  /** `offDiagonal[m − 1]` is the length of what is left of A·q beyond the space. */
  readonly offDiagonal: readonly number[];
}

/** Eigenvalues of T, which are approximately A's, in descending order. */
export interface RitzValues {
  readonly values: Float64Array;
  /** ‖A·x − θ·x‖ of each: an eigenvalue of A is at most so far away. */
  readonly residuals: Float64Array;
  /** [m] of each: its vector in the basis. */
  readonly coordinates: readonly Float64Array[];
}

export interface LanczosOptions {
  readonly where: string;
  /** Most steps. */
  readonly steps: number;
  readonly random: RandomSource;
  /** Of the first step; by default drawn from N(0, I). */
  readonly start?: Float64Array;
  /** Asked after each step whether to go on. */
  readonly enough?: (space: KrylovSpace) => boolean;
  readonly signal?: CancelSignal;
  readonly onStep?: (step: number) => void;
}

/**
 * Lanczos' recurrence with full reorthogonalisation: each step is a product with A and makes the space larger by one direction.
 *
 * A space that A does not lead out of goes on in a new random direction.
 *
 * @see Golub & Van Loan, "Matrix Computations", Chapter 10; Parlett (1998), "The symmetric eigenvalue problem", Section 6.9, for reorthogonalising once more
 */
export async function lanczos(operator: SymmetricOperator, options: LanczosOptions): Promise<KrylovSpace> {
  const { where, random, enough, signal, onStep } = options;
  const { size } = operator;
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const offDiagonal: number[] = [];
  const space: KrylovSpace = { basis, diagonal, offDiagonal };
  const pause = breath();
  const drawn = () => Float64Array.from({ length: size }, () => random.normal());
  let next = unit(options.start ?? drawn());
  let largest = 0;
  for (let step = 0; step < Math.min(options.steps, size); step++) {
    if (signal?.aborted) throw abortError(where, signal, {});
    basis.push(next);
    const left = await operator.times(next);
    const along = dot(next, left);
    requireFiniteForm(where, along);
    largest = Math.max(largest, Math.abs(along));
    diagonal.push(along);
    addTimes(left, -along, next);
    if (step > 0) addTimes(left, -offDiagonal[step - 1], basis[step - 1]);
    const before = norm(left);
    makeOrthogonal(left, basis);
    let beyond = norm(left);
    if (beyond < 0.7 * before) {
      makeOrthogonal(left, basis);
      beyond = norm(left);
    }
    if (beyond > 1e-12 * largest) {
      next = left.map((entry) => entry / beyond);
    } else if (step + 1 < size) {
      beyond = 0;
      next = drawn();
      for (let again = 0; again < 2; again++) makeOrthogonal(next, basis);
      next = unit(next);
    }
    offDiagonal.push(beyond);
    onStep?.(step + 1);
    if (enough?.(space)) break;
    if (pause.due()) await pause.rest();
  }
  return space;
}

export function ritzValues({ diagonal, offDiagonal }: KrylovSpace): RitzValues {
  const m = diagonal.length;
  const { values, vectors } = symmetricEigen(
    Matrix.zeros(m, m).apply(function (this: Matrix, i, j) {
      if (i === j) this.set(i, j, diagonal[i]);
      else if (Math.abs(i - j) === 1) this.set(i, j, offDiagonal[Math.min(i, j)]);
    }),
  );
  const beyond = offDiagonal[m - 1];
  return { values, residuals: Float64Array.from(vectors, (s) => Math.abs(beyond * s[m - 1])), coordinates: vectors };
}

/** A vector of the space, given by its coordinates: [d]. */
export function ritzVector({ basis }: KrylovSpace, coordinates: ArrayLike<number>): Float64Array {
  const vector = new Float64Array(basis[0].length);
  basis.forEach((row, k) => {
    addTimes(vector, coordinates[k], row);
  });
  return vector;
}

function unit(v: Float64Array): Float64Array {
  const length = norm(v);
  return v.map((entry) => entry / length);
}

/** v less its parts along orthonormal rows, in place. Four rows at a time: v is read once for all of them. */
function makeOrthogonal(v: Float64Array, rows: readonly Float64Array[]): void {
  let k = 0;
  const parts = new Float64Array(rows.length);
  for (; k + 4 <= rows.length; k += 4) {
    const [a, b, c, d] = [rows[k], rows[k + 1], rows[k + 2], rows[k + 3]];
    let [ofA, ofB, ofC, ofD] = [0, 0, 0, 0];
    for (let i = 0; i < v.length; i++) {
      const x = v[i];
      ofA += x * a[i];
      ofB += x * b[i];
      ofC += x * c[i];
      ofD += x * d[i];
    }
    parts.set([ofA, ofB, ofC, ofD], k);
  }
  for (; k < rows.length; k++) parts[k] = dot(rows[k], v);
  for (k = 0; k + 4 <= rows.length; k += 4) {
    const [a, b, c, d] = [rows[k], rows[k + 1], rows[k + 2], rows[k + 3]];
    const [ofA, ofB, ofC, ofD] = parts.subarray(k, k + 4);
    for (let i = 0; i < v.length; i++) v[i] -= ofA * a[i] + ofB * b[i] + (ofC * c[i] + ofD * d[i]);
  }
  for (; k < rows.length; k++) addTimes(v, -parts[k], rows[k]);
}
