import { Matrix } from 'ml-matrix';
import type { Curvature } from './curvature.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/** The block of one tensor [p, q] row major: first ⊗ second. A bias has q = 1 and second = [1]. */
export interface KroneckerBlock {
  /** Where the tensor starts among the chosen weights. */
  readonly start: number;
  /** [p, p] */
  readonly first: Float64Array;
  /** [q, q] */
  readonly second: Float64Array;
}

/** The Gauss–Newton matrix as Kronecker products, a block a tensor; λ is added to the products' eigenvalues, exactly. */
export function kroneckerCurvature(size: number, blocks: readonly KroneckerBlock[]): Curvature {
  const turned = blocks.map(({ start, first, second }) => ({ start, left: eigen(first), right: eigen(second) }));
  return {
    size,
    posterior(priorPrecision) {
      const precisions = turned.map(({ left, right }) =>
        Float64Array.from(
          { length: left.values.length * right.values.length },
          (_, at) =>
            left.values[Math.floor(at / right.values.length)] * right.values[at % right.values.length] + priorPrecision,
        ),
      );
      /** f of the precision matrix, times v. */
      const apply = (f: (precision: number) => number, v: Float64Array): Float64Array => {
        const product = new Float64Array(size);
        turned.forEach(({ start, left, right }, b) => {
          const [p, q] = [left.values.length, right.values.length];
          const part = v.subarray(start, start + p * q);
          const along = multiply(left.rows, multiply(part, right.columns, p, q, q), p, p, q);
          for (let i = 0; i < along.length; i++) along[i] *= f(precisions[b][i]);
          product.set(multiply(left.columns, multiply(along, right.rows, p, q, q), p, p, q), start);
        });
        return product;
      };
      return {
        logDeterminant: precisions.reduce(
          (sum, block) => block.reduce((all, precision) => all + Math.log(precision), sum),
          0,
        ),
        precisionTimes: (v) => apply((precision) => precision, v),
        covarianceTimes: (v) => apply((precision) => 1 / precision, v),
        variance(j) {
          const scaled = apply((precision) => 1 / Math.sqrt(precision), j);
          return scaled.reduce((sum, x) => sum + x * x, 0);
        },
        marginalVariances() {
          const variances = new Float64Array(size);
          turned.forEach(({ start, left, right }, b) => {
            const [p, q] = [left.values.length, right.values.length];
            const squares = (matrix: Float64Array) => matrix.map((x) => x * x);
            const inverse = precisions[b].map((precision) => 1 / precision);
            const half = multiply(inverse, squares(right.rows), p, q, q);
            variances.set(multiply(squares(left.columns), half, p, p, q), start);
          });
          return variances;
        },
        draw(random) {
          return apply(
            (precision) => 1 / Math.sqrt(precision),
            Float64Array.from({ length: size }, () => random.normal()),
          );
        },
      };
    },
  };
}

/** Eigenvalues, at least 0; eigenvectors as rows and as columns, [n, n] row major each. */
function eigen(matrix: Float64Array): {
  readonly values: Float64Array;
  readonly rows: Float64Array;
  readonly columns: Float64Array;
} {
  const n = Math.round(Math.sqrt(matrix.length));
  const { values, vectors } = symmetricEigen(Matrix.from1DArray(n, n, matrix));
  const rows = new Float64Array(n * n);
  const columns = new Float64Array(n * n);
  vectors.forEach((vector, k) => {
    rows.set(vector, k * n);
    for (let i = 0; i < n; i++) columns[i * n + k] = vector[i];
  });
  return { values: values.map((value) => Math.max(0, value)), rows, columns };
}

/** A·B [p, r], for A [p, q] and B [q, r]. */
function multiply(A: Float64Array, B: Float64Array, p: number, q: number, r: number): Float64Array {
  const product = new Float64Array(p * r);
  for (let i = 0; i < p; i++) {
    for (let k = 0; k < q; k++) {
      const a = A[i * q + k];
      if (a === 0) continue;
      for (let j = 0, at = i * r, from = k * r; j < r; j++, at++, from++) product[at] += a * B[from];
    }
  }
  return product;
}
