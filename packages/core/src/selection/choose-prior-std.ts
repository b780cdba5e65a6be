import { argumentError } from '../argument.ts';
import type { MaybePromise } from '../density/maybe-promise.ts';
import { type Estimate, noisyMaximum, requireScaleSearch, type ScaleSearchOptions } from './noisy-maximum.ts';

export interface PriorStdChoice {
  /** σ of the largest evidence. */
  readonly priorStd: number;
  /** The evidence there, of a parabola fitted to the evaluations around it. */
  readonly logEvidence: number;
  /** Everything that was evaluated, by σ. */
  readonly curve: readonly {
    readonly priorStd: number;
    readonly logEvidence: number;
    readonly standardError?: number;
  }[];
  /** The end of the range that σ is at, if it is: look beyond, or take it as a sign that the subspace knows nothing of the data (`to`: no prior is wide enough). */
  readonly edge: 'from' | 'to' | undefined;
}

/**
 * The standard deviation σ of the prior N(0, σ²·I) by the evidence p(D | σ) = ∫ p(D | z)·N(z | 0, σ²·I) dz, **at temperature 1**: a tempered likelihood
 * p(D | z)^(1/T) is no density of the data, and its normaliser says nothing of σ or of T.
 *
 * A coarse pass over log σ, then rounds around the best, with a parabola fitted to all evaluations near it: noise in the evidence is averaged, not followed. Give each
 * evaluation the same seed, so that most of the noise is common to all. An evidence of −∞ or NaN is left out.
 *
 * Choose on an inner part of the *training* rows where you go on to compare models by their test scores: the test rows must not be in D.
 *
 * @param logEvidence of σ: from sequential Monte Carlo, Laplace, a grid, or an ELBO
 * @param options range and number of evaluations; `from` 0.01, `to` 100 by default, in 9 + 4·4 evaluations
 * @throws on invalid options; if no evidence is finite, or one is +∞; when cancelled, an error with `code: 'ABORTED'` and the `curve` so far
 * @see MacKay (1992), "Bayesian interpolation"
 * @example
 * ```ts
 * import { choosePriorStd } from '@subspace/core';
 *
 * // Ten coordinates zᵢ ~ N(0, σ²), each observed with noise 0.1: the evidence of the data is that of N(0, σ² + 0.01).
 * const observed = [0.5, -1.1, 0.3, 0.8, -0.2, 0.1, -0.9, 1.4, 0.2, -0.6];
 * const logEvidence = (sigma: number) =>
 *   observed.reduce((sum, y) => sum - 0.5 * (y * y) / (sigma ** 2 + 0.01) - 0.5 * Math.log(2 * Math.PI * (sigma ** 2 + 0.01)), 0);
 * const { priorStd, curve } = await choosePriorStd(logEvidence);
 * priorStd; // 0.723: the root of the mean square, less the noise
 * curve.length; // 25
 * ```
 */
export async function choosePriorStd(
  logEvidence: (priorStd: number) => MaybePromise<Estimate>,
  options: Partial<ScaleSearchOptions> = {},
): Promise<PriorStdChoice> {
  const range = { from: 1e-2, to: 1e2, ...options };
  requireScaleSearch('choosePriorStd', range);
  if (typeof logEvidence !== 'function') {
    throw argumentError('choosePriorStd', `logEvidence is ${typeof logEvidence}, expected a function of priorStd`);
  }
  const search = await noisyMaximum('choosePriorStd', 'priorStd', logEvidence, range, ({ scale, value, ...rest }) => ({
    priorStd: scale,
    logEvidence: value,
    ...rest,
  }));
  return { priorStd: search.scale, logEvidence: search.value, curve: search.curve, edge: search.edge };
}
