import type { Vector } from '@subspace/core';
import { hessianByDifferences } from './curvature.ts';
import type { ApproximationTarget, Evaluator } from './target.ts';

/** Of the coordinates' widths: the step of the Hessian's differences. */
const STEP = 0.1;

/** Steps along a direction, from one that promises half a nat. */
const HALVINGS = 10;

/** A place that is higher by more than the tolerance, in a direction in which the density curves upwards; undefined at a maximum. */
export async function higherPlace(
  target: ApproximationTarget,
  evaluate: Evaluator,
  { position, logDensity }: { readonly position: Vector; readonly logDensity: number },
  tolerance: number,
): Promise<Vector | undefined> {
  const direction = negativeDirection(await hessianByDifferences(target, evaluate, position, STEP), position.length);
  if (!direction) return undefined;
  for (let i = 0, length = 1; i < HALVINGS; i++, length /= 2) {
    const places = [length, -length].map((by) => position.map((z, k) => z + by * direction[k]));
    const values = await evaluate.values(places);
    const higher = values[1] > values[0] ? 1 : 0;
    if (values[higher] > logDensity + tolerance) return places[higher];
  }
  return undefined;
}

/**
 * v with vᵀ·A·v = −1, from the first pivot of A's Cholesky factorisation that is negative: of the leading block (B, b; bᵀ, β) with β − bᵀ·B⁻¹·b < 0, it is
 * (−B⁻¹·b, 1) in units of that pivot. Undefined where A is positive semi-definite, or not finite.
 */
export function negativeDirection(matrix: Float64Array, dim: number): Vector | undefined {
  const factor = new Float64Array(dim * dim);
  for (let row = 0; row < dim; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * dim + column];
      for (let k = 0; k < column; k++) sum -= factor[row * dim + k] * factor[column * dim + k];
      if (row !== column) factor[row * dim + column] = sum / factor[column * dim + column];
      else if (sum < 0) return direction(factor, dim, row, sum);
      else if (sum > 0) factor[row * dim + row] = Math.sqrt(sum);
      else return undefined;
    }
  }
  return undefined;
}

/** (−L⁻ᵀ·l, 1) / √−pivot: B = L·Lᵀ, and l = L⁻¹·b is the row under way. */
function direction(factor: Float64Array, dim: number, row: number, pivot: number): Vector {
  const v = new Float64Array(dim);
  v[row] = 1;
  for (let i = row - 1; i >= 0; i--) {
    let sum = -factor[row * dim + i];
    for (let k = i + 1; k < row; k++) sum -= factor[k * dim + i] * v[k];
    v[i] = sum / factor[i * dim + i];
  }
  return v.map((x) => x / Math.sqrt(-pivot));
}
