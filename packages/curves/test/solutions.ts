import {
  arraysDataset,
  type Dataset,
  fit,
  gaussianLikelihood,
  type Likelihood,
  type Network,
  randomSource,
  sgd,
} from '@subspace/core';
import type { FitCurveOptions } from '@subspace/curves';
import { denseNetwork } from '@subspace/dense';

export const likelihood: Likelihood = gaussianLikelihood({ variance: 0.01 });

/** A noisy sine. */
export function sineData(size = 60): Dataset {
  const random = randomSource('sine');
  const x = Float32Array.from({ length: size }, () => 6 * random.uniform() - 3);
  const y = x.map((value) => Math.sin(value) + 0.1 * random.normal());
  return arraysDataset({ inputs: { data: x, shape: [size, 1] }, targets: { data: y, shape: [size, 1] } });
}

export function smallNetwork(seed: number | string = 1): Network {
  return denseNetwork({ sizes: [1, 10, 1], activation: 'tanh', seed, threads: 1 });
}

/** Weights that `fit` ends at from the start of a seed. */
export async function solution(seed: number | string, epochs = 200): Promise<Float32Array> {
  const network = smallNetwork(seed);
  await fit(network, sineData(), {
    ...{ likelihood, epochs, batchSize: 10, optimizer: sgd({ momentum: 0.9 }), learningRate: 1e-3, seed },
  });
  const weights = await network.readWeights();
  network.dispose();
  return weights;
}

/** Two starts, as they were drawn: quick, and a curve between them has something to learn. */
async function twoStarts(): Promise<{ start: Float32Array; end: Float32Array }> {
  const [a, b] = [smallNetwork(1), smallNetwork(2)];
  const ends = { start: await a.readWeights(), end: await b.readWeights() };
  a.dispose();
  b.dispose();
  return ends;
}

export async function curveOptions(changes: Partial<FitCurveOptions> = {}): Promise<FitCurveOptions> {
  return {
    ...(await twoStarts()),
    likelihood,
    epochs: 12,
    batchSize: 10,
    optimizer: sgd({ momentum: 0.9, weightDecay: 1e-3 }),
    learningRate: 1e-4,
    seed: 'curve',
    ...changes,
  };
}
