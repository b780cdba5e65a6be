/**
 * The tasks of `../shared/peers/torch_dense.py`, `torch_peer.py` and `jax_peer.py` with `@subspace/dense`: one JSON line each. Run by `dense.ts`.
 *
 *     node … src/dense-tasks.ts [--threads=1] [--only=13-50-2] [--seconds=0.8] [--yacht=DIR]
 */
import { readFileSync } from 'node:fs';
import {
  arraysDataset,
  type Dataset,
  fit,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  type Likelihood,
  predictRegression,
  randomSource,
  sample,
  sgd,
  subspace,
  subspaceDraws,
  subspacePosterior,
} from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { essBulk } from '@subspace/diagnostics';
import { ellipticalSlice } from '@subspace/ess';
import { pcaSubspace, swagMoments } from '@subspace/swag';
import { median } from './harness.ts';

const option = (name: string) =>
  process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);
const threads = Number(option('threads') ?? 1);
const only = option('only') ?? '';
const seconds = Number(option('seconds') ?? 0.8);

const random = randomSource('dense benchmark');
const normals = (length: number, std = 1) => Float32Array.from({ length }, () => std * random.normal());
const emit = (task: string, microseconds: number, more: object = {}) =>
  process.stdout.write(`${JSON.stringify({ task, us: microseconds, ...more })}\n`);

function time(task: string, run: () => unknown, per = 1, budget = seconds): void {
  const warm = performance.now() + 300;
  do run();
  while (performance.now() < warm);
  const times: number[] = [];
  const end = performance.now() + 1000 * budget;
  do {
    const start = performance.now();
    run();
    times.push(performance.now() - start);
  } while (performance.now() < end || times.length < 3);
  emit(task, (median(times) * 1000) / per, { runs: times.length });
}

const networks = [
  { name: '13-50-2', sizes: [13, 50, 2], batch: 30, rows: 455, steps: 15 },
  { name: 'toy', sizes: [2, 200, 50, 50, 50, 1], batch: 50, rows: 400, steps: 8 },
  { name: 'big', sizes: [18, 1000, 1000, 500, 50, 2], batch: 400, rows: 15_000, steps: 1 },
];

for (const { name, sizes, batch, rows, steps } of networks.filter((network) => only === '' || network.name === only)) {
  const heteroscedastic = sizes[sizes.length - 1] === 2;
  const likelihood: Likelihood = heteroscedastic
    ? heteroscedasticGaussianLikelihood()
    : gaussianLikelihood({ variance: 0.01 });
  const head = heteroscedastic ? 'heteroscedastic' : 'identity';
  const data = arraysDataset({
    inputs: { data: normals(rows * sizes[0]), shape: [rows, sizes[0]] },
    targets: { data: normals(rows), shape: [rows] },
  });
  const network = denseNetwork({ sizes, head, seed: 1, threads });
  const optimizer = sgd({ momentum: 0.9 });

  const trainer = network.trainer(data, likelihood, optimizer);
  const order = Int32Array.from({ length: batch * steps }, (_, i) => i % rows);
  time(`train ${name}`, () => trainer.run!(order, batch, 1e-4, random), steps, name === 'big' ? 3 : seconds);
  trainer.dispose();

  if (name === '13-50-2') {
    const epochs = 300;
    const stepsOfFit = epochs * Math.ceil(rows / batch);
    const runs: number[] = [];
    for (let run = 0; run < 7; run++) {
      const start = performance.now();
      await fit(network, data, { likelihood, epochs, batchSize: batch, optimizer, learningRate: 1e-4, seed: run });
      runs.push(performance.now() - start);
    }
    emit(`fit ${name}`, (median(runs.slice(2)) * 1000) / stepsOfFit, { runs: runs.length - 2 });
  }

  const basis = Array.from({ length: 5 }, () => normals(network.layout.size, 0.01));
  const plane = subspace({ layout: network.layout, shift: network.readWeights() as Float32Array, basis });
  const logLikelihood = network.subspaceLikelihood(plane, data, likelihood);
  const points = Array.from({ length: 16 }, () => Float64Array.from({ length: 5 }, () => random.normal()));
  for (const count of name === 'big' ? [1] : [1, 16]) {
    const some = points.slice(0, count);
    const budget = name === 'big' ? 3 : seconds;
    time(`eval ${name} K=5 z=${count}`, () => logLikelihood.values(some), 1, budget);
    time(`grad ${name} K=5 z=${count}`, () => logLikelihood.valuesAndGradients(some), 1, budget);
  }

  if (name === '13-50-2') {
    const wide = subspace({
      layout: network.layout,
      shift: normals(network.layout.size, 0.2),
      basis: Array.from({ length: 5 }, () => normals(network.layout.size, 0.1)),
    });
    const posterior = subspacePosterior(network, wide, data, { likelihood, priorStd: 1 });
    for (const run of ['first', 'again']) {
      const start = performance.now();
      const draws = await sample(ellipticalSlice(posterior), { draws: 1000, warmup: 500, chains: 4, seed: run });
      const spent = performance.now() - start;
      const effective = Math.min(
        ...[0, 1, 2, 3, 4].map((k) => essBulk(draws.positions.map((chain) => chain.map((z) => z[k])))),
      );
      emit(`elliptical slice ${run}`, spent * 1000, { effectiveDrawsPerSecond: effective / (spent / 1000) });
    }
  }
  network.dispose();
}

if (only === '' || only === 'regression') await regressionJob();
const yacht = option('yacht');
if (yacht && (only === '' || only === 'yacht')) await yachtJob(yacht);

