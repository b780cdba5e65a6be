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

/** What the network says at x [N], without noise, of draws of its subspace: draws of a vector [N], so that a predictive band is tested as moments are. */
export async function predictiveDraws(
  network: Network,
  subspace: Subspace,
  draws: Draws,
  x: readonly number[],
  options: { readonly perChain: number },
): Promise<Draws> {
  const { perChain } = options;
  const thinned = draws.positions.map((chain) => {
    const every = Math.max(1, Math.floor(chain.length / perChain));
    return chain.filter((_, d) => d % every === 0);
  });
  const pooled = drawsFrom(thinned);
  const { members } = await predictRegression(network, subspaceDraws(subspace, pooled), regressionFeatures(x), {
    // The noise plays no part in the members' means.
    likelihood: gaussianLikelihood({ variance: 0.05 }),
    samples: pooled.size,
    seed: 1,
    keepMembers: true,
  });
  let next = 0;
  return drawsFrom(thinned.map((chain) => chain.map(() => members!.means[next++])));
}
