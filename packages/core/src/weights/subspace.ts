import { argumentError, requireFinite, requireLength } from '../argument.ts';
import type { WeightLayout } from './layout.ts';

/**
 * An affine subspace of weight space: z ↦ ŵ + zᵀP.
 *
 * @see Izmailov et al. (2019), Equation (1)
 */
export interface Subspace {
  readonly layout: WeightLayout;
  /** ŵ [D]. */
  readonly shift: Float32Array;
  /** Rows of P: K vectors of length D. */
  readonly basis: readonly Float32Array[];
}

/**
 * A subspace from its shift and basis, checked.
 *
 * @param parts shift [D] and K ≥ 1 basis rows of length D; they are kept, not copied
 * @throws on a length that is not the layout's, an empty basis, or a value that is not finite
 * @example
 * ```ts
 * import { subspace, toWeights, weightLayout } from '@subspace/core';
 *
 * const layout = weightLayout([{ name: 'w', shape: [3] }]);
 * const plane = subspace({ layout, shift: Float32Array.of(1, 1, 1), basis: [Float32Array.of(1, 0, 0), Float32Array.of(0, 1, 0)] });
 * toWeights(plane, Float64Array.of(2, 3)); // Float32Array [3, 4, 1]
 * ```
 */
export function subspace(parts: Subspace): Subspace {
  const { layout, shift, basis } = parts;
  if (basis.length === 0) throw argumentError('subspace', 'basis is empty, expected at least one direction');
  requireLength('subspace', 'shift', shift, layout.size);
  requireFinite('subspace', 'shift', shift);
  basis.forEach((row, k) => {
    requireLength('subspace', `basis[${k}]`, row, layout.size);
    requireFinite('subspace', `basis[${k}]`, row);
  });
  return { layout, shift, basis };
}

/**
 * The weights of a point of the subspace: w = ŵ + zᵀP, in one pass over the weights and without temporaries.
 *
 * Sums in float64, rounds once.
 *
 * @param z coordinates [K]
 * @param out where to write, [D]; a new array by default
 * @returns `out`
 * @throws if `z` has not K entries, or `out` not D
 */
export function toWeights(subspace: Subspace, z: ArrayLike<number>, out?: Float32Array): Float32Array {
  const { shift, basis, layout } = subspace;
  requireLength('toWeights', 'z', z, basis.length);
  const weights = out ?? new Float32Array(layout.size);
  requireLength('toWeights', 'out', weights, layout.size);
  const dim = basis.length;
  // Four directions a pass keep everything in registers; a block of weights stays in the first-level cache between passes.
  const block = 2048;
  const sums = new Float64Array(Math.min(block, layout.size));
  for (let start = 0; start < layout.size; start += block) {
    const length = Math.min(block, layout.size - start);
    for (let i = 0; i < length; i++) sums[i] = shift[start + i];
    let k = 0;
    for (; k + 4 <= dim; k += 4) {
      const [a, b, c, d] = [basis[k], basis[k + 1], basis[k + 2], basis[k + 3]];
      const [za, zb, zc, zd] = [z[k], z[k + 1], z[k + 2], z[k + 3]];
      for (let i = 0, j = start; i < length; i++, j++) sums[i] += za * a[j] + zb * b[j] + zc * c[j] + zd * d[j];
    }
    for (; k < dim; k++) {
      const row: Float32Array = basis[k];
      const zk = z[k];
      for (let i = 0, j = start; i < length; i++, j++) sums[i] += zk * row[j];
    }
    for (let i = 0; i < length; i++) weights[start + i] = sums[i];
  }
  return weights;
}
