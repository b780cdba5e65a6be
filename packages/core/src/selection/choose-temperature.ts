import { argumentError } from '../argument.ts';
import type { MaybePromise } from '../density/maybe-promise.ts';
import { type Estimate, noisyMaximum, requireScaleSearch, type ScaleSearchOptions } from './noisy-maximum.ts';

export interface TemperatureChoice {
  /** T of the best score. */
  readonly temperature: number;
  /** The score there, of a parabola fitted to the evaluations around it. */
  readonly score: number;
  /** Everything that was evaluated, by T. */
  readonly curve: readonly { readonly temperature: number; readonly score: number; readonly standardError?: number }[];
  /** The end of the range that T is at, if it is. */
  readonly edge: 'from' | 'to' | undefined;
}

/**
 * The temperature T of p(z | D) ∝ p(D | z)^(1/T)·p(z) by a score of its predictions: the mean log p(y | D) of held-out rows, or PSIS-LOO (`psisLoo`, whose ratios
 * are then p(yᵢ | z)^(−1/T) and whose score is that of the untempered likelihood). Never by the evidence, which is none where T ≠ 1.
 *
 * The search is that of `choosePriorStd`; where the score is flat, noise decides. The predictive noise is not tempered: score p(y | z) as it is. The held-out rows must be an inner part of the *training*
 * rows where test scores are reported later.
 *
 * @param score of T, larger is better
 * @param options range and number of evaluations; `from` 0.1, `to` 1000 by default, in 9 + 4·4 evaluations
 * @throws on invalid options; if no score is finite, or one is +∞; when cancelled, an error with `code: 'ABORTED'` and the `curve` so far
 * @see Izmailov et al. (2019), Equation (2); Vehtari, Gelman & Gabry (2017) for the leave-one-out score
 * @example
 * ```ts
 * import { chooseTemperature, randomSource } from '@subspace/core';
 *
 * // y ~ N(z, 2²), but the model has N(z, 1): it is too sure, and a wider posterior of z makes up for it, 1 + T/30 ≈ 2².
 * const random = randomSource('data');
 * const draw = () => 2 * random.normal();
 * const mean = Array.from({ length: 30 }, draw).reduce((sum, y) => sum + y) / 30;
 * const heldOut = Array.from({ length: 200 }, draw);
 * const choice = await chooseTemperature(
 *   (temperature) => {
 *     // The tempered posterior under a flat prior is N(ȳ, T/30), and predicts N(ȳ, 1 + T/30).
 *     const variance = 1 + temperature / 30;
 *     return heldOut.reduce((sum, y) => sum - 0.5 * ((y - mean) ** 2 / variance + Math.log(2 * Math.PI * variance)), 0) / 200;
 *   },
 *   { from: 0.5, to: 200 },
 * );
 * choice.temperature; // about 90
 * ```
 */
export async function chooseTemperature(
  score: (temperature: number) => MaybePromise<Estimate>,
  options: Partial<ScaleSearchOptions> = {},
): Promise<TemperatureChoice> {
  const range = { from: 0.1, to: 1000, ...options };
  requireScaleSearch('chooseTemperature', range);
  if (typeof score !== 'function') {
    throw argumentError('chooseTemperature', `score is ${typeof score}, expected a function of the temperature`);
  }
  const search = await noisyMaximum('chooseTemperature', 'temperature', score, range, ({ scale, value, ...rest }) => ({
    temperature: scale,
    score: value,
    ...rest,
  }));
  return { temperature: search.scale, score: search.value, curve: search.curve, edge: search.edge };
}
