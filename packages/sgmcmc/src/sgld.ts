import type { Dataset, Network } from '@subspace/core';
import { equalDistances, type StochasticGradientOptions } from './equal-distances.ts';
import { langevin, type Preconditioner, preconditioning } from './langevin.ts';
import { type WeightDraws, weightChain } from './weight-chain.ts';

export interface SgldOptions extends StochasticGradientOptions {
  /**
   * `'none'` (the default), or `'rmsprop'`: each weight at a step of its own, by the size of its gradients (pSGLD); `{ decay, epsilon }` for other than 0.99 and 1e-5.
   */
  preconditioner?: Preconditioner;
}

const WHERE = 'sgld';

/**
 * Stochastic gradient Langevin dynamics over all weights of a network: steps of stochastic gradient descent on the log posterior, each with as much noise as makes the chain forget where it
 * came from.
 *
 * w ← w + ε/2·∇log p̃(w | D) + √ε·ξ, ξ ~ N(0, I), ε = 2η/N; log p̃ = N/n·Σ log p(y | x, w)/T + log N(w | 0, σ²·I), over the n rows of a step. No step is ever rejected: moments are off by as
 * much as the steps are long, and by the noise of the gradients, which small batches and small T make larger; where ε·curvature is above 4 the chain flies apart. A small rate, or one that
 * falls, brings them as near as one likes, and mixes as much more slowly.
 *
 * Preconditioned, G = diag(1/(epsilon + √V)) multiplies drift and, as √G, noise; V is the running mean of squared gradients of the mean of −log p. The term Γ, the divergence of G, is
 * **left out**, as in the paper's experiments: the chain's law is off by what G changes from step to step, about 1 − decay. V starts from the first gradient, where the paper starts from 0.
 *
 * The chain starts at the network's weights, as a rule trained ones, and leaves the network as it was. With batch norm, gradients are taken at running statistics, refreshed for the weights at
 * the start of each epoch; predictions refresh them for each draw (`refresh`).
 *
 * @returns the kept weights as a sampler for `predictRegression` and `predictClassification`, with the losses on the way
 * @throws on invalid options; as soon as a loss or a kept weight is not finite, naming the step; when cancelled, an error with `code: 'ABORTED'` and the `members` so far; when resumed with another network, start, data
 * set, likelihood, option or seed, naming the difference; on a damaged checkpoint; when the store fails, with `code: 'STORAGE'` and `members`
 * @see Welling & Teh (2011), "Bayesian learning via stochastic gradient Langevin dynamics"; Li et al. (2016), "Preconditioned stochastic gradient Langevin dynamics", Algorithm 1
 * @example
 * ```ts
 * import { arraysDataset, gaussianLikelihood, predictRegression } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { sgld } from '@subspace/sgmcmc';
 *
 * const network = denseNetwork({ sizes: [1, 1], seed: 1 });
 * const inputs = { data: Float32Array.of(-1, 0, 1), shape: [3, 1] };
 * const data = arraysDataset({ inputs, targets: { data: Float32Array.of(-2, 0, 2), shape: [3, 1] } });
 * const likelihood = gaussianLikelihood({ variance: 1 });
 * const sampler = await sgld(network, data, { likelihood, priorStd: 10, batchSize: 3, learningRate: 0.1, draws: 100, thin: 10, seed: 1 });
 * sampler.size; // 100
 * await predictRegression(network, sampler, inputs, { likelihood, samples: 100, seed: 1 });
 * network.dispose();
 * ```
 */
export async function sgld(network: Network, data: Dataset, options: SgldOptions): Promise<WeightDraws> {
  const chain = equalDistances(WHERE, network, data, options, ['preconditioner']);
  const { preconditioner = 'none', priorStd, temperature = 1 } = options;
  const preconditioned = preconditioning(WHERE, preconditioner);
  return weightChain({
    ...chain,
    identity: { ...chain.identity, preconditioned },
    dynamics: langevin({ dim: network.layout.size, rows: data.size, temperature, priorStd }, preconditioned),
  });
}
