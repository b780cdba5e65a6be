import { type Dataset, type Disposable, type Network, type RandomSource, randomSource } from '@subspace/core';
import { argumentError, requireCount, requirePositive, requireSeed, show } from '@subspace/core/internals';
import { type CurvatureOptions, type CurvatureProblem, curvatureProblem } from './curvature-options.ts';
import { gaussNewtonProducts, type SymmetricOperator } from './gauss-newton.ts';
import { hessianProducts, type ProductQuality } from './hessian.ts';
import { lanczos, type RitzValues, ritzValues, ritzVector } from './lanczos.ts';

export interface MatrixOptions extends CurvatureOptions {
  /** `'hessian'` (default): of Σ −log p, which need not be positive. `'gauss-newton'`: Σ JᵀHJ, the Fisher information, which is never negative. */
  readonly matrix?: 'hessian' | 'gauss-newton';
  /** Of the directions that are drawn. Default 1. */
  readonly seed?: number | string;
}

export interface HessianEigenvaluesOptions extends MatrixOptions {
  /** How many of the largest. Default 10. */
  readonly top?: number;
  /** How many of the smallest. Default 0. */
  readonly bottom?: number;
  /** Of a pair's residual ‖Hx − θx‖, in parts of |θ|. Its eigenvalue is nearer by far: by about the square. Default 1e-4. */
  readonly tolerance?: number;
  /** Most steps, each a product and a vector [d] that is kept. Default 20 + 10·(top + bottom). */
  readonly maxSteps?: number;
  readonly onProgress?: (progress: { readonly step: number; readonly of: number }) => void;
}

/** Some eigenvalues with their vectors. */
export interface Eigenpairs {
  readonly values: Float64Array;
  /** ‖Hx − θx‖ of each. */
  readonly residuals: Float64Array;
  /** Unit vectors [D], 0 at weights that were not chosen. */
  readonly vectors: readonly Float32Array[];
}

export interface HessianEigenvalues {
  /** The largest, in descending order. */
  readonly top: Eigenpairs;
  /** The smallest, in ascending order. */
  readonly bottom: Eigenpairs;
  readonly steps: number;
  /** Whether all residuals came below the tolerance. */
  readonly converged: boolean;
  readonly products: ProductQuality;
}

/**
 * The largest and smallest eigenvalues of the Hessian of Σ −log p(y | x, w), or of its Gauss–Newton matrix, with their eigenvectors, by Lanczos' recurrence with full
 * reorthogonalisation.
 *
 * The loss is the SUM over the rows, all weights alike, biases and batch norm too: divide by the number of rows for the mean. No matrix is formed: a step is a product, which an engine with
 * second derivatives (`dense`) gives exactly; elsewhere it is a central difference of gradients, and `products` says so, and how far it is off. A network with batch norm keeps its running
 * statistics.
 *
 * The recurrence meets one vector of each eigenvalue: one that has several is found once, unless all d steps are taken. Below 10⁻⁶ of the largest, an eigenvalue is rounding.
 *
 * Unlike the SWAG repository's script, which leaves out biases and batch norm, and adds up means of batches.
 *
 * @param weights flat [D]
 * @throws on a custom likelihood, weights that are not [D] finite numbers, an unknown layer, or more eigenvalues than weights; when cancelled, an error with `code: 'ABORTED'`
 * @see Golub & Van Loan, "Matrix Computations", Chapter 10; Pearlmutter (1994) for the products
 * @example
 * ```ts
 * import { arraysDataset, gaussianLikelihood } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { hessianEigenvalues } from '@subspace/laplace';
 *
 * // A line through two points: the Hessian is [[5, 1], [1, 2]].
 * const network = denseNetwork({ sizes: [1, 1], weights: Float32Array.of(0, 0) });
 * const data = arraysDataset({
 *   inputs: { data: Float32Array.of(2, -1), shape: [2, 1] },
 *   targets: { data: Float32Array.of(1, 0), shape: [2, 1] },
 * });
 * const likelihood = gaussianLikelihood({ variance: 1 });
 * const { top, bottom } = await hessianEigenvalues(network, await network.readWeights(), data, { likelihood, top: 1, bottom: 1 });
 * top.values; // [5.3027…]
 * bottom.values; // [1.6972…]
 * ```
 */
