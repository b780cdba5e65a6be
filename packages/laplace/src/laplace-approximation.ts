import { type Dataset, type Likelihood, type Network, randomSource, type WeightSampler } from '@subspace/core';
import { argumentError, requireCount, requirePositive, requireSeed, show } from '@subspace/core/internals';
import { bestPriorPrecision } from './best-prior-precision.ts';
import type { ChosenWeights } from './chosen-weights.ts';
import type { CenteredGaussian, Curvature } from './curvature.ts';
import { type CurvatureOptions, type CurvatureProblem, curvatureProblem } from './curvature-options.ts';
import { diagonalCurvature } from './diagonal-curvature.ts';
import { fullCurvature } from './full-curvature.ts';
import { gaussNewtonProducts } from './gauss-newton.ts';
import { factorRows } from './jacobian-rows.ts';
import { kroneckerBlocks } from './kronecker-blocks.ts';
import { kroneckerCurvature } from './kronecker-curvature.ts';
import { lanczos, ritzValues, ritzVector } from './lanczos.ts';
import { logLikelihoodOf } from './log-likelihood.ts';
import { lowRankCurvature } from './low-rank-curvature.ts';
import { dot } from './vectors.ts';

/** What of the Gauss–Newton matrix is kept. */
export type CurvatureStructure = 'diagonal' | 'kronecker' | 'low-rank' | 'full';

export interface LaplaceOptions extends CurvatureOptions {
  /** λ of the prior N(0, λ⁻¹·I), or `'evidence'`: the one of the greatest evidence. Choose the noise first: `maximumLikelihoodNoise`. */
  readonly priorPrecision: number | 'evidence';
  /**
   * `'diagonal'`: a variance a weight. `'kronecker'`: a Kronecker product for each weight matrix and bias of dense layers. `'low-rank'`: the largest eigenpairs, by Lanczos' recurrence. `'full'`:
   * the [d, d] matrix of the chosen weights, for small networks or few layers.
   */
  readonly structure: CurvatureStructure;
  /** Of `'low-rank'`, at most. Default 20. */
  readonly eigenpairs?: number;
  /** Of the direction that Lanczos' recurrence starts with. Default 1. */
  readonly seed?: number | string;
  /** Called as the rows of the data, or the steps of the recurrence, are gone through. */
  readonly onProgress?: (progress: { readonly done: number; readonly of: number }) => void;
}

export const LAPLACE_OPTIONS = ['priorPrecision', 'structure', 'eigenpairs', 'seed', 'onProgress'] as const;

/** N(ŵ, Ψ) over the weights that were chosen; the others stay as they are. */
export interface LaplaceApproximation extends WeightSampler {
  /** ŵ, flat [D]. */
  readonly mean: Float32Array;
  readonly likelihood: Likelihood;
  readonly structure: CurvatureStructure;
  /** λ. */
  readonly priorPrecision: number;
  /** log ∫ p(y | x, w)·p(w) dw over the chosen weights in nats: log p(y | x, ŵ) + log N(ŵ | 0, λ⁻¹I) + d/2·log 2π − ½ log det(G + λI). */
  readonly logEvidence: number;
  /** Σ log p(y | x, ŵ) over the data. */
  readonly logLikelihood: number;
  /** Which weights it is over. */
  readonly chosen: ChosenWeights;
  /** N(0, Ψ) over them. */
  readonly gaussian: CenteredGaussian;
  /** The variance of each weight, [D]: 0 at weights that were not chosen. */
  variance(): Float32Array;
  /** The same curvature under another prior: nothing is gone through again. */
  withPriorPrecision(priorPrecision: number): LaplaceApproximation;
}

/**
 * The Laplace approximation of the posterior over a network's weights: N(ŵ, Ψ), Ψ = (G + λI)⁻¹, with G = Σ over rows of JᵀHJ the Gauss–Newton matrix at ŵ, H the Fisher information of the
 * outputs, λ the precision of the prior.
 *
 * It is a sampler of weights, for `predictRegression` and `predictClassification`; `linearizedRegression` and `linearizedClassification` predict without draws, and as a rule better: a draw of
 * Ψ leaves the region in which the network is as linear as G takes it to be.
 *
 * With `layers` it is that of those weights with all others held: it understates the variance of the whole, the more so the fewer they are. A layer that the structure cannot hold is an error
 * that names it; nothing is silently left out. A network with batch norm keeps its running statistics, of the same `weights`: refresh them first.
 *
 * @param weights ŵ, flat [D]: trained with a weight decay of λ it is a mode. Kept, not copied
 * @throws on a custom likelihood, a λ that is not positive, an unknown layer or structure; with `'kronecker'`, at a tensor that is no part of a dense layer; when cancelled, an error with
 * `code: 'ABORTED'`
 * @see MacKay (1992), "A practical Bayesian framework for backpropagation networks"; Daxberger et al. (2021), "Laplace redux"; Ritter et al. (2018) for the Kronecker factors
 * @example
 * ```ts
 * import { arraysDataset, gaussianLikelihood } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { laplaceApproximation } from '@subspace/laplace';
 *
 * // y = w·x + b with one observation at x = 2: G = [[4, 2], [2, 1]].
 * const network = denseNetwork({ sizes: [1, 1], weights: Float32Array.of(0.4, 0.2) });
 * const data = arraysDataset({ inputs: { data: Float32Array.of(2), shape: [1, 1] }, targets: { data: Float32Array.of(1), shape: [1, 1] } });
 * const laplace = await laplaceApproximation(network, await network.readWeights(), data, {
 *   likelihood: gaussianLikelihood({ variance: 1 }),
 *   priorPrecision: 1,
 *   structure: 'full',
 * });
 * laplace.variance(); // [2/6, 5/6]
 * laplace.logEvidence; // that of N(0, 6) at 1: −½ log(2π·6) − 1/12, but for ŵ's rounding
 * ```
 */
