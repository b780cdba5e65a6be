import {
  ensemble,
  predictRegression,
  sample,
  subspaceDraws,
  subspacePosterior,
  type WeightSampler,
} from '@subspace/core';
import { ellipticalSlice } from '@subspace/ess';
import { pcaSubspace, swag } from '@subspace/swag';
import type { FloatRows, RegressionModel } from '@subspace/uci';
import { meanField } from '@subspace/vi';
import type { Preset } from './presets.ts';
import { likelihood, type Training } from './training.ts';

/** The methods by their names on the command line, with those of the paper. */
export const METHODS = {
  sgd: 'SGD',
  swag: 'SWAG',
  'pca-ess': 'PCA+ESS',
  'pca-vi': 'PCA+VI',
} as const;

export type Method = keyof typeof METHODS;

/** The softplus of −3: where the scripts' standard deviations start. */
const INITIAL_STD = Math.log1p(Math.exp(-3));
const VI_EPOCHS = 30;

/** What each method makes of a training: weights to average over. */
const SAMPLERS: Readonly<
  Record<Method, (training: Training, preset: Preset, seed: number) => WeightSampler | Promise<WeightSampler>>
> = {
  sgd: async ({ network }) => ensemble([Float32Array.from(await network.readWeights())]),
  swag: ({ moments }, { scale }) => swag(moments, { scale }),
  'pca-ess': async (training, preset, seed) => {
    const { posterior, subspace } = subspaceOf(training, preset, preset.priorStdEss, preset.temperatureEss);
    // One chain from the mean of the iterates, without warmup, as the scripts.
    const initial = [new Float64Array(posterior.dim)];
    const draws = await sample(ellipticalSlice(posterior), {
      draws: preset.samples,
      warmup: 0,
      chains: 1,
      initial,
      seed,
    });
    posterior.dispose();
    return subspaceDraws(subspace, draws);
  },
  'pca-vi': async (training, preset, seed) => {
    const { posterior, subspace } = subspaceOf(training, preset, preset.priorStdVi, preset.temperatureVi);
    const minibatch = Math.min(preset.batchSize, training.data.size);
    const approximation = await meanField(posterior, {
      iterations: VI_EPOCHS * Math.ceil(training.data.size / minibatch),
      samplesPerIteration: 1,
      minibatch,
      initial: 'prior',
      initialStd: INITIAL_STD,
      seed,
    });
    posterior.dispose();
    return subspaceDraws(subspace, approximation);
  },
};

function subspaceOf({ network, moments, data }: Training, preset: Preset, priorStd: number, temperature?: number) {
  const subspace = pcaSubspace(moments, { rank: { upTo: preset.rank } });
  const dim = subspace.basis.length;
  const posterior = subspacePosterior(network, subspace, data, {
    likelihood,
    priorStd,
    temperature: temperature ?? data.size / dim,
  });
  return { subspace, posterior };
}

/** A method as the tasks know it, over a training that it shares with others. */
export function methodModel(
  method: Method,
  trained: (inputs: FloatRows, targets: FloatRows) => Promise<Training>,
  preset: Preset,
  seed: number,
): RegressionModel {
  let fitted: { training: Training; sampler: WeightSampler } | undefined;
  return {
    async fit(inputs, targets) {
      const training = await trained(inputs, targets);
      fitted = { training, sampler: await SAMPLERS[method](training, preset, seed) };
    },
    predict(inputs) {
      if (!fitted) throw new Error(`${method}: predict before fit`);
      const options = { likelihood, samples: preset.samples, seed, keepMembers: true };
      return predictRegression(fitted.training.network, fitted.sampler, inputs, options);
    },
  };
}
