import {
  type CancelSignal,
  type Gaussian,
  gaussianCovariance,
  gaussianDraw,
  gaussianLogDensity,
  gaussianPrecision,
  type RandomSource,
  randomSource,
  type Vector,
} from '@subspace/core';
import {
  argumentError,
  cholesky,
  logSumExp,
  requireCount,
  requireKnownOptions,
  requireOptions,
  requireSeed,
} from '@subspace/core/internals';
import { ascend } from './ascend.ts';
import { finiteDraw } from './finite-draw.ts';
import { type ImportanceResampled, importanceResample } from './importance-resample.ts';
import { dot, minus, type Point, type StepPair } from './quasi-newton.ts';
import { type ApproximationTarget, type Evaluator, evaluator, requireTarget } from './target.ts';

export interface PathfinderOptions {
  /** Draws of the result. */
  readonly draws: number;
  /** Ascents, each from a draw of the prior. Default 4. */
  readonly paths?: number;
  /** Draws of all paths' Gaussians that those of the result are picked from. Default 4 times `draws`, at least 1000. */
  readonly proposals?: number;
  /** Draws that the ELBO of each place on a path is estimated from. Default 10. */
  readonly elboDraws?: number;
  readonly seed: number | string;
  readonly signal?: CancelSignal;
}

/** The Gaussian of a path: the best of those along it. */
export interface PathGaussian {
  /** [K] */
  readonly mean: Vector;
  /** [K, K] row major. */
  readonly covariance: Float64Array;
  /** Estimated from `elboDraws` draws. */
  readonly elbo: number;
  /** At which place of the path, counted from 0, its start; and how many places there were. */
  readonly place: number;
  readonly places: number;
}

/** Draws of the paths' mixture, corrected; its k̂ says whether they can be trusted, as of `importanceResample`. */
export interface PathfinderDraws extends ImportanceResampled {
  readonly paths: readonly PathGaussian[];
}

const WHERE = 'pathfinder';

/** Pairs of steps that shape a covariance at most: enough for subspaces. */
const MEMORY = 20;

/**
 * Multi-path Pathfinder: ascents to maxima by L-BFGS, at each place of which the steps before suggest a Gaussian; of each path the one with the highest ELBO is taken, and draws of all are weighted by p/q and picked again.
 *
 * The Gaussian at z is N(z + H·∇log p(z), H), H the inverse Hessian that BFGS makes of the last 20 steps. It costs some hundred evaluations a path: for quick answers, and for starts of chains
 * (`positions`). **k̂ above 0.7** says that the draws don't follow the target; `diagnose` of `@subspace/diagnostics` says so too, and low k̂ is no proof (see the README).
 *
 * Ratios are to the mixture of all paths' Gaussians, not, as in the paper, to that of the draw's own path: then paths that end in the same place share it, and one that ends in a place of little mass counts little. The ascents are
 * those of `findMap`: BFGS starts from the inverse curvature at the start of a path, not from a diagonal, and forms matrices [K, K].
 *
 * @param posterior a differentiable log density; starts are drawn from its `prior`, or N(0, I)
 * @returns draws in one chain, with k̂, the evidence, and the Gaussian of each path
 * @throws on invalid options, where no start has a finite density, or no place of any path a Gaussian of finite ELBO; when cancelled, an error with `code: 'ABORTED'`
 * @see Zhang, Carpenter, Gelman & Vehtari (2022), "Pathfinder: parallel quasi-Newton variational inference", Algorithms 1 to 4
 * @example
 * ```ts
 * import { logDensity, posterior } from '@subspace/core';
 * import { pathfinder } from '@subspace/vi';
 *
 * // One observation 2 ± 1 and a prior 0 ± 1: the posterior is N(1, ½).
 * const logLikelihood = logDensity(1, (z) => ({ value: -0.5 * (z[0] - 2) ** 2, gradient: Float64Array.of(2 - z[0]) }));
 * const draws = await pathfinder(posterior({ logLikelihood, priorStd: 1 }), { draws: 500, seed: 1 });
 * draws.paths[0].mean; // [1]
 * draws.paretoK; // below 0.7
 * ```
 */
