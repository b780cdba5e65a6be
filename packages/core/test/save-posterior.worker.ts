import { loadPosterior, predictRegression, subspaceDraws } from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import { linearNetwork } from './linear-network.ts';

// A fresh process that has nothing but the file.
const { network, subspace, draws, likelihood, inputTransform } = await loadPosterior(fileStore(process.argv[2]));
const { scale } = inputTransform as { scale: Float32Array };
const prediction = await predictRegression(
  linearNetwork((network as { inputs: number }).inputs),
  subspaceDraws(subspace, draws),
  { data: Float32Array.of(1, 2, 3, 4).map((x, i) => x * scale[i % 2]), shape: [2, 2] },
  { likelihood, samples: 10, seed: 1 },
);
process.stdout.write(JSON.stringify([[...prediction.mean], [...prediction.variance]]));
