import {
  type Collector,
  type Dataset,
  ensemble,
  fit,
  type Network,
  type Schedule,
  type TrainingOptions,
  type WeightSampler,
} from '@subspace/core';
import {
  argumentError,
  isFloat32Array,
  requireCount,
  requireKnownOptions,
  requireOptions,
  requirePositive,
} from '@subspace/core/internals';

export interface FastGeometricEnsembleOptions extends Omit<TrainingOptions, 'epochs' | 'learningRate'> {
  /** How many weights are collected, one a cycle. */
  members: number;
  /** Epochs from one member to the next, an even number. Default 4, the reference's. */
  cycle?: number;
  /** The rate falls from `highest` to `lowest` and rises again; members are taken where it is lowest. */
  learningRate: { readonly highest: number; readonly lowest: number };
}

/** Members of an ensemble, in the order in which they were collected. */
export interface FastGeometricEnsemble extends WeightSampler {
  readonly size: number;
  readonly members: readonly Float32Array[];
  /** Of each epoch. */
  readonly loss: readonly number[];
}

const WHERE = 'fastGeometricEnsemble';

const known = [
  ...['members', 'cycle', 'learningRate', 'likelihood', 'batchSize', 'optimizer', 'shuffle', 'seed'],
  ...['onProgress', 'onEpoch', 'signal', 'checkpoint'],
];

/**
 * Fast geometric ensembling: goes on from a trained network with a learning rate that swings, and takes its weights each time the rate is lowest. The members lie
 * close together, along a path of low loss, and disagree nevertheless.
 *
 * Within an epoch the rate is constant: that of the epoch's middle, linear between `highest` at the ends of a cycle and `lowest` in its middle (the reference
 * changes it from step to step). The network ends at the last member.
 *
 * @throws whatever `fit` throws, in the same cases
 * @see Garipov et al. (2018), Section 4 and Algorithm 1: https://arxiv.org/abs/1802.10026
 * @example
 * ```ts
 * import { arraysDataset, gaussianLikelihood, sgd } from '@subspace/core';
 * import { fastGeometricEnsemble } from '@subspace/curves';
 * import { denseNetwork } from '@subspace/dense';
 *
 * const network = denseNetwork({ sizes: [1, 1], seed: 1 });
 * const data = arraysDataset({ inputs: { data: Float32Array.of(-1, 0, 1), shape: [3, 1] }, targets: { data: Float32Array.of(-2, 0, 2), shape: [3, 1] } });
 * const sampler = await fastGeometricEnsemble(network, data, {
 *   members: 5, learningRate: { highest: 0.2, lowest: 0.01 }, likelihood: gaussianLikelihood({ variance: 1 }), batchSize: 1, optimizer: sgd(), seed: 1,
 * });
 * sampler.size; // 5, for predictRegression(network, sampler, …)
 * network.dispose();
 * ```
 */
export async function fastGeometricEnsemble(
  network: Network,
  data: Dataset,
  options: FastGeometricEnsembleOptions,
): Promise<FastGeometricEnsemble> {
  requireOptions(WHERE, 'options', options);
  const { members, cycle = 4, learningRate, ...training } = options;
  requireKnownOptions(WHERE, options, known);
  requireCount(WHERE, 'members', members);
  requireCount(WHERE, 'cycle', cycle, 2);
  if (cycle % 2 !== 0) throw argumentError(WHERE, `cycle is ${cycle}, expected an even number of epochs`);
  requireOptions(WHERE, 'learningRate', learningRate);
  requireKnownOptions(WHERE, learningRate, ['highest', 'lowest']);
  const { highest, lowest } = learningRate;
  requirePositive(WHERE, 'learningRate.highest', highest);
  requirePositive(WHERE, 'learningRate.lowest', lowest);
  if (!(lowest <= highest)) {
    throw argumentError(WHERE, `learningRate.lowest is ${lowest}, expected at most ${highest}, the highest`);
  }
  const swing: Schedule = (epoch) => {
    const t = ((epoch % cycle) + 0.5) / cycle;
    return lowest + (highest - lowest) * Math.abs(1 - 2 * t);
  };
  const collected = memberCollector();
  const half = cycle / 2;
  const { loss } = await fit(network, data, {
    ...training,
    epochs: (members - 1) * cycle + half,
    learningRate: swing,
    collect: { into: collected, from: half - 1, every: cycle },
  });
  const weights = collected.members();
  return { ...ensemble(weights, { layout: network.layout }), members: weights, loss };
}

/** Keeps every snapshot. */
function memberCollector(): Collector & { members(): readonly Float32Array[] } {
  let members: readonly Float32Array[] = [];
  return {
    members: () => members,
    collect(weights) {
      members = [...members, weights.slice()];
    },
    state: () => ({ kind: 'members', members }),
    restore(state) {
      const saved = state.members;
      if (state.kind !== 'members' || !Array.isArray(saved) || !saved.every(isFloat32Array)) {
        throw argumentError(WHERE, 'the checkpoint has no members, expected one that fastGeometricEnsemble saved');
      }
      members = saved;
    },
  };
}
