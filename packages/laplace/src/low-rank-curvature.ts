import type { Curvature } from './curvature.ts';
import { addTimes, dot } from './vectors.ts';

/**
 * The Gauss–Newton matrix by its largest eigenpairs, G ≈ Σ eₖ·vₖ·vₖᵀ: the prior's precision is all there is in other directions.
 *
 * @param vectors orthonormal, [d] each
 */
export function lowRankCurvature(size: number, values: Float64Array, vectors: readonly Float64Array[]): Curvature {
  // Rounding may leave a zero below zero.
  const eigenvalues = values.map((value) => Math.max(0, value));
  return {
    size,
    posterior(priorPrecision) {
      /** f(λ)·v + Σ (f(e + λ) − f(λ))·⟨vₖ, v⟩·vₖ: any function of the precision matrix. */
      const apply = (f: (precision: number) => number, v: Float64Array): Float64Array => {
        const rest = f(priorPrecision);
        const product = v.map((x) => rest * x);
        vectors.forEach((vector, k) => {
          addTimes(product, (f(eigenvalues[k] + priorPrecision) - rest) * dot(vector, v), vector);
        });
        return product;
      };
      const inverse = (precision: number) => 1 / precision;
      return {
        logDeterminant: eigenvalues.reduce(
          (sum, e) => sum + Math.log(e + priorPrecision),
          (size - eigenvalues.length) * Math.log(priorPrecision),
        ),
        precisionTimes: (v) => apply((precision) => precision, v),
        covarianceTimes: (v) => apply(inverse, v),
        variance: (j) => dot(j, apply(inverse, j)),
        marginalVariances() {
          const variances = new Float64Array(size).fill(1 / priorPrecision);
          vectors.forEach((vector, k) => {
            const less = 1 / (eigenvalues[k] + priorPrecision) - 1 / priorPrecision;
            for (let i = 0; i < size; i++) variances[i] += less * vector[i] * vector[i];
          });
          return variances;
        },
        draw(random) {
          return apply(
            (precision) => 1 / Math.sqrt(precision),
            Float64Array.from({ length: size }, () => random.normal()),
          );
        },
      };
    },
  };
}
