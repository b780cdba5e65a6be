import type { Likelihood } from '@subspace/core';
import { outputInformation } from '@subspace/core/internals';

/**
 * The Fisher information H of one row's outputs as a product, H = F·Fᵀ: F [M, M] row major.
 *
 * Lower triangular, by Cholesky's steps; H may be singular (diag(p) − ppᵀ is), and then has columns of zeros.
 *
 * @param weight of the row; H is multiplied by it
 */
export function outputFactor(likelihood: Likelihood, outputs: ArrayLike<number>, weight: number): Float64Array {
  const information = outputInformation(likelihood, outputs);
  const width = outputs.length;
  const factor = new Float64Array(width * width);
  for (let column = 0; column < width; column++) {
    const whole = information[column * width + column];
    let rest = whole;
    for (let k = 0; k < column; k++) rest -= factor[column * width + k] * factor[column * width + k];
    // What rounding leaves of a zero.
    if (!(rest > 1e-14 * whole)) continue;
    const root = Math.sqrt(rest);
    factor[column * width + column] = root;
    for (let row = column + 1; row < width; row++) {
      let sum = information[row * width + column];
      for (let k = 0; k < column; k++) sum -= factor[row * width + k] * factor[column * width + k];
      factor[row * width + column] = sum / root;
    }
  }
  return weight === 1 ? factor : factor.map((f) => Math.sqrt(weight) * f);
}
