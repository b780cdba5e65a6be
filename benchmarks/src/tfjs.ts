/**
 * Stock TensorFlow.js on WebAssembly against `@subspace/tfjs`, in one run: a training step, and the log likelihood of a point of a subspace with and
 * without its gradient. `npm run tfjs`; with `--write` the table goes to docs/results/tfjs-training.md as well.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import {
  arraysDataset,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  randomSource,
  sgd,
  subspace,
} from '@subspace/core';
import { regressionNet, toyRegressionNet } from '@subspace/models';
import { layersNetwork, useBackend } from '@subspace/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { interleaved, table } from './harness.ts';

const products = ['BatchMatMul', '_FusedMatMul'];
const kernels = () => products.map((name) => tf.getKernel(name, 'wasm'));
const stockKernels = kernels();
await useBackend('wasm');
const ownKernels = kernels();

/** Puts one set of wasm kernels in the place of the other: the registry is one for the process. */
function use(configs: readonly tf.KernelConfig[]): void {
  configs.forEach((config, i) => {
    tf.unregisterKernel(products[i], 'wasm');
    tf.registerKernel(config);
  });
}

const variance = 0.05;
const networks = [
  { name: '13-50-2, batch 30', model: () => regressionNet({ inputs: 13 }), batch: 30, rows: 455, outputs: 2 },
  { name: '2-200-50-50-50-1, batch 50', model: () => toyRegressionNet(), batch: 50, rows: 400, outputs: 1 },
  {
    name: '18-1000-1000-500-50-2, batch 400',
    model: () => regressionNet({ inputs: 18, hidden: [1000, 1000, 500, 50] }),
    batch: 400,
    rows: 2000,
    outputs: 2,
  },
];
const directions = 5;
const seconds = Number(process.argv.find((argument) => argument.startsWith('--seconds='))?.slice(10) ?? 4);
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice(7) ?? '';

const rows: string[][] = [];
for (const problem of networks.filter(({ name }) => name.includes(only))) {
  for (const [task, milliseconds] of Object.entries(await compare(problem))) {
    const [stock, own] = milliseconds;
    rows.push([problem.name, task, duration(stock), duration(own), `${(stock / own).toFixed(1)} ×`]);
  }
}
const report = [
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores; Node ${process.versions.node}; TensorFlow.js ${tf.version_core}, WebAssembly with SIMD, one thread`,
  '',
  table(['network', 'task', 'stock', '@subspace/tfjs', 'stock / ours'], rows),
].join('\n');
process.stdout.write(`${report}\n`);
if (process.argv.includes('--write')) {
  const folder = fileURLToPath(new URL('../../docs/results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}tfjs-training.md`, page(report));
}

/** Medians of stock and ours in milliseconds, by task. */
async function compare(problem: (typeof networks)[number]): Promise<Record<string, [stock: number, own: number]>> {
  const random = randomSource(1);
  const model = problem.model();
  const width = model.inputs[0].shape[1] as number;
  const normals = (length: number, std = 1) => Float32Array.from({ length }, () => std * random.normal());
  const inputs = { data: normals(problem.rows * width), shape: [problem.rows, width] };
  const targets = { data: normals(problem.rows), shape: [problem.rows] };
  const data = arraysDataset({ inputs, targets });
  const likelihood = problem.outputs === 2 ? heteroscedasticGaussianLikelihood() : gaussianLikelihood({ variance });
  const network = layersNetwork(model);
  const start = await network.readWeights();
  const basis = Array.from({ length: directions }, () => normals(network.layout.size, 0.01));
  const order = Int32Array.from({ length: problem.batch }, (_, i) => i);
  const rate = 1e-5;

  const stock = stockProblem(model, problem, inputs.data, targets.data, start, basis, rate);
  const trainer = network.trainer(data, likelihood, sgd({ momentum: 0.9 }));
  const plane = subspace({ layout: network.layout, shift: start, basis });
  const target = network.subspaceLikelihood(plane, data, likelihood);
  const z = normals(directions, 0.1);
  const point = Float64Array.from(z);

  const ours = {
    'training step': () => void trainer.step(order, rate, random),
    'log p(D|z)': () => void target.values([point]),
    'log p(D|z) and gradient': () => void target.valuesAndGradients([point]),
  };
  const theirs = {
    'training step': stock.step,
    'log p(D|z)': () => stock.value(z),
    'log p(D|z) and gradient': () => stock.gradient(z),
  };
  requireEqual(stock.value(z), (await target.values([point]))[0]);

  const medians: Record<string, [number, number]> = {};
  for (const task of Object.keys(ours) as (keyof typeof ours)[]) {
    const [first, second] = await interleaved(
      [
        { name: 'stock', prepare: () => use(stockKernels), run: () => void theirs[task]() },
        { name: 'ours', prepare: () => use(ownKernels), run: ours[task] },
      ],
      seconds,
    );
    medians[task] = [first.median, second.median];
  }
  use(ownKernels);
  trainer.dispose();
  target.dispose();
  stock.dispose();
  model.dispose();
  return medians;
}