export async function hessianEigenvalues(
  network: Network,
  weights: Float32Array,
  data: Dataset,
  options: HessianEigenvaluesOptions,
): Promise<HessianEigenvalues> {
  const where = 'hessianEigenvalues';
  const own = ['matrix', 'seed', 'top', 'bottom', 'tolerance', 'maxSteps', 'onProgress'];
  const problem = curvatureProblem(where, network, weights, data, options, own);
  const { top = 10, bottom = 0, tolerance = 1e-4, maxSteps = 20 + 10 * (top + bottom), onProgress } = options;
  requireCount(where, 'top', top, 0);
  requireCount(where, 'bottom', bottom, 0);
  requirePositive(where, 'tolerance', tolerance);
  requireCount(where, 'maxSteps', maxSteps);
  const wanted = top + bottom;
  const { size } = problem.chosen;
  if (wanted < 1 || wanted > Math.min(size, maxSteps)) {
    const most = Math.min(size, maxSteps);
    throw argumentError(where, `top + bottom is ${wanted}, expected 1 to ${most}, of so many weights and steps`);
  }
  const { operator, random } = await matrixProducts(problem, options);
  try {
    const of = Math.min(size, maxSteps);
    const converged = (ritz: RitzValues): boolean => {
      const { values, residuals } = ritz;
      const largest = Math.max(Math.abs(values[0]), Math.abs(values[values.length - 1]));
      const off = (k: number) => residuals[k] > Math.max(tolerance * Math.abs(values[k]), 1e-6 * largest);
      return !indices(values.length, top, bottom).some(off);
    };
    const space = await lanczos(operator, {
      where,
      random,
      steps: of,
      signal: problem.signal,
      onStep: (step) => onProgress?.({ step, of }),
      enough: (so) => {
        const m = so.diagonal.length;
        return m < size && m > wanted && m % 5 === 0 && converged(ritzValues(so));
      },
    });
    const ritz = ritzValues(space);
    const pairs = (ks: readonly number[]): Eigenpairs => ({
      values: Float64Array.from(ks, (k) => ritz.values[k]),
      residuals: Float64Array.from(ks, (k) => ritz.residuals[k]),
      vectors: ks.map((k) =>
        problem.chosen.scatter(ritzVector(space, ritz.coordinates[k]), new Float32Array(weights.length)),
      ),
    });
    const ks = indices(ritz.values.length, top, bottom);
    return {
      top: pairs(ks.slice(0, top)),
      bottom: pairs(ks.slice(top)),
      steps: space.basis.length,
      converged: space.basis.length === size || converged(ritz),
      products: operator.quality,
    };
  } finally {
    operator.dispose();
  }
}

/** The first `top` of m, then the last `bottom`, from the end. */
function indices(m: number, top: number, bottom: number): number[] {
  return [...Array.from({ length: top }, (_, k) => k), ...Array.from({ length: bottom }, (_, k) => m - 1 - k)];
}

/** Products with the matrix that was asked for, and the stream that directions are drawn from. */
export async function matrixProducts(
  problem: CurvatureProblem,
  { matrix = 'hessian', seed = 1 }: MatrixOptions,
): Promise<{
  readonly operator: SymmetricOperator & Disposable & { readonly quality: ProductQuality };
  readonly random: RandomSource;
}> {
  const { where, chosen } = problem;
  requireSeed(where, seed);
  if (matrix !== 'hessian' && matrix !== 'gauss-newton') {
    throw argumentError(where, `matrix is ${show(matrix)}, expected 'hessian' or 'gauss-newton'`);
  }
  const random = randomSource(seed);
  if (matrix === 'hessian') {
    const probe = random.fork('error of differences');
    const along = Float64Array.from({ length: chosen.size }, () => probe.normal());
    return { operator: await hessianProducts(problem, along), random };
  }
  return {
    operator: { ...(await gaussNewtonProducts(problem)), quality: { kind: 'exact', relativeError: 0 } },
    random,
  };
}
