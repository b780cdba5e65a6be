import {
  type CheckpointOptions,
  type CheckpointStore,
  type CoordinateSampler,
  type CurvedLogDensity,
  type Posterior,
  posterior,
  type SamplingAlgorithm,
  sample,
} from '@subspace/core';
import { ellipticalSlice, sliceWithinGibbs } from '@subspace/ess';
import { hmc, mala, nuts, randomWalk } from '@subspace/nuts';
import { adjustedMclmc, mclmc } from '@subspace/sgmcmc';
import { sequentialMonteCarlo } from '@subspace/smc';
import { fullRank, inverseAutoregressive, meanField, realNvp } from '@subspace/vi';
import { smallNetworkPosterior } from './small-network.ts';

/** A run of a method, from and into a store if there is one. */
type Run = (target: Posterior<CurvedLogDensity>, store?: CheckpointStore) => Promise<CoordinateSampler>;

const from = (store: CheckpointStore | undefined, every: number): { checkpoint?: CheckpointOptions } =>
  store ? { checkpoint: { store, every, resume: true } } : {};

/** Two chains, with warmup and thinning. */
const sampling =
  (create: (target: Posterior<CurvedLogDensity>) => SamplingAlgorithm<unknown, unknown>, draws: number): Run =>
  (target, store) =>
    sample(create(target), { draws, warmup: draws, thin: 2, chains: 2, seed: 'kill', ...from(store, 5) });

const variational = { iterations: 200, samplesPerIteration: 4, evaluationDraws: 100, seed: 'kill' };

/** Everything that saves and resumes, by the name of its function: samplers, variational inference, sequential Monte Carlo. */
export const methods: Readonly<Record<string, Run>> = {
  ellipticalSlice: sampling(ellipticalSlice, 100),
  sliceWithinGibbs: sampling((target) => sliceWithinGibbs(target), 40),
  hmc: sampling((target) => hmc(target, { stepSize: 0.1, steps: [3, 8], massMatrix: 'diagonal' }), 40),
  nuts: sampling((target) => nuts(target, { massMatrix: 'dense' }), 40),
  mala: sampling((target) => mala(target), 200),
  randomWalk: sampling((target) => randomWalk(target), 200),
  mclmc: sampling((target) => mclmc(target), 100),
  adjustedMclmc: sampling((target) => adjustedMclmc(target), 40),
  meanField: (target, store) => meanField(target, { ...variational, ...from(store, 5) }),
  fullRank: (target, store) => fullRank(target, { ...variational, ...from(store, 5) }),
  realNvp: (target, store) => realNvp(target, { ...variational, layers: 2, hidden: 8, ...from(store, 5) }),
  inverseAutoregressive: (target, store) =>
    inverseAutoregressive(target, { ...variational, layers: 2, hidden: 8, ...from(store, 5) }),
  sequentialMonteCarlo: (target, store) =>
    sequentialMonteCarlo(target, {
      particles: 32,
      replicates: 4,
      move: ellipticalSlice,
      movesPerStage: 2,
      seed: 'kill',
      ...from(store, 1),
    }),
};

/**
 * Runs a method on the small network's posterior.
 *
 * @param onEvaluation called before each evaluation with how many there were: where a test takes its time, or kills
 */
export async function runMethod(
  name: string,
  store?: CheckpointStore,
  onEvaluation: (evaluations: number) => void = () => {},
): Promise<{ result: CoordinateSampler; evaluations: number }> {
  const { logLikelihood, prior, dispose } = smallNetworkPosterior();
  let evaluations = 0;
  const count = (points: readonly unknown[]) => {
    for (const _point of points) onEvaluation(evaluations++);
  };
  const counted: CurvedLogDensity = {
    ...logLikelihood,
    values(points) {
      count(points);
      return logLikelihood.values(points);
    },
    valuesAndGradients(points) {
      count(points);
      return logLikelihood.valuesAndGradients(points);
    },
  };
  try {
    return { result: await methods[name](posterior({ logLikelihood: counted, prior }), store), evaluations };
  } finally {
    dispose();
  }
}
