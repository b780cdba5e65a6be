import { argumentError, normalCdf, requireKnownOptions } from '@subspace/core/internals';
import {
  type GaussianPrediction,
  type MixturePrediction,
  meanScore,
  requireEnsemble,
  requireGaussianPrediction,
  requireMembers,
  requireTargets,
} from './predictions.ts';

/**
 * Continuous ranked probability score of Gaussians, ∫ (F(x) − [x ≥ y])² dx, mean over the points, in the units of the target. Smaller is better;
 * for σ → 0 the absolute error.
 *
 * CRPS = σ·(z·(2Φ(z) − 1) + 2φ(z) − 1/√π) with z = (y − μ)/σ.
 *
 * @param prediction mean and variance [N]
 * @param targets [N]
 * @throws on different lengths or no targets
 * @see Gneiting & Raftery (2007), "Strictly proper scoring rules, prediction, and estimation", Equation (21)
 * @example
 * ```ts
 * import { crpsGaussian } from '@subspace/metrics';
 *
 * crpsGaussian({ mean: [0], variance: [1] }, [0]); // (√2 − 1)/√π = 0.2337…
 * ```
 */
export function crpsGaussian(prediction: GaussianPrediction, targets: ArrayLike<number>): number {
  requireGaussianPrediction('crpsGaussian', prediction, targets);
  const { mean, variance } = prediction;
  return meanScore(
    [targets, mean, variance],
    (i) => expectedDistance(targets[i] - mean[i], variance[i]) - Math.sqrt(variance[i] / Math.PI),
  );
}

/**
 * Continuous ranked probability score of an ensemble, E|X − y| − ½·E|X − X′|, mean over the points, in the units of the target.
 *
 * @param ensemble S draws, each a value for every point [N]: draws of the target, or `prediction.members.means` to score the means alone
 * @param targets [N]
 * @param options `fair`: take E|X − X′| over different draws only (1/(S(S − 1)) instead of 1/S²), which doesn't depend on the size of the ensemble in expectation;
 * default false
 * @throws without draws, on different lengths, no targets, or `fair` with a single draw
 * @see Gneiting & Raftery (2007), Equation (20); Ferro (2014), "Fair scores for ensemble forecasts"
 * @example
 * ```ts
 * import { crpsEnsemble } from '@subspace/metrics';
 *
 * crpsEnsemble([[0], [2]], [1]); // 1 − ½·1 = 0.5
 * ```
 */
export function crpsEnsemble(
  ensemble: readonly ArrayLike<number>[],
  targets: ArrayLike<number>,
  options: { readonly fair?: boolean } = {},
): number {
  requireKnownOptions('crpsEnsemble', options, ['fair']);
  const { fair = false } = options;
  requireEnsemble('crpsEnsemble', 'ensemble', ensemble);
  const size = ensemble.length;
  if (size < (fair ? 2 : 1)) {
    throw argumentError('crpsEnsemble', `ensemble has ${size} draws, expected at least ${fair ? 2 : 1}`);
  }
  for (const [s, draw] of ensemble.entries()) requireTargets('crpsEnsemble', draw, targets, `ensemble[${s}]`);
  return meanScore([targets, ...ensemble], (i) => {
    const sorted = Float64Array.from(ensemble, (draw) => draw[i]).sort();
    let [error, spread] = [0, 0];
    sorted.forEach((value, rank) => {
      error += Math.abs(value - targets[i]);
      // Σ over pairs of |x − x′|: the value at a rank is the larger one of `rank` pairs and the smaller of the rest.
      spread += (2 * rank - size + 1) * value;
    });
    return error / size - spread / (size * (fair ? size - 1 : size));
  });
}

/**
 * Continuous ranked probability score of the model average itself, a mixture of Gaussians, mean over the points, in the units of the target. O(N·S²).
 *
 * CRPS = 1/S·Σₛ A(y − μₛ, vₛ) − 1/(2S²)·Σₛᵣ A(μₛ − μᵣ, vₛ + vᵣ) with A(m, v) = E|X|, X ~ N(m, v).
 *
 * @param prediction made with `keepMembers: true`
 * @param targets [N]
 * @throws without members, on different lengths or no targets
 * @see Grimit, Gneiting, Berrocal & Johnson (2006), Equation (5)
 * @example
 * ```ts
 * import { crpsMixture } from '@subspace/metrics';
 *
 * crpsMixture({ members: { means: [[0], [0]], variances: [[1], [1]] } }, [0]); // (√2 − 1)/√π = 0.2337…
 * ```
 */
export function crpsMixture(prediction: MixturePrediction, targets: ArrayLike<number>): number {
  const { means, variances } = requireMembers('crpsMixture', prediction, targets);
  const size = means.length;
  return meanScore([targets, ...means, ...variances], (i) => {
    let [error, spread] = [0, 0];
    for (let s = 0; s < size; s++) {
      error += expectedDistance(targets[i] - means[s][i], variances[s][i]);
      spread += expectedDistance(0, 2 * variances[s][i]) / 2;
      for (let r = 0; r < s; r++)
        spread += expectedDistance(means[s][i] - means[r][i], variances[s][i] + variances[r][i]);
    }
    return error / size - spread / size ** 2;
  });
}

/** E|X| for X ~ N(mean, variance). */
function expectedDistance(mean: number, variance: number): number {
  if (variance === 0) return Math.abs(mean);
  const std = Math.sqrt(variance);
  const z = mean / std;
  return std * Math.sqrt(2 / Math.PI) * Math.exp(-0.5 * z * z) + mean * (2 * normalCdf(z) - 1);
}
