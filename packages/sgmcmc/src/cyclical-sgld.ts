import { type Dataset, type Network, randomSource } from '@subspace/core';
import { argumentError, requireCount, requirePositive } from '@subspace/core/internals';
import { leastBatch, requireChain, type WeightChainOptions } from './chain-options.ts';
import { requireFraction } from './fraction.ts';
import { langevin } from './langevin.ts';
import { minibatches } from './minibatches.ts';
import { type WeightDraws, weightChain } from './weight-chain.ts';

export interface CyclicalSgldOptions extends WeightChainOptions {
  /** M. */
  cycles: number;
  /** Steps of a cycle. */
  cycleSteps: number;
  /** Weights that are kept of each cycle, at equal distances in its sampling stage, its last weights among them: memory is D·4 bytes for each. Default 3, as in the reference. */
  drawsPerCycle?: number;
  /** α₀, in units of `fit`: the rate at which each cycle begins. */
  learningRate: number;
  /** β: the part of each cycle that is descent without noise, from mode to mode; the rest samples. Default 0.8. */
  exploration?: number;
}

const WHERE = 'cyclicalSgld';

/**
 * Cyclical stochastic gradient Langevin dynamics over all weights of a network: a rate that begins each cycle high, to leave a mode, and falls along a cosine, to sample the next.
 *
 * At step k of a cycle of C steps the rate is α₀/2·(cos(πk/C) + 1). In the first part β of the cycle there is no noise (it is descent on the log posterior), in the rest each step is one of `sgld`, and
 * weights are kept there. The paper's guarantees are for rates that are small there; the draws of a cycle lie about one mode, and how often a mode is visited does not say how much of the posterior it
 * has.
 *
 * Starts, batch norm and what is left of the network are as for `sgld`.
 *
 * @returns the kept weights as a sampler for `predictRegression` and `predictClassification`, cycle by cycle, with the losses on the way
 * @throws as `sgld`; on more draws a cycle than its sampling stage has steps
 * @see Zhang et al. (2020), "Cyclical stochastic gradient MCMC for Bayesian deep learning", Equation (1) and Algorithm 1
 * @example
 * ```ts
 * import { arraysDataset, gaussianLikelihood } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { cyclicalSgld } from '@subspace/sgmcmc';
 *
 * const network = denseNetwork({ sizes: [1, 1], seed: 1 });
 * const data = arraysDataset({ inputs: { data: Float32Array.of(-1, 0, 1), shape: [3, 1] }, targets: { data: Float32Array.of(-2, 0, 2), shape: [3, 1] } });
 * const sampler = await cyclicalSgld(network, data, {
 *   likelihood: gaussianLikelihood({ variance: 1 }), priorStd: 10, batchSize: 3, cycles: 4, cycleSteps: 50, learningRate: 0.2, seed: 1,
 * });
 * sampler.size; // 12, three of each cycle
 * network.dispose();
 * ```
 */
export async function cyclicalSgld(
  network: Network,
  data: Dataset,
  options: CyclicalSgldOptions,
): Promise<WeightDraws> {
  const own = ['cycles', 'cycleSteps', 'drawsPerCycle', 'learningRate', 'exploration'];
  requireChain(WHERE, network, data, options, own);
  const { cycles, cycleSteps, drawsPerCycle = 3, learningRate, exploration = 0.8 } = options;
  const { priorStd, temperature = 1, batchSize, seed } = options;
  requireCount(WHERE, 'cycles', cycles);
  requireCount(WHERE, 'cycleSteps', cycleSteps);
  requireCount(WHERE, 'drawsPerCycle', drawsPerCycle);
  requirePositive(WHERE, 'learningRate', learningRate);
  requireFraction(WHERE, 'exploration', exploration);
  const quiet = Math.ceil(exploration * cycleSteps);
  const sampling = cycleSteps - quiet;
  if (drawsPerCycle > sampling) {
    throw argumentError(
      WHERE,
      `drawsPerCycle is ${drawsPerCycle}, expected at most ${sampling}, the steps of a cycle's sampling stage: (1 − exploration)·cycleSteps`,
    );
  }
  const ofCycle = new Set(
    Array.from({ length: drawsPerCycle }, (_, i) => quiet + Math.floor(((i + 1) * sampling) / drawsPerCycle)),
  );
  return weightChain({
    ...{ where: WHERE, network, data, options },
    batches: minibatches(data.size, batchSize, leastBatch(network), randomSource(seed).fork('batches')),
    identity: { cycleSteps, drawsPerCycle, learningRate, exploration },
    dynamics: langevin({ dim: network.layout.size, rows: data.size, temperature, priorStd }),
    steps: cycles * cycleSteps,
    rate: (step) => (learningRate / 2) * (Math.cos((Math.PI * (step % cycleSteps)) / cycleSteps) + 1),
    noisy: (step) => step % cycleSteps >= quiet,
    keeps: (steps) => ofCycle.has(((steps - 1) % cycleSteps) + 1),
  });
}
