import { subspace as checkedSubspace, type Gaussian, gaussianPrecision, type Subspace } from '@subspace/core';
import { argumentError, cholesky, requirePositive } from '@subspace/core/internals';
import { dot } from './vectors.ts';

/**
 * The prior over z that a prior N(0, λ⁻¹·I) over all weights induces in the subspace w = ŵ + zᵀP: N(−(PPᵀ)⁻¹·P·ŵ, (λ·PPᵀ)⁻¹).
 *
 * It is the weights' prior restricted to the subspace, whatever the lengths of the rows. For `posterior({ logLikelihood, prior })`.
 *
 * @param priorPrecision λ > 0
 * @throws on rows that are linearly dependent, or a λ that is not positive
 * @example
 * ```ts
 * import { subspace, weightLayout } from '@subspace/core';
 * import { inducedPrior } from '@subspace/laplace';
 *
 * const layout = weightLayout([{ name: 'w', shape: [2] }]);
 * const line = subspace({ layout, shift: Float32Array.of(3, 1), basis: [Float32Array.of(2, 0)] });
 * inducedPrior(line, 0.25); // mean [−1.5], where w = [0, 1]; cholesky [1]: a standard deviation of 2 in the weight
 * ```
 */
export function inducedPrior(subspace: Subspace, priorPrecision: number): Gaussian {
  const where = 'inducedPrior';
  const { shift, basis } = checkedSubspace(subspace);
  requirePositive(where, 'priorPrecision', priorPrecision);
  const K = basis.length;
  const gram = new Float64Array(K * K);
  for (let i = 0; i < K; i++) {
    for (let j = 0; j <= i; j++) gram[i * K + j] = gram[j * K + i] = dot(basis[i], basis[j]);
  }
  const factor = cholesky(gram, K);
  // The inverse of a matrix is the precision of the Gaussian that has it as its covariance.
  const inverse = factor && gaussianPrecision({ mean: new Float64Array(K), cholesky: factor });
  const covariance =
    inverse &&
    cholesky(
      inverse.map((entry) => entry / priorPrecision),
      K,
    );
  if (!inverse || !covariance) {
    throw argumentError(where, 'the rows of basis are linearly dependent, expected independent ones');
  }
  const onto = basis.map((row) => dot(row, shift));
  const mean = Float64Array.from(basis, (_, i) => -dot(inverse.subarray(i * K, (i + 1) * K), onto));
  return { mean, cholesky: covariance };
}
