import type { CancelSignal, CheckpointStore, Network } from '@subspace/core';
import { cyclicalSgld, sghmc, sgld, type WeightChainOptions, type WeightDraws } from '@subspace/sgmcmc';
import { data, likelihood, line, priorStd } from './line.ts';

const settings = { draws: 20, warmup: 20, thin: 7, learningRate: 0.1 };

/** Everything that saves and resumes, by its name: about 160 steps each. */
export const chains: Readonly<Record<string, (network: Network, options: WeightChainOptions) => Promise<WeightDraws>>> =
  {
    sgld: (network, options) => sgld(network, data, { ...options, ...settings, preconditioner: 'rmsprop' }),
    sghmc: (network, options) =>
      sghmc(network, data, { ...options, ...settings, learningRate: (step) => 0.1 / (1 + step / 50) }),
    cyclicalSgld: (network, options) =>
      cyclicalSgld(network, data, { ...options, cycles: 4, cycleSteps: 40, learningRate: 0.1 }),
  };

/** A chain from and into a store, that is saved every seven steps. */
export function resumableChain(
  name: string,
  store?: CheckpointStore,
  onStep?: (step: number) => void,
  signal?: CancelSignal,
): Promise<WeightDraws> {
  return chains[name](line(onStep), {
    ...{ likelihood, priorStd, batchSize: 8, seed: 'resume', signal },
    ...(store && { checkpoint: { store, every: 7, resume: true } }),
  });
}
