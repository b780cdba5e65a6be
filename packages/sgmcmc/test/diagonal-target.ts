import { type DifferentiableLogDensity, type Gaussian, isotropicGaussian, logDensity } from '@subspace/core';

/** N(0, diag(s²)), s from 1/√spread to √spread; chains start from N(0, I). */
export function diagonalTarget(
  dim: number,
  spread: number,
): Omit<DifferentiableLogDensity, 'valuesAndGradients'> & {
  readonly prior: Gaussian;
  readonly stds: Float64Array;
  valuesAndGradients(points: readonly Float64Array[]): readonly { value: number; gradient: Float64Array }[];
} {
  const stds = Float64Array.from({ length: dim }, (_, k) =>
    Math.exp(Math.log(spread) * (k / Math.max(1, dim - 1) - 0.5)),
  );
  const at = (z: Float64Array) => ({
    value: -0.5 * z.reduce((sum, x, k) => sum + (x / stds[k]) ** 2, 0),
    gradient: z.map((x, k) => -x / stds[k] ** 2),
  });
  return {
    ...logDensity(dim, at),
    valuesAndGradients: (points) => points.map(at),
    prior: isotropicGaussian(dim, 1),
    stds,
  };
}
