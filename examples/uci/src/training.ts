import { arraysDataset, type Dataset, fit, heteroscedasticGaussianLikelihood, type Network, sgd } from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { swagMoments, type WeightMoments } from '@subspace/swag';
import type { FloatRows } from '@subspace/uci';
import type { Preset } from './presets.ts';

/** A network trained on a split, with the moments of its last epochs: what all methods begin with. */
export interface Training {
  readonly network: Network;
  readonly moments: WeightMoments;
  readonly data: Dataset;
  readonly seconds: number;
}

export const likelihood = heteroscedasticGaussianLikelihood();

export async function train(
  inputs: FloatRows,
  targets: FloatRows,
  preset: Preset,
  seed: number,
  onProgress: (share: number) => void,
): Promise<Training> {
  const began = performance.now();
  const data = arraysDataset({ inputs, targets });
  const sizes = [data.inputShape[0], ...preset.hidden, 2];
  const network = denseNetwork({ sizes, head: 'heteroscedastic', seed, threads: 1 });
  const moments = swagMoments(network.layout, { rank: preset.rank });
  await fit(network, data, {
    likelihood,
    epochs: preset.epochs,
    batchSize: preset.batchSize,
    optimizer: sgd({
      momentum: 0.9,
      weightDecay: preset.weightDecay,
      biasLearningRateFactor: preset.biasLearningRateFactor,
    }),
    learningRate: preset.learningRate,
    collect: { into: moments, from: preset.swagStart + 1 },
    seed,
    onProgress: ({ epoch, of }) => onProgress(epoch / of),
  });
  return { network, moments, data, seconds: (performance.now() - began) / 1000 };
}
