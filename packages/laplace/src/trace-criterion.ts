import { type Arrays, subspace as checkedSubspace, type Network, type Subspace } from '@subspace/core';
import {
  argumentError,
  cholesky,
  readsLogits,
  requireArrays,
  requireKnownOptions,
  requireSameLayout,
} from '@subspace/core/internals';
import type { LaplaceApproximation } from './laplace-approximation.ts';
import { type LinearizedOptions, outputVariances, requireApproximation } from './output-variances.ts';
import { dot } from './vectors.ts';

export interface TraceCriterionOptions extends LinearizedOptions {
  /** What the subspaces are held against. */
  readonly approximation: LaplaceApproximation;
}

export interface TraceCriterion {
  /** trace / total, in [0, 1]: larger is better. */
  readonly ratio: number;
  /** tr Σ_P: the variance of all outputs within the subspace. */
  readonly trace: number;
  /** tr Σ: under the whole approximation. */
  readonly total: number;
}

/**
 * How much of the outputs' variance under a Laplace approximation a subspace keeps: tr Σ_P / tr Σ on the inputs, with Σ = J·Ψ·Jᵀ and Σ_P = J·Pᵀ·(P·Ψ⁻¹·Pᵀ)⁻¹·P·Jᵀ.
 *
 * It depends on what the rows span, not on their lengths: so random, PCA, curve and optimal subspaces are ranked on one footing. All are taken through the approximation's mean, whatever their
 * shift, and only their directions count.
 *
 * @param subspace whose rows are linearly independent
 * @param inputs [N, …]: where predictions matter
 * @throws on rows that are linearly dependent, or that move weights which the approximation holds
 * @see arXiv 2502.02345
 * @example
 * ```ts
 * import { arraysDataset, gaussianLikelihood, subspace } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { laplaceApproximation, traceCriterion } from '@subspace/laplace';
 *
 * const network = denseNetwork({ sizes: [1, 1], weights: Float32Array.of(0, 0) });
 * const shift = await network.readWeights();
 * const inputs = { data: Float32Array.of(3), shape: [1, 1] };
 * const data = arraysDataset({ inputs, targets: { data: Float32Array.of(0), shape: [1, 1] } });
 * const likelihood = gaussianLikelihood({ variance: 1 });
 * const approximation = await laplaceApproximation(network, shift, data, { likelihood, priorPrecision: 1, structure: 'full' });
 * const slope = subspace({ layout: network.layout, shift, basis: [Float32Array.of(1, 0)] });
 * (await traceCriterion(network, slope, inputs, { approximation })).ratio; // (9/10) / (10/11)
 * ```
 */
export async function traceCriterion(
  network: Network,
  subspace: Subspace,
  inputs: Arrays,
  options: TraceCriterionOptions,
): Promise<TraceCriterion> {
  const where = 'traceCriterion';
  requireKnownOptions(where, options, ['approximation', 'signal', 'onProgress']);
  const { approximation, ...others } = options;
  requireApproximation(where, network, approximation);
  requireArrays(where, 'inputs', inputs);
  const { basis, layout } = checkedSubspace(subspace);
  requireSameLayout(where, 'subspace', layout, network.layout);
  const { chosen, gaussian, mean, likelihood } = approximation;
  const K = basis.length;
  const rows = basis.map((row) => chosen.gather(row));
  basis.forEach((row, k) => {
    if (Math.abs(dot(row, row) - dot(rows[k], rows[k])) <= 1e-12 * dot(row, row)) return;
    throw argumentError(
      where,
      `basis[${k}] moves weights that the approximation holds, expected one within its layers`,
    );
  });

  const scaled = rows.map((row) => gaussian.precisionTimes(row));
  const precision = new Float64Array(K * K);
  for (let i = 0; i < K; i++) for (let j = 0; j < K; j++) precision[i * K + j] = dot(rows[i], scaled[j]);
  const L = cholesky(precision, K);
  if (!L) throw argumentError(where, 'the rows of basis are linearly dependent, expected independent ones');

  const jacobian = network.jacobian(mean, inputs, { logits: readsLogits(likelihood) });
  const columns: Float64Array[] = [];
  try {
    for (const row of basis) columns.push(Float64Array.from((await jacobian.times(row)).data));
  } finally {
    jacobian.dispose();
  }
  // ‖L⁻¹·(P·Jᵀ)‖², column by column.
  let trace = 0;
  for (let k = 0; k < K; k++) {
    for (let i = 0; i < columns[k].length; i++) {
      let sum = columns[k][i];
      for (let before = 0; before < k; before++) sum -= L[k * K + before] * columns[before][i];
      columns[k][i] = sum / L[k * K + k];
      trace += columns[k][i] * columns[k][i];
    }
  }
  const { variances } = await outputVariances(where, network, approximation, inputs, others);
  const total = variances.reduce((sum, variance) => sum + variance, 0);
  return { ratio: trace / total, trace, total };
}
