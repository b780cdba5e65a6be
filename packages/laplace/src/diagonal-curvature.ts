import type { Curvature } from './curvature.ts';
import type { FactorRows } from './jacobian-rows.ts';

/** The diagonal of the Gauss–Newton matrix, exact: Σ X² of its factor's rows. */
export async function diagonalCurvature(size: number, rows: AsyncIterable<FactorRows>): Promise<Curvature> {
  const diagonal = new Float64Array(size);
  for await (const { count, outputs, factor } of rows) {
    for (let row = 0; row < count * outputs; row++) {
      for (let i = 0, at = row * size; i < size; i++, at++) diagonal[i] += factor[at] * factor[at];
    }
  }
  return {
    size,
    posterior(priorPrecision) {
      const precision = diagonal.map((g) => g + priorPrecision);
      return {
        logDeterminant: precision.reduce((sum, p) => sum + Math.log(p), 0),
        precisionTimes: (v) => v.map((x, i) => precision[i] * x),
        covarianceTimes: (v) => v.map((x, i) => x / precision[i]),
        variance(j) {
          let sum = 0;
          for (let i = 0; i < size; i++) sum += (j[i] * j[i]) / precision[i];
          return sum;
        },
        marginalVariances: () => precision.map((p) => 1 / p),
        draw: (random) => precision.map((p) => random.normal() / Math.sqrt(p)),
      };
    },
  };
}
