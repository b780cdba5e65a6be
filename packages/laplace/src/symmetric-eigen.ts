import { EigenvalueDecomposition, type Matrix } from 'ml-matrix';

/** Eigenvalues of a small symmetric matrix in descending order, and the unit eigenvector of each. */
export function symmetricEigen(matrix: Matrix): {
  readonly values: Float64Array;
  readonly vectors: readonly Float64Array[];
} {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  const order = realEigenvalues.map((_, k) => k).sort((i, j) => realEigenvalues[j] - realEigenvalues[i]);
  return {
    values: Float64Array.from(order, (k) => realEigenvalues[k]),
    vectors: order.map((k) => Float64Array.from(eigenvectorMatrix.getColumn(k))),
  };
}
