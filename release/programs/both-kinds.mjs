// ES module and CommonJS copies of the packages in one program, handing their objects to each other.
import { createRequire } from 'node:module';
import * as core from '@subspace/core';
import * as ess from '@subspace/ess';
import * as models from '@subspace/models';
import * as swag from '@subspace/swag';
import * as tfjs from '@subspace/tfjs';

const require = createRequire(import.meta.url);
const [core2, ess2, models2, swag2, tfjs2] = ['core', 'ess', 'models', 'swag', 'tfjs'].map((room) =>
  require(`@subspace/${room}`),
);
if (core.fit === core2.fit || tfjs.layersNetwork === tfjs2.layersNetwork) throw new Error('there is one copy only');

/** Trains, builds a subspace, samples and predicts, with each step done by the copy that `pick` says. */
async function program(pick) {
  const c = () => pick(core, core2);
  const random = c().randomSource(1);
  const x = Float32Array.from({ length: 60 }, () => 2 * random.normal());
  const inputs = { data: x, shape: [60, 1] };
  const targets = { data: x.map((value) => Math.sin(value) + 0.1 * random.normal()), shape: [60] };
  const data = c().arraysDataset({ inputs, targets });
  await pick(tfjs, tfjs2).useBackend('wasm');
  const model = pick(models, models2).regressionNet({ inputs: 1, hidden: [10], seed: 1 });
  const network = pick(tfjs, tfjs2).layersNetwork(model);
  const likelihood = c().heteroscedasticGaussianLikelihood();
  const moments = pick(swag, swag2).swagMoments(network.layout, { rank: 10 });
  await c().fit(network, data, {
    likelihood,
    epochs: 40,
    batchSize: 20,
    optimizer: c().sgd({ momentum: 0.9 }),
    learningRate: 1e-3,
    collect: { into: moments, from: 20 },
    seed: 1,
  });
  const subspace = pick(swag, swag2).pcaSubspace(moments, { rank: 3 });
  const posterior = c().subspacePosterior(network, subspace, data, { likelihood, priorStd: 1 });
  const draws = await c().sample(pick(ess, ess2).ellipticalSlice(posterior), {
    draws: 20,
    warmup: 5,
    chains: 2,
    seed: 1,
  });
  const weights = c().subspaceDraws(subspace, draws);
  const { mean } = await c().predictRegression(network, weights, inputs, { likelihood, samples: 10, seed: 1 });
  posterior.dispose();
  network.dispose();
  model.dispose();
  return [...draws.positions.flat().map((position) => [...position]), [...mean]].flat();
}

let turn = 0;
const expected = await program((esm) => esm);
for (const pick of [
  (_, cjs) => cjs,
  (esm, cjs) => (turn++ % 2 === 0 ? esm : cjs),
  (esm, cjs) => (turn++ % 2 === 0 ? cjs : esm),
]) {
  const got = await program(pick);
  if (got.length !== expected.length || got.some((value, i) => value !== expected[i]))
    throw new Error('the copies disagree');
}
if (!expected.every(Number.isFinite)) throw new Error('not finite');
