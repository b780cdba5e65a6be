import { writeFile } from 'node:fs/promises';
import {
  type CheckpointStore,
  fit,
  gaussianLikelihood,
  linearDecay,
  memoryStore,
  type Network,
  predictRegression,
  sample,
  sgd,
  subspaceDraws,
  subspacePosterior,
} from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import { regressionFeatures, syntheticRegression } from '@subspace/datasets';
import { ellipticalSlice } from '@subspace/ess';
import { pcaSubspace, swa, swagMoments } from '@subspace/swag';

// What a test kills: trains with moments, then samples three chains, saving all the way; writes every number at the end.
const [name, folder] = process.argv.slice(2) as ['cpu' | 'wasm' | 'dense', string];
const network = name === 'dense' ? await dense() : await layers(name);
/** Enough work to be killed in. */
const much = name === 'dense' ? 5 : 1;
process.stdout.write('begun\n');

const { data } = syntheticRegression({ seed: 1 });
const moments = swagMoments(network.layout, { rank: 4 });
const likelihood = gaussianLikelihood({ variance: 0.05 });
/** Without a folder: the uninterrupted run. */
const store = (part: string): CheckpointStore => (folder ? fileStore(`${folder}/${part}`) : memoryStore());
const saving = (part: string, every: number) =>
  folder ? { checkpoint: { store: store(part), every, resume: true } } : {};
const { loss } = await fit(network, data, {
  likelihood: gaussianLikelihood({ variance: 1 }),
  epochs: 40 * much,
  batchSize: 50,
  optimizer: sgd({ momentum: 0.9 }),
  learningRate: linearDecay({ learningRate: 0.02, epochs: 40 * much }),
  collect: { into: moments, from: 15 },
  seed: 'killed',
  ...saving('fit', 1),
});
const subspace = pcaSubspace(moments, { rank: 3 });
const posterior = subspacePosterior(network, subspace, data, { likelihood, priorStd: 2 });
const draws = await sample(ellipticalSlice(posterior), {
  draws: 60 * much,
  warmup: 40 * much,
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

// Loaded where it is used: a process is killed many times, and started as many.
async function dense(): Promise<Network> {
  const { denseNetwork } = await import('@subspace/dense');
  return denseNetwork({ sizes: [2, 20, 20, 1], seed: 1 });
}

async function layers(backend: 'cpu' | 'wasm'): Promise<Network> {
  const [{ mlp }, { layersNetwork, useBackend }] = await Promise.all([
    import('@subspace/models'),
    import('@subspace/tfjs'),
  ]);
  await useBackend(backend);
  return layersNetwork(mlp({ inputs: 2, hidden: [20, 20], outputs: 1, seed: 1 }));
}
