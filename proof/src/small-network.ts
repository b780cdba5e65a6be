import {
  arraysDataset,
  gaussianLikelihood,
  type Posterior,
  type SubspaceLikelihood,
  subspacePosterior,
} from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { randomSubspace } from '@subspace/swag';

/** Three random directions through the initial weights of a network of ten hidden units, and thirty points of a sine: nonlinear, and cheap. */
export function smallNetworkPosterior(): Posterior<SubspaceLikelihood> {
  const network = denseNetwork({ sizes: [1, 10, 1], activation: 'tanh', seed: 1, threads: 1 });
  const x = Float32Array.from({ length: 30 }, (_, i) => -1.5 + i / 10);
  const data = arraysDataset({
    inputs: { data: x, shape: [30, 1] },
    targets: { data: x.map((value) => Math.sin(2 * value)), shape: [30] },
  });
  const weights = network.readWeights() as Float32Array;
  const subspace = randomSubspace(network.layout, weights, { rank: 3, seed: 1, norm: 2 });
  return subspacePosterior(network, subspace, data, { likelihood: gaussianLikelihood({ variance: 0.1 }), priorStd: 1 });
}
