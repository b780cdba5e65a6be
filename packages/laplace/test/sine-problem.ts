import {
  arraysDataset,
  type Dataset,
  fit,
  gaussianLikelihood,
  type Likelihood,
  randomSource,
  sgd,
} from '@subspace/core';
import { type DenseNetwork, denseNetwork } from '@subspace/dense';
import { type SwagMoments, swagMoments } from '@subspace/swag';

export const likelihood: Likelihood = gaussianLikelihood({ variance: 0.01 });

/** A noisy sine, and a small network trained on it, with the moments of its last epochs. */
export async function trainedOnSine(
  start: number | string = 1,
): Promise<{ network: DenseNetwork; weights: Float32Array; data: Dataset; moments: SwagMoments }> {
  const random = randomSource('sine');
  const x = Float32Array.from({ length: 60 }, () => 6 * random.uniform() - 3);
  const y = x.map((value) => Math.sin(value) + 0.1 * random.normal());
  const data = arraysDataset({ inputs: { data: x, shape: [60, 1] }, targets: { data: y, shape: [60, 1] } });
  const network = denseNetwork({ sizes: [1, 8, 8, 1], activation: 'tanh', seed: start, threads: 1 });
  const moments = swagMoments(network.layout, { rank: 10 });
  await fit(network, data, {
    ...{ likelihood, epochs: 200, batchSize: 10, optimizer: sgd({ momentum: 0.9 }), learningRate: 1e-3, seed: start },
    collect: { into: moments, from: 150 },
  });
  return { network, weights: await network.readWeights(), data, moments };
}
