import { type CancelSignal, type Gaussian, gaussianPrecision, randomSource, type Vector } from '@subspace/core';
import {
  argumentError,
  cholesky,
  requireCount,
  requireKnownOptions,
  requireOptions,
  requirePositive,
  requireSeed,
} from '@subspace/core/internals';
import { approximationQuality, type GaussianApproximation, gaussianDensity } from './approximation.ts';
import type { AscentProgress } from './ascend.ts';
import { type Curvature, gaussNewtonMatrix, hessianByDifferences } from './curvature.ts';
import { type DrawsProgress, drawsReporter } from './draws-progress.ts';
import { highestMode, type ModeOptions } from './highest-mode.ts';
import { type ApproximationTarget, evaluator, requirePosition, requireTarget } from './target.ts';

export interface LaplaceOptions extends Omit<ModeOptions, 'onProgress'> {
  /** Where to expand, a Float64Array [K]; by default the MAP that ascents find. */
  readonly at?: Vector;
  /** `'gauss-newton'` (default), or the `'hessian'` by differences of the gradient. */
  readonly curvature?: Curvature;
  /**
   * Of the Hessian's differences, in units of each coordinate's standard deviation given the others. Default 0.1. ReLU networks have kinks: a short
   * step gives the curvature between two of them, which says little about the posterior.
   */
  readonly step?: number;
  /** Draws that `elbo` and `paretoK` are estimated from. Default 1000; each is an evaluation. */
  readonly evaluationDraws?: number;
  /** Of those draws, and of the starts. Default 1. */
  readonly seed?: number | string;
  readonly signal?: CancelSignal;
  /** Called after each iteration of the ascent; then about ten times a second while draws are evaluated, and at the end. */
  readonly onProgress?: (progress: LaplaceProgress) => void;
}

/** The ascent to the mean, unless `at` is given; then the draws that `elbo` and `paretoK` are estimated from. */
export type LaplaceProgress =
  | ({ readonly phase: 'ascent' } & AscentProgress)
  | ({ readonly phase: 'draws' } & DrawsProgress);

export interface LaplaceApproximation extends GaussianApproximation {
  /** log ∫ of the Gaussian through p at the mean: log p(mean) + K/2·log 2π + ½ log |covariance|, in nats. */
  readonly logEvidence: number;
  /** Whether the ascent to the mean converged; true where `at` was given. */
  readonly converged: boolean;
}

/**
 * Laplace approximation in the subspace: N(ẑ, H⁻¹), ẑ a local maximum of log p and H the curvature of −log p there.
 *
 * H is the Gauss–Newton matrix (of a posterior: JᵀFJ / T + Σ⁻¹, positive definite whatever the network does), or the Hessian by central differences
 * of the gradient.
 *
 * @param posterior a differentiable log density; with `gaussNewton` unless the Hessian is asked for
 * @throws on a target without Gauss–Newton matrix, a Hessian that is not positive definite, a log density that is not finite at the start; when
 * cancelled, an error with `code: 'ABORTED'`
 * @see MacKay (1992), "A practical Bayesian framework for backpropagation networks"; Tierney & Kadane (1986) for the evidence
 * @example
 * ```ts
 * import { logDensity, posterior } from '@subspace/core';
 * import { laplace } from '@subspace/vi';
 *
 * // One observation 2 ± 1 and a prior 0 ± 1: the posterior is N(1, ½).
 * const logLikelihood = logDensity(1, (z) => ({ value: -0.5 * (z[0] - 2) ** 2, gradient: Float64Array.of(2 - z[0]) }));
 * const { mean, covariance, logEvidence } = await laplace(posterior({ logLikelihood, priorStd: 1 }), { curvature: 'hessian' });
 * mean; // [1]
 * covariance; // [0.5]
 * logEvidence; // −1 − ½ log 2
 * ```
 */
export async function laplace(
  posterior: ApproximationTarget,
  options: LaplaceOptions = {},
): Promise<LaplaceApproximation> {
  requireTarget('laplace', posterior);
  requireOptions('laplace', 'options', options);
  requireKnownOptions('laplace', options, [
    'at',
    'curvature',
    'step',
    'evaluationDraws',
    'seed',
    'initial',
    'starts',
    'maxIterations',
    'tolerance',
    'signal',
    'onProgress',
  ]);
  const { onProgress, ...ascent } = options;
  const { at, curvature = 'gauss-newton', step = 0.1, evaluationDraws = 1000, seed = 1, signal } = options;
  if (curvature !== 'gauss-newton' && curvature !== 'hessian') {
    throw argumentError('laplace', `curvature is ${JSON.stringify(curvature)}, expected 'gauss-newton' or 'hessian'`);
  }
  requirePositive('laplace', 'step', step);
  requireCount('laplace', 'evaluationDraws', evaluationDraws, 2);
  requireSeed('laplace', seed);
  if (at !== undefined) requirePosition('laplace', 'at', at, posterior.dim);
  const evaluate = evaluator('laplace', posterior, signal);
  const mode = at
    ? { position: at.slice(), logDensity: (await evaluate.values([at]))[0], converged: true }
    : await highestMode('laplace', posterior, evaluate, {
        ...ascent,
        onProgress: onProgress && ((progress) => onProgress({ phase: 'ascent', ...progress })),
      });
  if (!Number.isFinite(mode.logDensity)) {
    throw argumentError(
      'laplace',
      `the log density is ${mode.logDensity} at [${mode.position.join(', ')}], expected a finite number`,
    );
  }
  const matrix =
    curvature === 'hessian'
      ? await hessianByDifferences(posterior, evaluate, mode.position, step)
      : await gaussNewtonMatrix('laplace', posterior, mode.position);
  const gaussian = gaussianFromPrecision(mode.position, matrix);
  const density = gaussianDensity('laplace', gaussian);
  const quality = await approximationQuality(
    'laplace',
    density,
    evaluate,
    randomSource(seed),
    evaluationDraws,
    drawsReporter(evaluationDraws, onProgress && ((progress) => onProgress({ phase: 'draws', ...progress }))),
  );
  const { dim } = posterior;
  let logEvidence = mode.logDensity + (dim / 2) * Math.log(2 * Math.PI);
  for (let k = 0; k < dim; k++) logEvidence += Math.log(gaussian.cholesky[k * dim + k]);
  return { ...density, ...quality, logEvidence, converged: mode.converged };
}

/** N(mean, precision⁻¹). */
function gaussianFromPrecision(mean: Vector, precision: Float64Array): Gaussian {
  const dim = mean.length;
  const factor = cholesky(precision, dim);
  // The inverse is one more precision: that of a Gaussian whose covariance is `precision`.
  const covariance = factor && cholesky(gaussianPrecision({ mean, cholesky: factor }), dim);
  if (!covariance) {
    const hint = "expected a maximum; is `at` one? A wider `step`, or curvature: 'gauss-newton', may do";
    throw argumentError('laplace', `the curvature at [${mean.join(', ')}] is not positive definite, ${hint}`);
  }
  return { mean, cholesky: covariance };
}
