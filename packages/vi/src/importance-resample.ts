import {
  type CancelSignal,
  type CoordinateSampler,
  type Draws,
  drawsFrom,
  type LogDensity,
  paretoSmooth,
  type RandomSource,
  randomSource,
  type Vector,
} from '@subspace/core';
import {
  argumentError,
  logSumExp,
  requireCount,
  requireKnownOptions,
  requireOptions,
  requireSeed,
} from '@subspace/core/internals';
import { logRatios } from './approximation.ts';
import { type DrawsProgress, drawsReporter } from './draws-progress.ts';
import { type Evaluator, evaluator } from './target.ts';

export interface ImportanceResampleOptions {
  /** Draws of the result. */
  readonly draws: number;
  /** Draws of the approximation that they are picked from, each an evaluation. Default 4 times `draws`, at least 1000. */
  readonly proposals?: number;
  readonly seed: number | string;
  readonly signal?: CancelSignal;
  /** Called about ten times a second while proposals are evaluated, and at the end. */
  readonly onProgress?: (progress: DrawsProgress) => void;
}

/** Draws that follow the target as far as the approximation allows. */
export interface ImportanceResampled extends Draws {
  /** Pareto k̂ of the importance ratios: above 0.7 the draws don't follow the target; below, they do where the approximation has come to, and it can't see more. */
  readonly paretoK: number;
  /** Standard error of `paretoK`. */
  readonly paretoKError: number;
  /** How many draws of the target these are worth: 1 / Σ w², as the weighted proposals, and at most `draws`. */
  readonly effectiveSize: number;
  /** log of the mean ratio: an estimate of log ∫ p(z) dz, in nats. */
  readonly logEvidence: number;
  /** How many proposals had a log density of NaN, which counts as −∞. */
  readonly nonFinite: number;
}

/**
 * Corrects an approximation: draws of q, weighted by p/q, weights smoothed by their Pareto tail, and picked again in proportion (systematic resampling).
 *
 * @param approximation anything that can be drawn from and has a normalised density: Laplace, a Gaussian or a flow of this package
 * @param posterior the target p; only its values are needed
 * @returns draws in one chain; a proposal of large weight appears several times
 * @throws on invalid options, on dimensions that differ, if p is zero at all proposals; when cancelled, an error with `code: 'ABORTED'`
 * @see Vehtari, Simpson, Gelman, Yao & Gabry (2024), "Pareto smoothed importance sampling"; Yao, Vehtari, Simpson & Gelman (2018), "Yes, but did it work?"
 * @example
 * ```ts
 * import { logDensity } from '@subspace/core';
 * import { importanceResample, laplace } from '@subspace/vi';
 *
 * // A logistic density, which has heavier tails than a Gaussian.
 * const target = logDensity(1, ([z]) => ({
 *   value: -z - 2 * Math.log1p(Math.exp(-z)),
 *   gradient: Float64Array.of(-Math.tanh(z / 2)),
 * }));
 * const approximation = await laplace(target, { curvature: 'hessian' });
 * const corrected = await importanceResample(approximation, target, { draws: 500, seed: 1 });
 * corrected.positions[0]; // 500 draws
 * corrected.paretoK; // above 0.7: they don't follow the target
 * ```
 */
export async function importanceResample(
  approximation: CoordinateSampler & { logDensity(z: Vector): number },
  posterior: LogDensity,
  options: ImportanceResampleOptions,
): Promise<ImportanceResampled> {
  const where = 'importanceResample';
  requireOptions(where, 'approximation', approximation);
  requireOptions(where, 'posterior', posterior);
  requireOptions(where, 'options', options);
  requireKnownOptions(where, options, ['draws', 'proposals', 'seed', 'signal', 'onProgress']);
  const { draws, proposals = Math.max(1000, 4 * draws), seed, signal, onProgress } = options;
  requireCount(where, 'draws', draws);
  requireCount(where, 'proposals', proposals);
  requireSeed(where, seed);
  if (typeof approximation.logDensity !== 'function') {
    throw argumentError(
      where,
      'approximation has no logDensity, expected one that has: of a Gaussian, Laplace or a flow',
    );
  }
  if (approximation.dim !== posterior.dim) {
    throw argumentError(where, `approximation.dim is ${approximation.dim}, expected ${posterior.dim} as the posterior`);
  }
  const random = randomSource(seed);
  const evaluate = evaluator(where, posterior, signal);
  const proposed = await drawsOf(approximation, proposals, random.fork('proposals'), evaluate);
  const { ratios, nonFinite } = await logRatios(
    where,
    approximation,
    evaluate,
    proposed,
    drawsReporter(proposals, onProgress),
  );
  if (ratios.every((ratio) => ratio === -Infinity)) {
    throw argumentError(where, `the posterior is zero at all ${proposals} proposals, expected some above it`);
  }
  await evaluate.breathe();
  const { logWeights, paretoK, paretoKError } = paretoSmooth(ratios);
  const weights = logWeights.map(Math.exp);
  await evaluate.breathe();
  const picked = systematicPicks(weights, draws, random.fork('resampling').uniform());
  await evaluate.breathe();
  return {
    ...drawsFrom<undefined>([picked.map((i) => proposed[i])], [picked.map(() => undefined)]),
    paretoK,
    paretoKError,
    effectiveSize: Math.min(draws, 1 / weights.reduce((sum, w) => sum + w * w, 0)),
    logEvidence: logSumExp(ratios) - Math.log(ratios.length),
    nonFinite,
  };
}

/** Draws at a time: between them the event loop gets its turn. */
const PORTION = 500;

/** A sampler without an end gives the same draws in portions; one of finite size thins what it has, and is asked once. */
async function drawsOf(
  approximation: CoordinateSampler,
  count: number,
  random: RandomSource,
  evaluate: Evaluator,
): Promise<readonly Vector[]> {
  if (approximation.size !== undefined) return approximation.sample(random, count);
  const draws: Vector[] = [];
  while (draws.length < count) {
    draws.push(...approximation.sample(random, Math.min(PORTION, count - draws.length)));
    await evaluate.breathe();
  }
  return draws;
}

/**
 * Systematic resampling: pick j is the index whose stretch of the cumulated weights holds (j + offset) / count. Over uniform offsets in [0, 1), index i is
 * picked count·wᵢ times on average, and never a whole time more or less.
 *
 * @param weights that sum to 1
 */
export function systematicPicks(weights: Float64Array, count: number, offset: number): number[] {
  // What rounding leaves beyond the sum belongs to the last weight above zero.
  const last = weights.reduce((latest, weight, i) => (weight > 0 ? i : latest), 0);
  let index = 0;
  let cumulated = weights[0];
  return Array.from({ length: count }, (_, j) => {
    while (index < last && (j + offset) / count >= cumulated) cumulated += weights[++index];
    return index;
  });
}
