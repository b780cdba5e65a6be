import type { Dataset, Network } from '@subspace/core';
import { requireCount, requirePositive } from '@subspace/core/internals';
import { curvatureProblem } from './curvature-options.ts';
import type { ProductQuality } from './hessian.ts';
import { type MatrixOptions, matrixProducts } from './hessian-eigenvalues.ts';
import { lanczos, ritzValues } from './lanczos.ts';

export interface SpectralDensityOptions extends MatrixOptions {
  /** Random directions, each with a recurrence of its own. Default 10. */
  readonly probes?: number;
  /** Steps of each recurrence, each a product. Default 50. */
  readonly steps?: number;
  readonly onProgress?: (progress: { readonly step: number; readonly of: number }) => void;
}

/** How the eigenvalues are spread, as a sum of weighted points: ∫ f(λ)·ρ(λ) dλ ≈ Σ weights·f(nodes). */
export interface SpectralDensity {
  /** In ascending order. */
  readonly nodes: Float64Array;
  /** They add up to 1: the part of the d eigenvalues at each node. */
  readonly weights: Float64Array;
  /** ρ at some places, each node spread as N(node, width²). */
  density(at: ArrayLike<number>, width: number): Float64Array;
  readonly products: ProductQuality;
}

/**
 * The spectral density of the Hessian of Σ −log p(y | x, w), or of its Gauss–Newton matrix, by stochastic Lanczos quadrature: the Gauss quadrature of each random direction's recurrence, averaged.
 *
 * Outer eigenvalues come out as single nodes; in the bulk a node stands for many.
 *
 * @param weights flat [D]
 * @throws as `hessianEigenvalues`
 * @see Ghorbani, Krishnan & Xiao (2019), "An investigation into neural net optimization via Hessian eigenvalue density"; Ubaru, Chen & Saad (2017)
 * @example
 * ```ts
 * import { arraysDataset, gaussianLikelihood } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { spectralDensity } from '@subspace/laplace';
 *
 * const network = denseNetwork({ sizes: [1, 1], weights: Float32Array.of(0, 0) });
 * const data = arraysDataset({ inputs: { data: Float32Array.of(2), shape: [1, 1] }, targets: { data: Float32Array.of(1), shape: [1, 1] } });
 * const likelihood = gaussianLikelihood({ variance: 1 });
 * const { nodes } = await spectralDensity(network, await network.readWeights(), data, { likelihood, probes: 1 });
 * nodes; // [0, 5]
 * ```
 */
export async function spectralDensity(
  network: Network,
  weights: Float32Array,
  data: Dataset,
  options: SpectralDensityOptions,
): Promise<SpectralDensity> {
  const where = 'spectralDensity';
  const own = ['matrix', 'seed', 'probes', 'steps', 'onProgress'];
  const problem = curvatureProblem(where, network, weights, data, options, own);
  const { probes = 10, steps = 50, onProgress } = options;
  requireCount(where, 'probes', probes);
  requireCount(where, 'steps', steps);
  const { operator, random } = await matrixProducts(problem, options);
  try {
    const points: { readonly node: number; readonly weight: number }[] = [];
    const each = Math.min(steps, operator.size);
    for (let probe = 0; probe < probes; probe++) {
      const space = await lanczos(operator, {
        where,
        random,
        steps,
        signal: problem.signal,
        onStep: (step) => onProgress?.({ step: probe * each + step, of: probes * each }),
      });
      const { values, coordinates } = ritzValues(space);
      values.forEach((node, k) => {
        points.push({ node, weight: (coordinates[k][0] * coordinates[k][0]) / probes });
      });
    }
    points.sort((a, b) => a.node - b.node);
    const nodes = Float64Array.from(points, ({ node }) => node);
    const parts = Float64Array.from(points, ({ weight }) => weight);
    return {
      nodes,
      weights: parts,
      density(at, width) {
        requirePositive('density', 'width', width);
        return Float64Array.from(at, (place) => {
          let sum = 0;
          nodes.forEach((node, k) => {
            const off = (place - node) / width;
            sum += parts[k] * Math.exp(-0.5 * off * off);
          });
          return sum / (width * Math.sqrt(2 * Math.PI));
        });
      },
      products: operator.quality,
    };
  } finally {
    operator.dispose();
  }
}
