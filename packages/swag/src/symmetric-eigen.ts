/** Eigenvalues in descending order, and the unit eigenvector of each. */
export interface SymmetricEigen {
  readonly values: Float64Array;
  /** `vectors[k]` [n] belongs to `values[k]`. */
  readonly vectors: readonly Float64Array[];
}

/**
 * Eigenvalues and eigenvectors of a small symmetric matrix, by Jacobi's cyclic rotations: A = Σₖ valuesₖ·vectorsₖ·vectorsₖᵀ.
 *
 * Quadratic convergence, n³ work a sweep, and small eigenvalues of positive definite matrices as exact as the matrix allows.
 *
 * @param matrix [n, n] row major, symmetric; only its lower triangle is read; not changed
 * @see Golub & Van Loan, "Matrix Computations", Section 8.5; Demmel & Veselić (1992), "Jacobi's method is more accurate than QR"
 */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  const a = Array.from({ length: n }, (_, i) =>
    Float64Array.from({ length: n }, (_, j) => (i >= j ? matrix[i * n + j] : matrix[j * n + i])),
  );
  const v = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));
  // Converged when a sweep finds nothing to rotate; 5 to 10 sweeps are usual.
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotated = false;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        if (negligible(a[p][q], a[p][p], a[q][q])) {
          a[p][q] = 0;
          a[q][p] = 0;
        } else {
          rotated = true;
          rotate(a, v, p, q);
        }
      }
    }
    if (!rotated) break;
  }
  const order = Array.from({ length: n }, (_, k) => k).sort((i, j) => a[j][j] - a[i][i]);
  return { values: Float64Array.from(order, (k) => a[k][k]), vectors: order.map((k) => v[k]) };
}

function negligible(offDiagonal: number, first: number, second: number): boolean {
  return Math.abs(offDiagonal) <= 0.5 * Number.EPSILON * Math.sqrt(Math.abs(first)) * Math.sqrt(Math.abs(second));
}

/** Makes a[p][q] zero: A ← JᵀAJ, and row p, q of V (whose rows are the eigenvectors) along with it. */
function rotate(a: readonly Float64Array[], v: readonly Float64Array[], p: number, q: number): void {
  const apq = a[p][q];
  const theta = (a[q][q] - a[p][p]) / (2 * apq);
  // The smaller root of t² + 2θt − 1 = 0 keeps the rotation below 45°; hypot does not overflow.
  const tan = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const cos = 1 / Math.hypot(tan, 1);
  const sin = tan * cos;
  const n = a.length;
  a[p][p] -= tan * apq;
  a[q][q] += tan * apq;
  a[p][q] = 0;
  a[q][p] = 0;
  for (let k = 0; k < n; k++) {
    if (k !== p && k !== q) {
      const akp = a[k][p];
      const akq = a[k][q];
      a[k][p] = cos * akp - sin * akq;
      a[p][k] = a[k][p];
      a[k][q] = sin * akp + cos * akq;
      a[q][k] = a[k][q];
    }
    const vp = v[p][k];
    const vq = v[q][k];
    v[p][k] = cos * vp - sin * vq;
    v[q][k] = sin * vp + cos * vq;
  }
}