export async function laplaceApproximation(
  network: Network,
  weights: Float32Array,
  data: Dataset,
  options: LaplaceOptions,
): Promise<LaplaceApproximation> {
  const where = 'laplaceApproximation';
  const problem = curvatureProblem(where, network, weights, data, options, LAPLACE_OPTIONS);
  return approximationOf(problem, options);
}

/** The approximation for arguments that were checked by `curvatureProblem`. */
export async function approximationOf(
  problem: CurvatureProblem,
  options: LaplaceOptions,
): Promise<LaplaceApproximation> {
  const { where, weights, chosen } = problem;
  const { priorPrecision, structure } = options;
  if (priorPrecision !== 'evidence') requirePositive(where, 'priorPrecision', priorPrecision);
  const logLikelihood = await logLikelihoodOf(problem);
  if (!Number.isFinite(logLikelihood)) {
    throw argumentError(where, `the log likelihood at weights is ${logLikelihood}, expected a finite number`);
  }
  const curvature = await curvatureOf(problem, options);
  const own = chosen.gather(weights);
  const squares = dot(own, own);
  const logEvidence = (lambda: number, { logDeterminant }: CenteredGaussian): number =>
    logLikelihood + 0.5 * (chosen.size * Math.log(lambda) - lambda * squares - logDeterminant);

  const at = (lambda: number): LaplaceApproximation => {
    const gaussian = posteriorUnder(where, curvature, lambda);
    return {
      layout: chosen.layout,
      mean: weights,
      likelihood: problem.likelihood,
      structure,
      priorPrecision: lambda,
      logEvidence: logEvidence(lambda, gaussian),
      logLikelihood,
      chosen,
      gaussian,
      variance: () => chosen.scatter(gaussian.marginalVariances(), new Float32Array(weights.length)),
      withPriorPrecision(other) {
        requirePositive('withPriorPrecision', 'priorPrecision', other);
        return at(other);
      },
      weights(count, random) {
        requireCount(`${where}.weights`, 'count', count, 0);
        return draws();

        function* draws(): Generator<Float32Array> {
          const drawn = weights.slice();
          for (let n = 0; n < count; n++) {
            const off = gaussian.draw(random);
            yield chosen.scatter(
              off.map((x, i) => own[i] + x),
              drawn,
            );
          }
        }
      },
    };
  };
  if (priorPrecision !== 'evidence') return at(priorPrecision);
  if (squares === 0) {
    throw argumentError(
      where,
      "priorPrecision is 'evidence', but all weights are 0; expected trained ones, or a number",
    );
  }
  const evidenceAt = (lambda: number): number => {
    const gaussian = curvature.posterior(lambda);
    // The evidence of a prior that is ever wider falls without end.
    return gaussian ? logEvidence(lambda, gaussian) : -Infinity;
  };
  return at(bestPriorPrecision(chosen.size, squares, evidenceAt));
}

function posteriorUnder(where: string, curvature: Curvature, priorPrecision: number): CenteredGaussian {
  const gaussian = curvature.posterior(priorPrecision);
  if (gaussian) return gaussian;
  throw argumentError(
    where,
    `priorPrecision is ${priorPrecision}, too small beside the curvature for float64, expected a larger one`,
  );
}

async function curvatureOf(problem: CurvatureProblem, options: LaplaceOptions): Promise<Curvature> {
  const { where, chosen, data } = problem;
  const { structure, onProgress } = options;
  const onRows = onProgress && ((done: number) => onProgress({ done, of: data.size }));
  switch (structure) {
    case 'diagonal':
      return diagonalCurvature(chosen.size, factorRows(problem, onRows));
    case 'full':
      return fullCurvature(chosen.size, factorRows(problem, onRows));
    case 'kronecker':
      return kroneckerCurvature(chosen.size, await kroneckerBlocks(problem, onRows));
    case 'low-rank':
      return largestPairs(problem, options);
    default:
      throw argumentError(
        where,
        `structure is ${show(structure)}, expected 'diagonal', 'kronecker', 'low-rank' or 'full'`,
      );
  }
}

async function largestPairs(
  problem: CurvatureProblem,
  { eigenpairs = 20, seed = 1, onProgress }: LaplaceOptions,
): Promise<Curvature> {
  const { where, chosen, signal } = problem;
  requireCount(where, 'eigenpairs', eigenpairs);
  requireSeed(where, seed);
  const wanted = Math.min(eigenpairs, chosen.size);
  const operator = await gaussNewtonProducts(problem);
  try {
    const of = Math.min(chosen.size, 20 + 10 * wanted);
    const space = await lanczos(operator, {
      where,
      random: randomSource(seed),
      steps: of,
      signal,
      onStep: (done) => onProgress?.({ done, of }),
      enough(so) {
        const m = so.diagonal.length;
        if (m < chosen.size && (m <= wanted || m % 5 !== 0)) return false;
        const { values, residuals } = ritzValues(so);
        const negligible = 1e-6 * values[0];
        return residuals.subarray(0, wanted).every((off, k) => off <= Math.max(1e-4 * values[k], negligible));
      },
    });
    const { values, coordinates } = ritzValues(space);
    const vectors = coordinates.slice(0, wanted).map((coordinate) => ritzVector(space, coordinate));
    return lowRankCurvature(chosen.size, values.subarray(0, wanted), vectors);
  } finally {
    operator.dispose();
  }
}
