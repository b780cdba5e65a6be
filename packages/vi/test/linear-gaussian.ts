import { gaussianPrecision, type Posterior, posterior, type SubspaceLikelihood, type Vector } from '@subspace/core';
import { cholesky } from '@subspace/core/internals';
import { formulaArray } from '@subspace-internal/testing';

/** Salts of the models in `samplers-targets.json`. */
export const LINEAR_GAUSSIANS = { K2T1: 500, K5T1: 510, K10T1: 520, 'K5T0.5': 530, K5T4: 540, K10T20: 550 } as const;

/** The golden's y = X·(shift + zᵀ·basis) + N(0, noiseVariance), as a log likelihood of z with everything that a network's has. */
export function linearGaussian(
  golden: { K: number; N: number; D: number; noiseVariance: number; sigma: number; temperature: number },
  salt: number,
): Posterior<SubspaceLikelihood> {
  const { K, N, D, noiseVariance, sigma, temperature } = golden;
  const inputs = formulaArray(N * D, salt, 1);
  const basis = formulaArray(K * D, salt + 1, 0.5);
  const shift = formulaArray(D, salt + 2, 0.3);
  const times = (row: number, weights: Float64Array, offset: number) => {
    let sum = 0;
    for (let d = 0; d < D; d++) sum += inputs[row * D + d] * weights[offset + d];
    return sum;
  };
  const design = Array.from({ length: N }, (_, n) =>
    Float64Array.from({ length: K }, (_, k) => times(n, basis, k * D)),
  );
  const targets = formulaArray(N, salt + 3, 2).map((y, n) => y - times(n, shift, 0));
  return posterior({ logLikelihood: linearLikelihood(design, targets, noiseVariance), priorStd: sigma, temperature });
}

/** log Π N(yₙ | aₙ·z, variance). */
export function linearLikelihood(
  design: readonly ArrayLike<number>[],
  targets: ArrayLike<number>,
  variance: number,
): SubspaceLikelihood {
  const dim = design[0].length;
  const all = Int32Array.from(design, (_, n) => n);
  const evaluate = (z: Vector, rows: Int32Array, scale: number) => {
    let value = 0;
    const gradient = new Float64Array(dim);
    for (const n of rows) {
      let residual = targets[n];
      for (let k = 0; k < dim; k++) residual -= design[n][k] * z[k];
      value -= scale * (0.5 * Math.log(2 * Math.PI * variance) + residual ** 2 / (2 * variance));
      for (let k = 0; k < dim; k++) gradient[k] += (scale * residual * design[n][k]) / variance;
    }
    return { value, gradient };
  };
  return {
    dim,
    rows: design.length,
    values: (points) => Float64Array.from(points, (z) => evaluate(z, all, 1).value),
    valuesAndGradients: (points) => points.map((z) => evaluate(z, all, 1)),
    minibatch: (points, rows) => points.map((z) => evaluate(z, rows, design.length / rows.length)),
    pointwise: (z) => Float64Array.from(all, (n) => evaluate(z, Int32Array.of(n), 1).value),
    gaussNewton() {
      const matrix = new Float64Array(dim * dim);
      for (const row of design) {
        for (let i = 0; i < dim; i++) for (let j = 0; j < dim; j++) matrix[i * dim + j] += (row[i] * row[j]) / variance;
      }
      return matrix;
    },
    dispose() {},
  };
}

/** KL(N(mean, covariance) ‖ N(exactMean, exactCovariance)), [K, K] row major. */
export function gaussianKl(
  mean: ArrayLike<number>,
  covariance: ArrayLike<number>,
  exactMean: ArrayLike<number>,
  exactCovariance: ArrayLike<number>,
): number {
  const dim = mean.length;
  const own = cholesky(Float64Array.from(covariance), dim)!;
  const other = cholesky(Float64Array.from(exactCovariance), dim)!;
  const precision = gaussianPrecision({ mean: new Float64Array(dim), cholesky: other });
  let kl = -dim / 2;
  for (let i = 0; i < dim; i++) {
    kl += Math.log(other[i * dim + i] / own[i * dim + i]);
    for (let j = 0; j < dim; j++) {
      const spread = covariance[i * dim + j] + (mean[i] - exactMean[i]) * (mean[j] - exactMean[j]);
      kl += (precision[i * dim + j] * spread) / 2;
    }
  }
  return kl;
}