/** `torch_peer.py regression`: 3000 epochs on 400 points, PCA of the last trajectory, 1000 draws. */
async function regressionJob(): Promise<void> {
  const parts: [number, number, number][] = [
    [133, -7.2, -4.8],
    [134, -1.2, 1.2],
    [133, 4.8, 7.2],
  ];
  const x = Float32Array.from(
    parts.flatMap(([n, a, b]) => Array.from({ length: n }, () => a + (b - a) * random.uniform())),
  );
  const inputs = { data: x, shape: [400, 1] };
  const options = { sizes: [2, 200, 50, 50, 50, 1], features: { scale: 0.5, powers: [1, 2] } };
  const truth = denseNetwork({ ...options, seed: 'truth', threads: 1 });
  const clean = (await truth.predict(inputs)).data;
  const data = arraysDataset({
    inputs,
    targets: { data: Float32Array.from(clean, (y) => 20 * y + 0.05 * random.normal()), shape: [400] },
  });
  const start = performance.now();
  const network = denseNetwork({ ...options, seed: 1, threads });
  const moments = swagMoments(network.layout, { rank: 10 });
  await fit(network, data, {
    likelihood: gaussianLikelihood({ variance: 1 }),
    epochs: 3000,
    batchSize: 50,
    optimizer: sgd({ momentum: 0.95 }),
    learningRate: 1e-2,
    collect: { into: moments, from: 2001 },
    seed: 1,
  });
  const trained = performance.now();
  const plane = pcaSubspace(moments, { rank: 10 });
  const posterior = subspacePosterior(network, plane, data, {
    likelihood: gaussianLikelihood({ variance: 0.05 }),
    priorStd: 5,
    temperature: 1.5,
  });
  const draws = await sample(ellipticalSlice(posterior), {
    draws: 1000,
    chains: 1,
    warmup: 0,
    initial: [new Float64Array(10)],
    seed: 1,
  });
  emit('regression job', (performance.now() - start) * 1000, {
    trainSeconds: (trained - start) / 1000,
    shrinks: draws.infos[0].reduce((sum, { shrinks }) => sum + shrinks, 0),
  });
  posterior.dispose();
  network.dispose();
}

/** `torch_peer.py uci` on a fixed split: 1000 epochs, PCA, 30 draws, predictions. */
async function yachtJob(folder: string): Promise<void> {
  const numbers = (name: string) =>
    readFileSync(`${folder}/${name}`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number));
  const table = numbers('data.txt');
  const target = numbers('index_target.txt')[0][0];
  const columns = numbers('index_features.txt').map(([column]) => column);
  const moments = (column: number) => {
    const values = table.map((row) => row[column]);
    const mean = values.reduce((a, b) => a + b) / values.length;
    return { mean, std: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
  };
  const scales = new Map([...columns, target].map((column) => [column, moments(column)]));
  const used = columns.filter((column) => scales.get(column)!.std > 0);
  const standard = (row: number[], column: number) =>
    (row[column] - scales.get(column)!.mean) / scales.get(column)!.std;
  const rowsOf = (name: string) => numbers(name).map(([row]) => table[row]);
  const arrays = (rows: number[][]) => ({
    inputs: {
      data: Float32Array.from(rows.flatMap((row) => used.map((column) => standard(row, column)))),
      shape: [rows.length, used.length],
    },
    targets: { data: Float32Array.from(rows, (row) => standard(row, target)), shape: [rows.length] },
  });
  const train: Dataset = arraysDataset(arrays(rowsOf('index_train_1.txt')));
  const test = arrays(rowsOf('index_test_1.txt'));

  const start = performance.now();
  const likelihood = heteroscedasticGaussianLikelihood();
  const network = denseNetwork({ sizes: [used.length, 50, 2], head: 'heteroscedastic', seed: 1, threads });
  const collected = swagMoments(network.layout, { rank: 20 });
  await fit(network, train, {
    likelihood,
    epochs: 1000,
    batchSize: 30,
    optimizer: sgd({ momentum: 0.9, weightDecay: 1e-3 }),
    learningRate: 1e-3,
    shuffle: false,
    collect: { into: collected, from: 501 },
    seed: 1,
  });
  const trained = performance.now();
  const plane = pcaSubspace(collected, { rank: 20 });
  const posterior = subspacePosterior(network, plane, train, { likelihood, priorStd: 1, temperature: train.size / 20 });
  const draws = await sample(ellipticalSlice(posterior), {
    draws: 30,
    chains: 1,
    warmup: 0,
    initial: [new Float64Array(20)],
    seed: 1,
  });
  const prediction = await predictRegression(network, subspaceDraws(plane, draws), test.inputs, {
    likelihood,
    samples: 30,
    seed: 1,
  });
  const spent = performance.now() - start;
  const { std } = scales.get(target)!;
  let logScore = 0;
  let squares = 0;
  test.targets.data.forEach((y, i) => {
    const error = y - prediction.mean[i];
    logScore -=
      0.5 * (Math.log(2 * Math.PI * prediction.variance[i]) + error ** 2 / prediction.variance[i]) + Math.log(std);
    squares += (error * std) ** 2;
  });
  const count = test.targets.data.length;
  emit('yacht job', spent * 1000, {
    trainSeconds: (trained - start) / 1000,
    testLogLikelihood: logScore / count,
    rmse: Math.sqrt(squares / count),
  });
  posterior.dispose();
  network.dispose();
}
