import { loadPosterior, predictRegression, subspaceDraws } from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import { type DenseNetworkOptions, denseNetwork } from '@subspace/dense';

// A fresh process that has nothing but the file.
const { network, subspace, draws, likelihood } = await loadPosterior(fileStore(process.argv[2]));
const prediction = await predictRegression(
  denseNetwork(network as DenseNetworkOptions),
  subspaceDraws(subspace, draws),
  { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] },
  { likelihood, samples: 10, seed: 1 },
);
process.stdout.write(JSON.stringify([[...prediction.mean], [...prediction.variance]]));