export async function pathfinder(posterior: ApproximationTarget, options: PathfinderOptions): Promise<PathfinderDraws> {
  requireTarget(WHERE, posterior);
  requireOptions(WHERE, 'options', options);
  requireKnownOptions(WHERE, options, ['draws', 'paths', 'proposals', 'elboDraws', 'seed', 'signal']);
  const { draws, paths: count = 4, proposals, elboDraws = 10, seed, signal } = options;
  requireCount(WHERE, 'draws', draws);
  requireCount(WHERE, 'paths', count);
  requireCount(WHERE, 'elboDraws', elboDraws);
  requireSeed(WHERE, seed);
  const random = randomSource(seed);
  const evaluate = evaluator(WHERE, posterior, signal);
  const found: (PathGaussian & { readonly gaussian: Gaussian })[] = [];
  for (let p = 0; p < count; p++) {
    const own = random.fork(`path ${p}`);
    const initial = await finiteDraw(posterior, evaluate, own);
    if (!initial) throw argumentError(WHERE, 'the log density is finite at no draw of the prior, expected some');
    const places: Point[] = [];
    let curvature: Gaussian | undefined;
    await ascend(WHERE, posterior, evaluate, { initial }, (place, metric) => {
      places.push(place);
      curvature = metric;
    });
    const best = await bestOf(evaluate, places, gaussianPrecision(curvature!), elboDraws, own.fork('elbo'));
    if (best) found.push(best);
  }
  if (found.length === 0) {
    throw argumentError(WHERE, 'the log density is not finite at the draws of any place on any path, expected some');
  }
  const resampled = await importanceResample(mixture(found.map(({ gaussian }) => gaussian)), posterior, {
    ...{ draws, seed, signal },
    ...(proposals !== undefined && { proposals }),
  });
  return { ...resampled, paths: found.map(({ gaussian: _, ...path }) => path) };
}

/** The Gaussian of highest ELBO along a path; undefined where none is finite. */
async function bestOf(
  evaluate: Evaluator,
  places: readonly Point[],
  inverseCurvature: Float64Array,
  elboDraws: number,
  random: RandomSource,
) {
  let best: (PathGaussian & { readonly gaussian: Gaussian }) | undefined;
  const memory: StepPair[] = [];
  for (const [place, { z, gradient }] of places.entries()) {
    if (place > 0) {
      const before = places[place - 1];
      const pair = { s: minus(z, before.z), y: minus(gradient, before.gradient) };
      if (dot(pair.s, pair.y) > 1e-12 * dot(pair.y, pair.y)) {
        memory.push(pair);
        if (memory.length > MEMORY) memory.shift();
      }
    }
    const covariance = inverseHessian(inverseCurvature, memory, z.length);
    const factor = cholesky(covariance, z.length);
    if (!factor) continue;
    // `gradient` is that of −log p.
    const mean = z.map((x, k) => {
      let step = 0;
      for (let j = 0; j < z.length; j++) step += covariance[k * z.length + j] * gradient[j];
      return x - step;
    });
    const gaussian = { mean, cholesky: factor };
    if (!mean.every(Number.isFinite)) continue;
    const draws = Array.from({ length: elboDraws }, () => gaussianDraw(gaussian, random));
    const values = await evaluate.values(draws);
    const elbo = values.reduce((sum, value, i) => sum + value - gaussianLogDensity(gaussian, draws[i]), 0) / elboDraws;
    if (Number.isFinite(elbo) && elbo > (best?.elbo ?? -Infinity)) {
      best = { gaussian, mean, covariance: gaussianCovariance(gaussian), elbo, place, places: places.length };
    }
  }
  return best;
}

/** H ← (I − ρ·s·yᵀ)·H·(I − ρ·y·sᵀ) + ρ·s·sᵀ for each pair, ρ = 1/sᵀy, from the inverse curvature at the start, as wide as the last pair says; [K, K] row major. */
function inverseHessian(inverseCurvature: Float64Array, memory: readonly StepPair[], dim: number): Float64Array {
  const times = (matrix: Float64Array, v: Vector): Vector =>
    v.map((_, k) => dot(matrix.subarray(k * dim, (k + 1) * dim), v));
  const last = memory.at(-1);
  const width = last ? dot(last.s, last.y) / dot(last.y, times(inverseCurvature, last.y)) : 1;
  const h = inverseCurvature.map((x) => width * x);
  for (const { s, y } of memory) {
    const rho = 1 / dot(s, y);
    const hy = times(h, y);
    const factor = rho * (1 + rho * dot(y, hy));
    for (let i = 0; i < dim; i++) {
      for (let j = 0; j < dim; j++) h[i * dim + j] += factor * s[i] * s[j] - rho * (s[i] * hy[j] + hy[i] * s[j]);
    }
  }
  return h;
}

/** Equal parts of each, one behind the other: drawn in turns, systematic resampling would pick draws of some of them only. */
function mixture(gaussians: readonly Gaussian[]) {
  const count = gaussians.length;
  return {
    dim: gaussians[0].mean.length,
    sample: (random: RandomSource, size: number): Vector[] =>
      Array.from({ length: size }, (_, i) => gaussianDraw(gaussians[Math.floor((i * count) / size)], random)),
    logDensity: (z: Vector): number =>
      logSumExp(Float64Array.from(gaussians, (gaussian) => gaussianLogDensity(gaussian, z))) - Math.log(count),
  };
}
