// Trains a dense network and samples in a subspace of it, by two threads; then goes on until workers have taken part, or it was said that they can't.
// What came out is the default export. `dense.mjs?kernels=simd&threads=shared`: which kernels, and how threads are to share their work ('shared',
// 'copied', 'refused' or 'none').
import {
  arraysDataset,
  heteroscedasticGaussianLikelihood,
  randomSource,
  sample,
  sgd,
  subspace,
  subspacePosterior,
  fit as train,
} from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { ellipticalSlice } from '@subspace/ess';

const wanted = new URL(import.meta.url).searchParams;
const kernels = wanted.get('kernels');
const threads = wanted.get('threads');

let shared;
let answers = 0;
let warnings = 0;
if (globalThis.Worker) {
  globalThis.Worker = class extends globalThis.Worker {
    constructor(...args) {
      super(...args);
      this.addEventListener('message', ({ data }) => {
        if (data.results) answers++;
      });
    }
    postMessage(message) {
      if (message.control) shared = message.control;
      super.postMessage(message);
    }
  };
}
console.warn = () => {
  warnings++;
};
/** Parts that workers did of the last section: a word of the memory by which threads talk; or their messages. */
const DONE = 3;
const known = {
  shared: () => shared?.[DONE] > 0,
  copied: () => answers > 0,
  refused: () => warnings > 0,
  none: () => true,
}[threads];

const random = randomSource(1);
const rows = 2000;
const x = Float32Array.from({ length: 3 * rows }, () => random.normal());
const y = Float32Array.from({ length: rows }, (_, i) => Math.fround(x[3 * i] * x[3 * i + 1] + 0.1 * random.normal()));
const data = arraysDataset({ inputs: { data: x, shape: [rows, 3] }, targets: { data: y, shape: [rows] } });
const likelihood = heteroscedasticGaussianLikelihood();
const network = denseNetwork({ sizes: [3, 64, 48, 2], head: 'heteroscedastic', seed: 1, kernels, threads: 2 });
const optimizer = sgd({ momentum: 0.9 });
await train(network, data, { likelihood, epochs: 4, batchSize: 250, optimizer, learningRate: 1e-3, seed: 1 });
const weights = await network.readWeights();
const basis = [1, 2, 3].map(() => weights.map(() => 0.02 * random.normal()));
const plane = subspace({ layout: network.layout, shift: weights, basis });
const posterior = subspacePosterior(network, plane, data, { likelihood, priorStd: 1 });
const draws = await sample(ellipticalSlice(posterior), { draws: 8, warmup: 2, chains: 4, seed: 1 });

const points = [0, 1, 2, 3].map(() => Float64Array.from({ length: 3 }, () => 0.1 * Math.round(10 * random.normal())));
const evaluations = await posterior.valuesAndGradients(points);
const values = String(evaluations.map(({ value }) => value));
for (const end = performance.now() + 20_000; !known(); ) {
  if (performance.now() > end) throw new Error(`threads were not ${threads} in 20 s`);
  // Calls that overlap, as those of a page would.
  const calls = await Promise.all([posterior.valuesAndGradients(points), posterior.valuesAndGradients(points)]);
  for (const again of calls) if (String(again.map(({ value }) => value)) !== values) throw new Error('other values');
  await new Promise((resolve) => setTimeout(resolve));
}
// A second network has nothing more to say.
denseNetwork({ sizes: [2, 1], kernels }).dispose();
const took = { threads: network.threads, engine: network.engine };
posterior.dispose();
network.dispose();
if (network.threads !== 1) throw new Error('workers outlive their network');

export default {
  ...took,
  warnings,
  isolated: globalThis.crossOriginIsolated === true,
  // What the kernels compute; and what a sampler makes of it with Math.cos and its like, whose last bit is the JavaScript engine's.
  computed: [...weights, ...evaluations.flatMap(({ value, gradient }) => [value, ...gradient])],
  drawn: draws.positions.flat().flatMap((position) => [...position]),
};
