import { type Arrays, type Dataset, type Network, type Subspace, subspace } from '@subspace/core';
import { argumentError, readsLogits, requireArrays, requireCount } from '@subspace/core/internals';
import { Matrix } from 'ml-matrix';
import { type CurvatureProblem, curvatureProblem } from './curvature-options.ts';
import { jacobianRows } from './jacobian-rows.ts';
import {
  approximationOf,
  LAPLACE_OPTIONS,
  type LaplaceApproximation,
  type LaplaceOptions,
} from './laplace-approximation.ts';
import { symmetricEigen } from './symmetric-eigen.ts';
import { addTimes, dot } from './vectors.ts';

export interface LaplaceSubspaceOptions extends LaplaceOptions {
  /** K, the number of directions: at most the number of outputs of the inputs. */
  readonly rank: number;
  /**
   * X, where the predictions are to vary as under the whole approximation, [n, …]. Default: all rows of the data, or as many of them, evenly thinned, as have 512 outputs and a Jacobian of 2²⁴
   * numbers.
   */
  readonly inputs?: Arrays;
}

/** The subspace of directions that the outputs vary in most. */
export interface LaplaceSubspace extends Subspace {
  /** The K largest eigenvalues of the outputs' covariance Σ = J·Ψ·Jᵀ on X, in descending order. */
  readonly variances: Float64Array;
  /** Their part of all of Σ: the trace criterion of this subspace on X. */
  readonly ratio: number;
  readonly approximation: LaplaceApproximation;
}

/**
 * The affine subspace in which the Laplace posterior keeps most of the outputs' variance.
 *
 * Under w ~ N(ŵ, Ψ) the outputs on X have the covariance Σ = J·Ψ·Jᵀ. Within w = ŵ + zᵀP the same posterior gives Σ_P = J·Pᵀ·(P·Ψ⁻¹·Pᵀ)⁻¹·P·Jᵀ ⪯ Σ, and no choice of K rows gives more than
 * P = U_Kᵀ·J·Ψ, where Σ·U = U·Λ: then Σ_P is the truncated eigendecomposition of Σ. Row k is scaled by λ_k^(−½), so that z has the posterior N(0, I), as far as the network is linear, under the prior
 * that the weights' own induces: take `inducedPrior(subspace, priorPrecision)`. A prior N(0, I) would shrink a second time.
 *
 * @param weights ŵ, flat [D]; kept as the shift, not copied
 * @returns the subspace, with its variances and the approximation that it is of
 * @throws as `laplaceApproximation`; on a rank beyond that of Σ, and on inputs with more than 2048 outputs
 * @see arXiv 2502.02345
 * @example
 * ```ts
 * import { arraysDataset, gaussianLikelihood } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { inducedPrior, laplaceSubspace } from '@subspace/laplace';
 *
 * const network = denseNetwork({ sizes: [1, 20, 1], activation: 'tanh', seed: 1 });
 * const x = Float32Array.from({ length: 30 }, (_, i) => i / 10 - 1.5);
 * const data = arraysDataset({ inputs: { data: x, shape: [30, 1] }, targets: { data: x.map(Math.sin), shape: [30, 1] } });
 * const subspace = await laplaceSubspace(network, await network.readWeights(), data, {
 *   likelihood: gaussianLikelihood({ variance: 0.1 }),
 *   priorPrecision: 1,
 *   structure: 'full',
 *   rank: 3,
 * });
 * subspace.ratio; // 0.99…: three directions have nearly all of the variance
 * inducedPrior(subspace, 1).mean; // [3]
 * ```
 */
export async function laplaceSubspace(
  network: Network,
  weights: Float32Array,
  data: Dataset,
  options: LaplaceSubspaceOptions,
): Promise<LaplaceSubspace> {
  const where = 'laplaceSubspace';
  const problem = curvatureProblem(where, network, weights, data, options, [...LAPLACE_OPTIONS, 'rank', 'inputs']);
  const { rank } = options;
  requireCount(where, 'rank', rank);
  if (options.inputs) requireArrays(where, 'inputs', options.inputs);
  const approximation = await approximationOf(problem, options);
  const { chosen, gaussian } = approximation;

  const rows = await outputGradients(problem, options.inputs);
  const n = rows.length;
  const scaled = rows.map((row) => gaussian.covarianceTimes(row));
  const covariance = Matrix.zeros(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value = dot(rows[i], scaled[j]);
      covariance.set(i, j, value);
      covariance.set(j, i, value);
    }
  }
  const { values, vectors } = symmetricEigen(covariance);
  const independent = values.filter((value) => value > 1e-10 * values[0]).length;
  if (rank > independent) {
    throw argumentError(
      where,
      `rank is ${rank}, expected at most ${independent}: the outputs vary in so many directions only`,
    );
  }
  const basis = vectors.slice(0, rank).map((vector, k) => {
    const direction = new Float64Array(chosen.size);
    scaled.forEach((row, i) => {
      addTimes(direction, vector[i] / Math.sqrt(values[k]), row);
    });
    return chosen.scatter(direction, new Float32Array(weights.length));
  });
  const variances = values.slice(0, rank);
  const sum = (part: Float64Array) => part.reduce((total, value) => total + value, 0);
  return {
    ...subspace({ layout: network.layout, shift: weights, basis }),
    variances,
    ratio: sum(variances) / sum(values),
    approximation,
  };
}

/** Outputs whose covariance is taken, by default and at most. */
const OUTPUTS = 512;
const MOST_OUTPUTS = 2048;
/** Numbers of their Jacobian. */
const HELD = 2 ** 24;

/** The gradient of each output of each input by the chosen weights: N·M rows [d]. */
async function outputGradients(problem: CurvatureProblem, inputs: Arrays | undefined): Promise<Float64Array[]> {
  const { where, network, weights, data, likelihood, chosen } = problem;
  const logits = readsLogits(likelihood);
  const one = inputs ?? (await data.gather(Int32Array.of(0))).inputs;
  const outputs = (await network.predict(one, { weights, logits })).data.length / one.shape[0];
  const most = Math.max(1, Math.floor(Math.min(OUTPUTS, HELD / chosen.size) / outputs));
  const X = inputs ?? (await thinned(problem, most));
  if (X.shape[0] * outputs > MOST_OUTPUTS) {
    throw argumentError(where, `inputs have ${X.shape[0] * outputs} outputs, expected at most ${MOST_OUTPUTS}`);
  }
  const rows: Float64Array[] = [];
  for await (const { count, jacobian } of jacobianRows(network, weights, X, chosen, { logits, outputs })) {
    for (let at = 0; at < count * outputs; at++) rows.push(jacobian.slice(at * chosen.size, (at + 1) * chosen.size));
  }
  return rows;
}

async function thinned({ data }: CurvatureProblem, most: number): Promise<Arrays> {
  const count = Math.min(most, data.size);
  const rows = Int32Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * data.size) / count));
  return (await data.gather(rows)).inputs;
}