/** The same three tasks as one writes them with TensorFlow.js alone. */
function stockProblem(
  model: LayersModel,
  problem: (typeof networks)[number],
  inputs: Float32Array,
  targets: Float32Array,
  start: Float32Array,
  basis: readonly Float32Array[],
  rate: number,
) {
  const all = tf.tensor2d(inputs, [problem.rows, inputs.length / problem.rows]);
  const y = tf.tensor2d(targets, [problem.rows, 1]);
  const [batch, batchTargets] = [all, y].map((tensor) => tf.slice(tensor, 0, problem.batch));
  const shift = tf.tensor1d(start.slice());
  const plane = tf.stack(basis.map((row) => tf.tensor1d(row.slice()))) as tf.Tensor2D;
  const optimizer = tf.train.momentum(rate, 0.9);
  const layerWeights = model.trainableWeights as unknown as { val: tf.Variable }[];
  const variables = layerWeights.map(({ val }) => val);

  /** −log p of each row. */
  const losses = (outputs: tf.Tensor, truth: tf.Tensor): tf.Tensor => {
    if (problem.outputs === 1) {
      const squares = tf.square(tf.sub(truth, outputs));
      return tf.add(tf.mul(squares, 0.5 / variance), 0.5 * Math.log(2 * Math.PI * variance));
    }
    const [mean, noise] = tf.split(outputs, 2, 1);
    const squares = tf.square(tf.sub(truth, mean));
    return tf.mul(0.5, tf.add(tf.log(tf.mul(2 * Math.PI, noise)), tf.div(squares, noise)));
  };
  const logLikelihood = (z: tf.Tensor): tf.Scalar => {
    const flat = tf.add(shift, tf.reshape(tf.matMul(tf.reshape(z, [1, basis.length]), plane), [start.length]));
    const pieces = tf.split(
      flat,
      variables.map(({ size }) => size),
    );
    pieces.forEach((piece, i) => {
      layerWeights[i].val = tf.reshape(piece, variables[i].shape) as tf.Variable;
    });
    const outputs = model.call(all, {}) as tf.Tensor | tf.Tensor[];
    variables.forEach((variable, i) => {
      layerWeights[i].val = variable;
    });
    return tf.neg(tf.sum(losses(Array.isArray(outputs) ? outputs[0] : outputs, y))) as tf.Scalar;
  };
  const gradient = tf.valueAndGrad(logLikelihood);
  return {
    step() {
      optimizer.minimize(
        () => {
          const outputs = model.call(batch, { training: true }) as tf.Tensor | tf.Tensor[];
          return tf.mean(losses(Array.isArray(outputs) ? outputs[0] : outputs, batchTargets)) as tf.Scalar;
        },
        false,
        variables,
      );
    },
    value: (z: Float32Array) => {
      const value = tf.tidy(() => logLikelihood(tf.tensor1d(z)));
      const [read] = value.dataSync();
      value.dispose();
      return read;
    },
    gradient(z: Float32Array) {
      const { value, grad } = gradient(tf.tensor1d(z));
      value.dataSync();
      grad.dataSync();
      tf.dispose([value, grad]);
    },
    dispose: () => tf.dispose([all, y, batch, batchTargets, shift, plane]),
  };
}

function requireEqual(stock: number, own: number): void {
  if (!(Math.abs(stock - own) <= 1e-4 * Math.abs(stock)))
    throw new Error(`stock has ${stock}, ours ${own}: not the same function`);
}

function duration(milliseconds: number): string {
  return milliseconds < 10 ? `${(1000 * milliseconds).toFixed(0)} µs` : `${milliseconds.toFixed(0)} ms`;
}

function page(measured: string): string {
  return `# Stock TensorFlow.js against @subspace/tfjs on WebAssembly

Medians, both in one process and in turns (\`pnpm --filter @subspace-internal/benchmarks tfjs --write\`).

${measured}

- **Training step**: SGD with momentum on a batch that is on the device, loss included. Stock is \`optimizer.minimize\` over \`model.call\`; ours is \`trainer.step\`, which also gathers its rows.
- **log p(D|z)**: the log likelihood of all rows (455, 400 and 2000) at a point of a subspace with K = 5; the gradient is in z. Stock is \`tf.valueAndGrad\` over the same model with its weights substituted.
- Networks with two outputs are the paper's, with a mean and a variance; the head is a layer of its own, which the tape differentiates on both sides.
`;
}
