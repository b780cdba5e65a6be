import type { Arrays, CancelSignal, CheckpointOptions } from '@subspace/core';
import {
  arraysDataset,
  type Draws,
  fit,
  gaussianLikelihood,
  type Network,
  sample,
  sgd,
  weightPosterior,
} from '@subspace/core';
import { isPromise } from '@subspace/core/internals';
import { type HmcInfo, hmc } from '@subspace/nuts';
import { paper } from './settings.ts';

/** One chain of Hamiltonian Monte Carlo over all weights, as plain data but for what it runs on. */
export interface FullChainOptions {
  readonly data: { readonly inputs: Arrays; readonly targets: Arrays };
  /** In the network's units. */
  readonly noiseVariance: number;
  readonly priorStd: number;
  /** Of the network's initial weights, its training and the chain: another one for each chain. */
  readonly seed: number | string;
  readonly epochs: number;
  readonly warmup: number;
  readonly draws: number;
  /** Leapfrog steps, the least and the most. */
  readonly steps: readonly [least: number, most: number];
  /** Where its functions are wanted. */
  readonly inputs: Arrays;
  readonly checkpoint?: CheckpointOptions;
  readonly signal?: CancelSignal;
  readonly onProgress?: (line: string) => void;
}

/** What a chain drew, as functions. */
export interface FullChain {
  /** [draw][row of the inputs] */
  readonly functions: readonly Float32Array[];
  readonly acceptance: number;
  readonly stepSize: number;
  /** Gradients of all rows that the draws took, without warmup. */
  readonly gradients: number;
}

/**
 * Hamiltonian Monte Carlo over all weights of a network, from where a training run of its own ends: with a few others, the reference that subspaces are held against. A cancelled one gives
 * the draws it has.
 */
export async function fullChain(network: Network, options: FullChainOptions): Promise<FullChain> {
  const { noiseVariance, priorStd, seed, epochs, warmup, steps, signal, checkpoint, onProgress } = options;
  const data = arraysDataset(options.data);
  await fit(network, data, {
    likelihood: gaussianLikelihood({ variance: paper.trainingVariance }),
    epochs,
    batchSize: paper.batchSize,
    optimizer: sgd({ momentum: paper.momentum }),
    learningRate: paper.learningRate,
    seed,
    signal,
  });
  const start = Float64Array.from(await network.readWeights());
  const likelihood = gaussianLikelihood({ variance: noiseVariance });
  const target = weightPosterior(network, data, { likelihood, priorStd });
  // Momenta in units of the prior: without data, every weight would turn with period 2π.
  const massMatrix = new Float64Array(target.dim).fill(1 / (priorStd * priorStd));
  try {
    const draws = await sample(hmc(target, { stepSize: 1e-3, steps, massMatrix, targetAcceptance: 0.8 }), {
      ...{ draws: options.draws, warmup, chains: 1, seed, initial: [start], signal, checkpoint },
      onProgress: ({ chains: [{ step, of, summary }], evaluations }) =>
        onProgress?.(`step ${step} of ${of}, ${evaluations} gradients, ${summary}`),
    }).catch((error: { code?: string; draws?: Draws<HmcInfo> }) => {
      if (error.code !== 'ABORTED' || !error.draws) throw error;
      return error.draws;
    });
    const functions: Float32Array[] = [];
    for (const position of draws.positions[0]) {
      const outputs = network.predict(options.inputs, { weights: Float32Array.from(position) });
      functions.push(Float32Array.from((isPromise(outputs) ? await outputs : outputs).data));
    }
    const infos = draws.infos[0];
    return {
      functions,
      acceptance: infos.reduce((sum, { acceptance }) => sum + acceptance, 0) / infos.length,
      stepSize: infos[0]?.stepSize,
      gradients: infos.reduce((sum, { steps }) => sum + steps, 0),
    };
  } finally {
    target.dispose();
  }
}
