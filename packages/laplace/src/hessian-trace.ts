import type { Dataset, Network } from '@subspace/core';
import { abortError, breath, requireCount } from '@subspace/core/internals';
import { curvatureProblem } from './curvature-options.ts';
import { requireFiniteForm } from './finite-form.ts';
import type { ProductQuality } from './hessian.ts';
import { type MatrixOptions, matrixProducts } from './hessian-eigenvalues.ts';
import { dot } from './vectors.ts';

export interface HessianTraceOptions extends MatrixOptions {
  /** Vectors of signs, each a product. Default 100. */
  readonly probes?: number;
  readonly onProgress?: (progress: { readonly probe: number; readonly of: number }) => void;
}

export interface HessianTrace {
  readonly trace: number;
  /** Of the trace as an estimate. */
  readonly standardError: number;
  readonly products: ProductQuality;
}

/**
 * The trace of the Hessian of Σ −log p(y | x, w), or of its Gauss–Newton matrix, by Hutchinson's estimate: the mean of vᵀHv over vectors of random signs, with its standard error.
 *
 * @param weights flat [D]
 * @throws as `hessianEigenvalues`
 * @see Hutchinson (1990), "A stochastic estimator of the trace of the influence matrix"
 * @example
 * ```ts
 * import { arraysDataset, gaussianLikelihood } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { hessianTrace } from '@subspace/laplace';
 *
 * const network = denseNetwork({ sizes: [1, 1], weights: Float32Array.of(0, 0) });
 * const data = arraysDataset({ inputs: { data: Float32Array.of(2), shape: [1, 1] }, targets: { data: Float32Array.of(1), shape: [1, 1] } });
 * const likelihood = gaussianLikelihood({ variance: 1 });
 * await hessianTrace(network, await network.readWeights(), data, { likelihood }); // 5, within a few standard errors
 * ```
 */
export async function hessianTrace(
  network: Network,
  weights: Float32Array,
  data: Dataset,
  options: HessianTraceOptions,
): Promise<HessianTrace> {
  const where = 'hessianTrace';
  const problem = curvatureProblem(where, network, weights, data, options, ['matrix', 'seed', 'probes', 'onProgress']);
  const { probes = 100, onProgress } = options;
  requireCount(where, 'probes', probes, 2);
  const { operator, random } = await matrixProducts(problem, options);
  const pause = breath();
  try {
    let mean = 0;
    let squares = 0;
    for (let probe = 1; probe <= probes; probe++) {
      if (problem.signal?.aborted) throw abortError(where, problem.signal, {});
      const signs = Float64Array.from({ length: operator.size }, () => (random.uniform() < 0.5 ? -1 : 1));
      const value = dot(signs, await operator.times(signs));
      requireFiniteForm(where, value);
      const delta = value - mean;
      mean += delta / probe;
      squares += delta * (value - mean);
      onProgress?.({ probe, of: probes });
      if (pause.due()) await pause.rest();
    }
    return { trace: mean, standardError: Math.sqrt(squares / (probes - 1) / probes), products: operator.quality };
  } finally {
    operator.dispose();
  }
}
