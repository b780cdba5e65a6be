import { argumentError, requireKnownOptions, requireList, requirePositive } from '../argument.ts';
import { logSumExp } from '../density/log-sum-exp.ts';

export interface ParetoSmoothingOptions {
  /** Effective draws per draw (ESS / S) of what the weights came from: 1 for independent draws (the default), less for a slow chain. */
  readonly relativeEfficiency?: number;
}

export interface ParetoSmoothed {
  /** Smoothed, truncated at the largest raw weight, and normalised: Σ exp = 1. [S], in the order given. */
  readonly logWeights: Float64Array;
  /** Shape k̂ of the weights' tail. */
  readonly paretoK: number;
  /** Standard error of k̂: of other draws as many, from where these came. ∞ where k̂ is. */
  readonly paretoKError: number;
}

/** Logarithm of the smallest normal double: weights below it count as zero when the tail is cut off. */
const LOG_SMALLEST = Math.log(2 ** -1022);

/**
 * Pareto-smoothed importance weights. The largest weights are replaced by the expected order statistics of a generalised Pareto distribution
 * fitted to them, and its shape k̂ says whether so many draws can stand for the target where they have come.
 *
 * The tail are the M = ⌈min(S/5, 3·√(S/r))⌉ largest of S weights. k̂ < 0.5: reliable; up to min(1 − 1/log₁₀ S, 0.7): usable; above: the estimate
 * is dominated by a few draws, and more of them won't help.
 *
 * What k̂ can't see: a part of the target that no draw has come to (another mode, the far end of a banana) has no weight among the S, and a narrow approximation may have a small k̂ by
 * luck. So k̂ varies with the draws, by about `paretoKError` = (1 + k)·√M / (M + 10), the error of a maximum-likelihood fit to M independent excesses, drawn to ½ as k̂ is; and by more from
 * one fit of an approximation to the next. A small k̂ is no proof; a large one is a warning.
 *
 * @param logWeights log importance ratios [S] up to a constant, in nats; −∞ is a weight of zero
 * @returns `paretoK` is ∞, and the weights are normalised but not smoothed, where fewer than five weights stand out (S below 21, or equal weights), as ArviZ
 * @throws on no weights, NaN, +∞, only zero weights, or an efficiency that isn't positive
 * @see Vehtari, Simpson, Gelman, Yao & Gabry (2024), "Pareto smoothed importance sampling", Section 3; Zhang & Stephens (2009) for the fit;
 * Smith (1987), "Estimating tails of probability distributions", for its error
 * @example
 * ```ts
 * import { paretoSmooth, randomSource } from '@subspace/core';
 *
 * // N(0, 1) draws weighted to N(0, 1.5²).
 * const random = randomSource(1);
 * const draws = Array.from({ length: 1000 }, random.normal);
 * const { logWeights, paretoK, paretoKError } = paretoSmooth(draws.map((x) => -0.5 * (x / 1.5) ** 2 + 0.5 * x ** 2));
 * paretoK; // about 0.5, ± paretoKError = 0.14
 * logWeights.reduce((sum, w) => sum + Math.exp(w), 0); // 1
 * ```
 */
export function paretoSmooth(logWeights: ArrayLike<number>, options: ParetoSmoothingOptions = {}): ParetoSmoothed {
  return smoothPareto('paretoSmooth', logWeights, options);
}

/** `paretoSmooth` in the name of the public function that is called. */
export function smoothPareto(
  where: string,
  logWeights: ArrayLike<number>,
  options: ParetoSmoothingOptions,
): ParetoSmoothed {
  requireKnownOptions(where, options, ['relativeEfficiency']);
  const { relativeEfficiency = 1 } = options;
  requirePositive(where, 'relativeEfficiency', relativeEfficiency);
  requireList(where, 'logWeights', logWeights);
  const size = logWeights.length;
  if (size === 0) throw argumentError(where, 'logWeights are empty, expected at least one');
  let largest = -Infinity;
  for (let s = 0; s < size; s++) {
    if (!(logWeights[s] < Infinity))
      throw argumentError(where, `logWeights[${s}] is ${logWeights[s]}, expected a number below ∞`);
    largest = Math.max(largest, logWeights[s]);
  }
  if (largest === -Infinity) throw argumentError(where, 'logWeights are all −∞, expected a weight above zero');

  const weights = Float64Array.from(logWeights, (weight) => weight - largest);
  const tailSize = Math.ceil(Math.min(size / 5, 3 * Math.sqrt(size / relativeEfficiency)));
  const cutoff = Math.max(weights.slice().sort()[Math.max(0, size - tailSize - 1)], LOG_SMALLEST);
  const tail: number[] = [];
  for (let s = 0; s < size; s++) if (weights[s] > cutoff) tail.push(s);
  tail.sort((a, b) => weights[a] - weights[b]);

  let [k, error] = [Infinity, Infinity];
  if (tail.length > 4) {
    const start = Math.exp(cutoff);
    const fit = fitGeneralisedPareto(Float64Array.from(tail, (s) => Math.exp(weights[s]) - start));
    if (Number.isFinite(fit.k)) {
      k = fit.k;
      error = fit.error;
      tail.forEach((s, i) => {
        const excess = generalisedParetoQuantile((i + 0.5) / tail.length, fit);
        weights[s] = Math.min(0, Math.log(excess + start));
      });
    }
  }
  const normaliser = logSumExp(weights);
  return { logWeights: weights.map((weight) => weight - normaliser), paretoK: k, paretoKError: error };
}

interface GeneralisedPareto {
  /** Shape, and its standard error. */
  readonly k: number;
  readonly error: number;
  /** Scale. */
  readonly sigma: number;
}

/**
 * Empirical-Bayes fit to excesses over a threshold, sorted, all positive: the mean of b = −k/σ over a grid with weights of its profile
 * likelihood. k is then drawn to ½ with the weight of ten observations.
 */
function fitGeneralisedPareto(excesses: Float64Array): GeneralisedPareto {
  const n = excesses.length;
  const points = 30 + Math.floor(Math.sqrt(n));
  const quartile = excesses[Math.floor(n / 4 + 0.5) - 1];
  const shape = (b: number): number => {
    let sum = 0;
    for (const excess of excesses) sum += Math.log1p(-b * excess);
    return sum / n;
  };
  const grid = Float64Array.from(
    { length: points },
    (_, i) => 1 / excesses[n - 1] + (1 - Math.sqrt(points / (i + 0.5))) / (3 * quartile),
  );
  const logLikelihood = grid.map((b) => {
    const k = shape(b);
    return n * (Math.log(-b / k) - k - 1);
  });
  const normaliser = logSumExp(logLikelihood);
  let [total, b] = [0, 0];
  grid.forEach((point, i) => {
    const weight = Math.exp(logLikelihood[i] - normaliser);
    if (weight < 10 * Number.EPSILON) return;
    total += weight;
    b += weight * point;
  });
  b /= total;
  const k = shape(b);
  return { k: (n * k + 5) / (n + 10), error: (Math.max(0, 1 + k) * Math.sqrt(n)) / (n + 10), sigma: -k / b };
}

function generalisedParetoQuantile(probability: number, { k, sigma }: GeneralisedPareto): number {
  const exponential = -Math.log1p(-probability);
  return sigma * (Math.abs(k) < Number.EPSILON ? exponential : Math.expm1(k * exponential) / k);
}
