import { type LogDensity, logDensity } from '@subspace/core';
import { formulaArray } from '@subspace-internal/testing';

/** The log likelihood of a linear Gaussian model of `samplers-targets.json`, made by its formula. */
export function goldenLogLikelihood(
  { K, N, D, noiseVariance }: { K: number; N: number; D: number; noiseVariance: number },
  salt: number,
): LogDensity {
  const inputs = formulaArray(N * D, salt, 1);
  const basis = formulaArray(K * D, salt + 1, 0.5);
  const shift = formulaArray(D, salt + 2, 0.3);
  const targets = formulaArray(N, salt + 3, 2);
  const row = (n: number, direction: Float64Array) =>
    direction.reduce((sum, value, d) => sum + value * inputs[n * D + d], 0);
  // Residuals at 0, and what each coordinate takes away from them.
  const residuals = Float64Array.from(targets, (y, n) => y - row(n, shift));
  const design = Array.from({ length: N }, (_, n) =>
    Float64Array.from({ length: K }, (_unused, k) => row(n, basis.subarray(k * D, (k + 1) * D))),
  );
  return logDensity(K, (z) => {
    let squares = 0;
    for (let n = 0; n < N; n++) {
      let residual = residuals[n];
      for (let k = 0; k < K; k++) residual -= design[n][k] * z[k];
      squares += residual * residual;
    }
    return (-0.5 * squares) / noiseVariance - 0.5 * N * Math.log(2 * Math.PI * noiseVariance);
  });
}

/** The salts of the golden models. */
export const salts: Readonly<Record<string, number>> = {
  K2T1: 500,
  K5T1: 510,
  K10T1: 520,
  'K5T0.5': 530,
  K5T4: 540,
  K10T20: 550,
};
