import {
  type Draws,
  drawsFrom,
  gaussianLikelihood,
  type Network,
  predictRegression,
  type Subspace,
  subspaceDraws,
} from '@subspace/core';
import { regressionFeatures } from '@subspace/datasets';

export interface PredictiveDraws {
  /** What the network says at x [N], without noise: draws of a vector [N], so that a predictive band is tested as moments are. */
  readonly functions: Draws;
  /** [N] Of all of them together, the noise of variance 0.05 included. */
  readonly totalVariance: Float64Array;
}

/** Predictions at x of draws of the network's subspace. */
export async function predictiveDraws(
  network: Network,
  subspace: Subspace,
  draws: Draws,
  x: readonly number[],
): Promise<PredictiveDraws> {
  const { members, variance } = await predictRegression(
    network,
    subspaceDraws(subspace, draws),
    regressionFeatures(x),
    { likelihood: gaussianLikelihood({ variance: 0.05 }), samples: draws.size, seed: 1, keepMembers: true },
  );
  let next = 0;
  return {
    functions: drawsFrom(draws.positions.map((chain) => chain.map(() => members!.means[next++]))),
    totalVariance: variance,
  };
}

/** About so many draws of each chain, evenly spread. */
export function thinned(draws: Draws, perChain: number): Draws {
  return drawsFrom(
    draws.positions.map((chain) => {
      const every = Math.max(1, Math.floor(chain.length / perChain));
      return chain.filter((_, d) => d % every === 0);
    }),
  );
}
