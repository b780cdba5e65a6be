import { writeFile } from 'node:fs/promises';
import {
  type CheckpointStore,
  fit,
  gaussianLikelihood,
  linearDecay,
  memoryStore,
  predictRegression,
  sample,
  sgd,
  subspaceDraws,
  subspacePosterior,
} from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import { regressionFeatures, syntheticRegression } from '@subspace/datasets';
import { ellipticalSlice } from '@subspace/ess';
import { mlp } from '@subspace/models';
import { pcaSubspace, swa, swagMoments } from '@subspace/swag';
import { layersNetwork, useBackend } from '@subspace/tfjs';

// What a test kills: trains with moments, then samples three chains, saving all the way; writes every number at the end.
const [name, folder] = process.argv.slice(2) as ['cpu' | 'wasm', string];
await useBackend(name);
process.stdout.write('begun\n');

const { data } = syntheticRegression({ seed: 1 });
const model = mlp({ inputs: 2, hidden: [20, 20], outputs: 1, seed: 1 });
const network = layersNetwork(model);
const moments = swagMoments(network.layout, { rank: 4 });
const likelihood = gaussianLikelihood({ variance: 0.05 });
/** Without a folder: the uninterrupted run. */
const store = (part: string): CheckpointStore => (folder ? fileStore(`${folder}/${part}`) : memoryStore());
const saving = (part: string, every: number) =>
  folder ? { checkpoint: { store: store(part), every, resume: true } } : {};
const { loss } = await fit(network, data, {
  likelihood: gaussianLikelihood({ variance: 1 }),
  epochs: 40,
  batchSize: 50,
  optimizer: sgd({ momentum: 0.9 }),
  learningRate: linearDecay({ learningRate: 0.02, epochs: 40 }),
  collect: { into: moments, from: 15 },
  seed: 'killed',
  ...saving('fit', 1),
});
const subspace = pcaSubspace(moments, { rank: 3 });
const posterior = subspacePosterior(network, subspace, data, { likelihood, priorStd: 2 });
const draws = await sample(ellipticalSlice(posterior), {
  draws: 60,
  warmup: 40,
  chains: 3,
  seed: 'killed',
  ...saving('sample', 5),
});
const prediction = await predictRegression(network, subspaceDraws(subspace, draws), regressionFeatures([-8, 0, 3]), {
  likelihood,
  samples: 20,
  seed: 1,
});
const bits = (values: Float32Array | Float64Array) =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
const result = JSON.stringify({
  loss,
  weights: bits(await network.readWeights()),
  mean: bits(swa(moments)),
  variance: bits(moments.variance()),
  deviations: moments.deviations().map(bits),
  positions: draws.positions.map((chain) => chain.map(bits)),
  infos: draws.infos,
  prediction: [bits(prediction.mean), bits(prediction.variance)],
});
if (folder) await writeFile(`${folder}/result.json`, result);
else process.stdout.write(`${result}\n`);
posterior.dispose();
network.dispose();
model.dispose();
