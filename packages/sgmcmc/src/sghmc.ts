import type { Dataset, Network } from '@subspace/core';
import { equalDistances, type StochasticGradientOptions } from './equal-distances.ts';
import { requireFraction } from './fraction.ts';
import type { Potential } from './langevin.ts';
import { type Dynamics, type WeightDraws, weightChain } from './weight-chain.ts';

export interface SghmcOptions extends StochasticGradientOptions {
  /** 1 − α, α the friction: what is left of a velocity after a step. Default 0.9. */
  momentum?: number;
}

const WHERE = 'sghmc';

/**
 * Stochastic gradient Hamiltonian Monte Carlo over all weights of a network: steps of stochastic gradient descent with momentum on the log posterior, each with as much noise as friction takes.
 *
 * v ← (1 − α)·v + h²·∇log p̃(w | D) + √(2α)·h·ξ, w ← w + v, ξ ~ N(0, I), h² = η/N; log p̃ as for `sgld`. The estimate of the gradients' own noise is β̂ = 0. No step is rejected: moments are off by
 * about h²·curvature/(2·(2 − α)), and by the noise of the gradients. With α = 1 it is `sgld`, at the same η.
 *
 * What is kept between steps is v/h, which starts from N(0, I): a schedule that changes h changes velocities with it.
 *
 * Starts, batch norm and what is left of the network are as for `sgld`.
 *
 * @returns the kept weights as a sampler for `predictRegression` and `predictClassification`, with the losses on the way
 * @throws as `sgld`
 * @see Chen et al. (2014), "Stochastic gradient Hamiltonian Monte Carlo", Equation (15)
 * @example
 * ```ts
 * import { arraysDataset, gaussianLikelihood } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { sghmc } from '@subspace/sgmcmc';
 *
 * const network = denseNetwork({ sizes: [1, 1], seed: 1 });
 * const data = arraysDataset({ inputs: { data: Float32Array.of(-1, 0, 1), shape: [3, 1] }, targets: { data: Float32Array.of(-2, 0, 2), shape: [3, 1] } });
 * const sampler = await sghmc(network, data, {
 *   likelihood: gaussianLikelihood({ variance: 1 }), priorStd: 10, batchSize: 3, learningRate: (step) => 0.1 / (1 + step / 100), draws: 20, thin: 10, seed: 1,
 * });
 * sampler.size; // 20
 * network.dispose();
 * ```
 */
export async function sghmc(network: Network, data: Dataset, options: SghmcOptions): Promise<WeightDraws> {
  const chain = equalDistances(WHERE, network, data, options, ['momentum']);
  const { momentum = 0.9, priorStd, temperature = 1 } = options;
  requireFraction(WHERE, 'momentum', momentum);
  return weightChain({
    ...chain,
    identity: { ...chain.identity, momentum },
    dynamics: hamiltonian({ dim: network.layout.size, rows: data.size, temperature, priorStd }, momentum),
  });
}

/** With velocities in units of h. */
function hamiltonian({ dim, rows, temperature, priorStd }: Potential, momentum: number): Dynamics {
  const velocity = new Float64Array(dim);
  const inverseVariance = 1 / (priorStd * priorStd);
  const noise = Math.sqrt(2 * (1 - momentum));
  return {
    memory: { velocity },
    move({ weights, gradient, rate, first, random }) {
      const h = Math.sqrt(rate / rows);
      if (first) for (let i = 0; i < dim; i++) velocity[i] = random.normal();
      for (let i = 0; i < dim; i++) {
        const slope = (rows * gradient[i]) / temperature + inverseVariance * weights[i];
        velocity[i] = momentum * velocity[i] - h * slope + noise * random.normal();
        weights[i] += h * velocity[i];
      }
    },
  };
}
