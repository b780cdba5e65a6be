import {
  type Evaluation,
  type Gaussian,
  gaussianLogDensity,
  gaussianLogDensityGradient,
  gaussianPrecision,
  type Vector,
} from '@subspace/core';

/** N(mean, covariance) by the factor of its covariance (Cholesky–Banachiewicz). */
export function gaussian(mean: ArrayLike<number>, covariance: readonly ArrayLike<number>[]): Gaussian {
  const dim = mean.length;
  const cholesky = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = covariance[i][j];
      for (let k = 0; k < j; k++) rest -= cholesky[i * dim + k] * cholesky[j * dim + k];
      cholesky[i * dim + j] = i === j ? Math.sqrt(rest) : rest / cholesky[j * dim + j];
    }
  }
  return { mean: Float64Array.from(mean), cholesky };
}

/** L·Lᵀ as rows. */
export function covarianceOf({ mean, cholesky }: Gaussian): readonly Float64Array[] {
  const dim = mean.length;
  return Array.from({ length: dim }, (_, i) =>
    Float64Array.from({ length: dim }, (_, j) => {
      let sum = 0;
      for (let k = 0; k <= Math.min(i, j); k++) sum += cholesky[i * dim + k] * cholesky[j * dim + k];
      return sum;
    }),
  );
}

export function gaussianEvaluation(of: Gaussian, z: Vector): Evaluation {
  return { value: gaussianLogDensity(of, z), gradient: gaussianLogDensityGradient(of, z) };
}

/** KL(q ‖ p) of the best q with independent coordinates, whose variances are 1/Λ_kk, Λ = Σ⁻¹: ½·(Σ log Λ_kk + log |Σ|). */
export function meanFieldGap(of: Gaussian): number {
  const dim = of.mean.length;
  const precision = gaussianPrecision(of);
  let gap = 0;
  for (let k = 0; k < dim; k++) gap += 0.5 * Math.log(precision[k * (dim + 1)]) + Math.log(of.cholesky[k * (dim + 1)]);
  return gap;
}
