import { combineRows, fixSign } from './combine-rows.ts';
import { gramMatrix } from './gram-matrix.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/** The singular value decomposition factor·A = U·diag(s)·Vᵀ of M rows A. */
export interface PrincipalRows {
  /** s [M], descending. */
  readonly singularValues: Float64Array;
  /** How many singular values are more than rounding. */
  readonly directions: number;
  /** The first `count` rows of diag(s)·Vᵀ, each positive at its entry of largest magnitude; the caller's to keep. */
  rows(count: number): readonly Float32Array[];
}

/**
 * Principal components of rows by the eigenvectors U of their M × M Gram matrix: diag(s)·Vᵀ = Uᵀ·factor·A, two passes over the rows.
 *
 * @param deviations M ≥ 1 rows A [D]
 * @param weights around which the rows were taken, [D]: their float32 rounding is what directions are told from
 */
export function principalRows(
  deviations: readonly Float32Array[],
  factor: number,
  weights: Float32Array,
): PrincipalRows {
  const { values, vectors } = symmetricEigen(gramMatrix(deviations), deviations.length);
  const singularValues = values.map((value) => factor * Math.sqrt(Math.max(0, value)));
  const floor = roundingFloor(singularValues[0], weights);
  return {
    singularValues,
    directions: singularValues.filter((s) => s > floor).length,
    rows(count) {
      const coefficients = vectors.slice(0, count).map((u) => u.map((x) => factor * x));
      const rows = combineRows(
        coefficients,
        deviations,
        coefficients.map(() => new Float32Array(weights.length)),
      );
      rows.forEach(fixSign);
      return rows;
    },
  };
}

/**
 * Below this a singular value is rounding: of the eigenvalues (their square roots are good to about √ε of the largest), or of the snapshots, whose
 * float32 rounding of half a unit in the last place makes directions as long as 2⁻²⁴·‖weights‖.
 */
function roundingFloor(largest: number, weights: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < weights.length; i++) squares += weights[i] * weights[i];
  return Math.max(2 ** -22 * largest, 2 ** -24 * Math.sqrt(squares));
}
