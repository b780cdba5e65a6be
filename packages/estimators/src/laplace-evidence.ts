import type { SubspaceLikelihood, Vector } from '@subspace/core';
import { askGradients, askValues, cholesky, choleskySolve } from '@subspace/core/internals';

export interface LaplaceEvidence {
  /** log ∫ p(D | z)·N(z | 0, σ²·I) dz, by a Gaussian at the mode. */
  readonly logEvidence: number;
  /** The mode of p(z | D) at temperature 1. */
  readonly mode: Vector;
}

const MOST_STEPS = 50;
/** Of the log density: less is no better place. */
const TOLERANCE = 1e-6;

/**
 * The evidence of a prior width by Laplace's method: log p(D | z*) + log N(z* | 0, σ²·I) + K/2·log 2π − ½·log det H, with H the Gauss–Newton matrix plus I/σ² at the
 * mode z*, which damped Newton steps look for from `start`.
 *
 * @see MacKay (1992), "Bayesian interpolation"
 */
export async function laplaceEvidence(
  logLikelihood: SubspaceLikelihood,
  priorStd: number,
  start: Vector,
): Promise<LaplaceEvidence> {
  const K = logLikelihood.dim;
  const precision = 1 / (priorStd * priorStd);
  const norm = (z: Vector) => z.reduce((sum, x) => sum + x * x, 0);
  const where = 'laplaceEvidence';

  let z = start;
  let [{ value, gradient }] = await askGradients(where, logLikelihood, [z]);
  let density = value - 0.5 * precision * norm(z);
  let factor = await hessianFactor(logLikelihood, z, precision);
  for (let step = 0; step < MOST_STEPS && factor; step++) {
    const direction = choleskySolve(
      factor,
      gradient.map((g, k) => g - precision * z[k]),
    );
    // All lengths at once: an engine evaluates them in one batch.
    const places = STEP_LENGTHS.map((length) => z.map((x, k) => x + length * direction[k]));
    const values = await askValues(where, logLikelihood, places);
    const densities = places.map((place, i) => values[i] - 0.5 * precision * norm(place));
    const best = densities.reduce((top, d, i) => (d > densities[top] ? i : top), 0);
    if (!(densities[best] > density + TOLERANCE)) break;
    z = places[best];
    density = densities[best];
    [{ gradient }] = await askGradients(where, logLikelihood, [z]);
    factor = await hessianFactor(logLikelihood, z, precision);
  }
  const halfLogDeterminant = factor ? diagonal(factor, K).reduce((sum, d) => sum + Math.log(d), 0) : Number.NaN;
  return { logEvidence: density - K * Math.log(priorStd) - halfLogDeterminant, mode: z };
}

const STEP_LENGTHS = [1, 0.5, 0.25, 1 / 16, 1 / 64];

async function hessianFactor(
  logLikelihood: SubspaceLikelihood,
  z: Vector,
  precision: number,
): Promise<Float64Array | undefined> {
  const K = z.length;
  const matrix = Float64Array.from(await logLikelihood.gaussNewton(z));
  for (let k = 0; k < K; k++) matrix[k * K + k] += precision;
  return cholesky(matrix, K);
}

function diagonal(factor: Float64Array, K: number): Float64Array {
  return Float64Array.from({ length: K }, (_, k) => factor[k * K + k]);
}
