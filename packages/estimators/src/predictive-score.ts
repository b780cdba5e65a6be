import type { SubspaceLikelihood, Vector } from '@subspace/core';
import { logSumExp, smoothPareto } from '@subspace/core/internals';

/** log p(y | x, D) of each row [N] that the likelihood is of: that of the mixture over the draws, 1/S·Σ p(y | x, zₛ). */
export async function mixtureDensities(
  likelihood: SubspaceLikelihood,
  draws: readonly Vector[],
): Promise<Float64Array> {
  const rows = await densitiesByRow(likelihood, draws);
  return Float64Array.from(rows, (row) => logSumExp(row) - Math.log(draws.length));
}

/**
 * log p(yᵢ | x, D without i) of each training row [N], by Pareto-smoothed importance sampling of draws at temperature T: weights p(yᵢ | zₛ)^(−1/T), the score untempered.
 *
 * @see Vehtari, Gelman & Gabry (2017), Equation (10)
 */
export async function leaveOneOutDensities(
  likelihood: SubspaceLikelihood,
  draws: readonly Vector[],
  temperature: number,
): Promise<Float64Array> {
  const rows = await densitiesByRow(likelihood, draws);
  return Float64Array.from(rows, (row) => {
    const ratios = row.map((value) => -value / temperature);
    const { logWeights } = smoothPareto('leaveOneOut', ratios, {});
    return logSumExp(logWeights.map((weight, s) => weight + row[s]));
  });
}

/** By row, log p under each draw. */
async function densitiesByRow(
  likelihood: SubspaceLikelihood,
  draws: readonly Vector[],
): Promise<readonly Float64Array[]> {
  const rows = Array.from({ length: likelihood.rows }, () => new Float64Array(draws.length));
  for (const [s, draw] of draws.entries()) {
    const densities = await likelihood.pointwise(draw);
    for (let i = 0; i < rows.length; i++) rows[i][s] = densities[i];
  }
  return rows;
}
