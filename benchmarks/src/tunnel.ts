/**
 * The plane of a curve against a tunnel round it, at equal evaluations, and what a value through a map costs: `npm run tunnel`; with `--write` the tables go
 * to docs/results/tunnel.md as well.
 *
 *     npm run tunnel -- [--evaluations=12000] [--only=speed|authors|own] [--write]
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import {
  affineMap,
  arraysDataset,
  type CoordinateSampler,
  type Dataset,
  drawsFrom,
  fit,
  gaussianLikelihood,
  linearDecay,
  type Network,
  type Posterior,
  randomSource,
  type Subspace,
  type SubspaceLikelihood,
  sample,
  sgd,
  subspaceDraws,
  subspacePosterior,
  toWeights,
  type Vector,
  type WeightMap,
} from '@subspace/core';
import { bezierCurve, type Curve, curveSubspace, fitCurve, tunnelSubspace } from '@subspace/curves';
import { readNpy, regressionDataset } from '@subspace/datasets';
import { denseNetwork } from '@subspace/dense';
import { essBulk } from '@subspace/diagnostics';
import { ellipticalSlice } from '@subspace/ess';
import { gridPosterior, sequentialMonteCarlo } from '@subspace/smc';
import { findMap } from '@subspace/vi';
import { interleaved, table } from './harness.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const shared = `${root}../shared`;
const option = (name: string) =>
  process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);
const evaluations = Number(option('evaluations') ?? 12_000);
const only = option('only') ?? '';
const CHAINS = 4;

/** A curve with all that is needed to sample round it. */
interface Case {
  readonly name: string;
  readonly network: Network;
  readonly data: Dataset;
  readonly variance: number;
  readonly curve: Curve;
  readonly radius: number;
  /** Where predictions are compared. */
  readonly inputs: { readonly data: Float32Array; readonly shape: number[] };
}

/** Means and epistemic standard deviations of predictions, by input. */
interface Band {
  readonly mean: Float64Array;
  readonly std: Float64Array;
}

const sections: string[] = [];
if (existsSync(`${shared}/golden/regression-network.json`)) {
  if (only === '' || only === 'speed') await speed();
  if (only === '' || only === 'authors') await compare([authors()]);
}
if (only === '' || only === 'own') await compare(await Promise.all([1, 2, 3].map(own)));
report();

function authorsNetwork(): { network: Network; data: Dataset; row(name: string): Float32Array } {
  const { D, dimensions, weightsFile } = JSON.parse(readFileSync(`${shared}/golden/regression-network.json`, 'utf8'));
  const bytes = readFileSync(`${shared}/golden/${weightsFile.file}`);
  const row = (name: string) => {
    const start = bytes.byteOffset + 4 * D * weightsFile.rows.indexOf(name);
    return new Float32Array(bytes.buffer.slice(start, start + 4 * D));
  };
  const { data: points } = readNpy(readFileSync(`${shared}/data/synthetic-regression/data.npy`));
  const column = (c: number) => Float64Array.from({ length: points.length / 2 }, (_, i) => Number(points[2 * i + c]));
  return {
    network: denseNetwork({ sizes: dimensions, weights: row('swa0'), threads: 1 }),
    data: regressionDataset(column(0), column(1)),
    row,
  };
}

/** The authors' curve: a Bézier curve with one bend, from the three points that span their plane. */
function authorsCurve(network: Network, row: (name: string) => Float32Array): Curve {
  const { curve } = JSON.parse(readFileSync(`${shared}/golden/regression-network.json`, 'utf8'));
  const plane = { layout: network.layout, shift: row('curveShift'), basis: [row('curveBasis0'), row('curveBasis1')] };
  const [start, middle, end] = (curve.zOfPoints as number[][]).map((z) => toWeights(plane, Float64Array.from(z)));
  const bend = middle.map((w, i) => 2 * w - 0.5 * (start[i] + end[i]));
  return bezierCurve([start, bend, end], { layout: network.layout });
}

function authors(): Case {
  const { network, data, row } = authorsNetwork();
  const { xGrid } = JSON.parse(readFileSync(`${shared}/golden/regression-curve-posterior.json`, 'utf8'));
  const grid = regressionDataset(
    xGrid,
    xGrid.map(() => 0),
  ).arrays!.inputs;
  const inputs = { data: grid.data as Float32Array, shape: [...grid.shape] };
  return { name: 'authors', network, data, variance: 0.05, curve: authorsCurve(network, row), radius: 0.5, inputs };
}

/** Two solutions of a small network on two clusters of points, and the curve between them. */
async function own(seed: number): Promise<Case> {
  const random = randomSource(`tunnel ${seed}`);
  const x = Float32Array.from({ length: 80 }, (_, i) => (i % 2 ? 1.2 : -2.6) + 1.4 * random.uniform());
  const y = x.map((value) => Math.sin(2 * value) + 0.1 * random.normal());
  const data = arraysDataset({ inputs: { data: x, shape: [80, 1] }, targets: { data: y, shape: [80, 1] } });
  const variance = 0.01;
  const epochs = 400;
  const training = {
    ...{
      likelihood: gaussianLikelihood({ variance: 1 }),
      epochs,
      batchSize: 20,
      optimizer: sgd({ momentum: 0.9 }),
      seed,
    },
    learningRate: linearDecay({ learningRate: 2e-2, epochs }),
  };
  const networks = [1, 2].map((k) =>
    denseNetwork({ sizes: [1, 30, 30, 1], activation: 'tanh', seed: `${seed}, ${k}`, threads: 1 }),
  );
  for (const network of networks) await fit(network, data, training);
  const [start, end] = await Promise.all(networks.map((network) => network.readWeights()));
  networks[1].dispose();
  const curve = await fitCurve(networks[0], data, { ...training, start, end });
  const bezier = bezierCurve(curve.points, { layout: networks[0].layout });
  const inputs = { data: Float32Array.from({ length: 60 }, (_, i) => -3.5 + (7 * i) / 59), shape: [60, 1] };
  return {
    name: `own ${seed}`,
    network: networks[0],
    data,
    variance,
    curve: bezier,
    radius: bezier.length() / 20,
    inputs,
  };
}

/** What a value costs: by the kernels for the plane, and through maps. */
async function speed(): Promise<void> {
  const { network, data, row } = authorsNetwork();
  const curve = authorsCurve(network, row);
  const plane = curveSubspace(network.layout, curve);
  const directions = [0, 1, 2].map((k) => row(`pcaBasis${k}`));
  const on = (of: Subspace | WeightMap) =>
    subspacePosterior(network, of, data, { likelihood: gaussianLikelihood({ variance: 0.05 }), priorStd: 1 });
  const random = randomSource('speed');
  const contenders: [string, Posterior<SubspaceLikelihood>][] = [
    ['plane, fused', on({ layout: plane.layout, shift: plane.shift, basis: plane.basis })],
    ['plane, through its weights', on(affineMap(plane))],
    ['tunnel, rank 1', on(tunnelSubspace(curve, { radius: 0.5, rank: 1 }))],
    ['tunnel, rank 4', on(tunnelSubspace(curve, { radius: 0.5, rank: 4, directions }))],
  ];
  const rows: string[][] = [];
  for (const points of [1, 16]) {
    const runs = (gradients: boolean) =>
      contenders.map(([name, of]) => ({
        name,
        run: () => {
          const z = Array.from({ length: points }, () => Float64Array.from({ length: of.dim }, () => random.normal()));
          if (gradients) void of.valuesAndGradients(z);
          else void of.values(z);
        },
      }));
    const [values, gradients] = [await interleaved(runs(false), 3), await interleaved(runs(true), 3)];
    values.forEach(({ name, median }, i) => {
      const cell = (timing: number, fused: number) =>
        `${((1000 * timing) / points).toFixed(0)} µs, ${(timing / fused).toFixed(2)}×`;
      rows.push([
        `${name}, ${points} z`,
        cell(median, values[0].median),
        cell(gradients[i].median, gradients[0].median),
      ]);
    });
  }
  const header = ['per point, one thread', 'value', 'value and gradient'];
  section('What a value costs', table(header, rows));
  for (const [, of] of contenders) of.dispose();
  network.dispose();
}

async function compare(cases: readonly Case[]): Promise<void> {
  const rows: string[][] = [];
  for (const one of cases) {
    const { network, data, variance, curve, radius, name } = one;
    const plane = curveSubspace(network.layout, curve);
    const subspaces: [string, Subspace | WeightMap, readonly Vector[]][] = [
      ['plane', { layout: plane.layout, shift: plane.shift, basis: plane.basis }, plane.starts(CHAINS)],
      ['tunnel', tunnelSubspace(curve, { radius, rank: 1 }), [1.5, -1.5, 0, 0.8].map((z) => Float64Array.of(z, 0))],
    ];
    for (const [kind, of, initial] of subspaces) {
      const target = subspacePosterior(network, of, data, {
        likelihood: gaussianLikelihood({ variance }),
        priorStd: 1,
      });
      const { draws, seconds, shrinks } = await atEqualEvaluations(target, initial);
      const functions = await Promise.all(draws.map((chain) => predictions(one, of, drawsFrom([chain]), chain.length)));
      const effective = one.inputs.data
        .slice(0, one.inputs.shape[0])
        .map((_, i) => essBulk(functions.map((chain) => Float64Array.from(chain, (f) => f[i]))));
      const sorted = [...effective].sort((a, b) => a - b);
      const middle = sorted[sorted.length >> 1];
      const found = band(functions.flat());
      const exact = await exactBand(one, kind, of, target);
      const between = [...found.std].sort((a, b) => a - b);
      rows.push([
        `${name}, ${kind}`,
        shrinks.toFixed(1),
        `${sorted[0].toFixed(0)} / ${middle.toFixed(0)}`,
        `${(sorted[0] / seconds).toFixed(1)} / ${(middle / seconds).toFixed(1)}`,
        String(await modes(of, target, draws)),
        `${between[between.length >> 1].toFixed(3)} / ${between[between.length - 1].toFixed(3)}`,
        `${exact.from}: ${distance(found, exact.band).toFixed(3)}`,
      ]);
      console.log(rows[rows.length - 1].join(' | '));
      target.dispose();
    }
    network.dispose();
  }
  const header = [
    `elliptical slice, ${CHAINS} chains, ${evaluations} evaluations`,
    'evaluations a step',
    'effective draws of f(x): least / median x',
    'a second',
    'modes',
    'epistemic sd: median / largest',
    'W₂ of the band to the exact one, over its sd',
  ];
  section('Plane against tunnel', table(header, rows));
}

/** Elliptical slice sampling; each chain is cut where its share of the evaluations ends, the first tenth is dropped. */
async function atEqualEvaluations(target: Posterior<SubspaceLikelihood>, initial: readonly Vector[]) {
  const share = evaluations / CHAINS;
  const run = (draws: number, seed: number) =>
    sample(ellipticalSlice(target), { chains: CHAINS, draws, initial, seed });
  const pilot = await run(50, 7);
  const cost = (infos: readonly { shrinks: number }[]) => infos.reduce((sum, { shrinks }) => sum + shrinks + 1, 0);
  const perStep = Math.min(...pilot.infos.map((chain) => cost(chain) / chain.length));
  const started = performance.now();
  const { positions, infos } = await run(Math.ceil((1.3 * share) / perStep), 1);
  const all = infos.reduce((sum, chain) => sum + cost(chain), 0);
  const seconds = ((performance.now() - started) / 1000) * (evaluations / all);
  const lengths = infos.map((chain) => {
    let spent = 0;
    const end = chain.findIndex(({ shrinks }) => {
      spent += shrinks + 1;
      return spent > share;
    });
    return end < 0 ? chain.length : end;
  });
  const length = Math.min(...lengths);
  const draws = positions.map((chain) => chain.slice(Math.floor(length / 10), length));
  return { draws, seconds, shrinks: all / infos.flat().length };
}

/** f at the inputs, of each of `count` draws. */
async function predictions(
  { network, inputs }: Case,
  of: Subspace | WeightMap,
  sampler: CoordinateSampler,
  count: number,
): Promise<ArrayLike<number>[]> {
  const outputs: ArrayLike<number>[] = [];
  for (const weights of subspaceDraws(of, sampler).weights(count, randomSource('predictions'))) {
    outputs.push((await network.predict(inputs, { weights })).data);
  }
  return outputs;
}

function band(functions: readonly ArrayLike<number>[]): Band {
  const points = Array.from({ length: functions[0].length }, (_, i) => functions.map((f) => f[i]));
  const mean = Float64Array.from(points, (at) => at.reduce((sum, f) => sum + f, 0) / at.length);
  const std = Float64Array.from(points, (at, i) =>
    Math.sqrt(at.reduce((sum, f) => sum + (f - mean[i]) * (f - mean[i]), 0) / at.length),
  );
  return { mean, std };
}

/** By quadrature in the plane: the golden of the authors' curve, a lattice of ours. In a tunnel a long run of sequential Monte Carlo. */
async function exactBand(one: Case, kind: string, of: Subspace | WeightMap, target: Posterior<SubspaceLikelihood>) {
  if (kind === 'plane' && one.name === 'authors') {
    const { T1 } = JSON.parse(readFileSync(`${shared}/golden/regression-curve-posterior.json`, 'utf8'));
    return {
      from: 'golden',
      band: { mean: Float64Array.from(T1.predictiveMean), std: Float64Array.from(T1.predictiveEpistemicStd) },
    };
  }
  if (kind === 'plane') {
    const grid = await gridPosterior(target, { tolerance: 0.01, evaluations: 400_000 });
    return { from: 'lattice', band: band(await predictions(one, of, { dim: 2, sample: grid.sample }, 4000)) };
  }
  const smc = await sequentialMonteCarlo(target, {
    particles: one.name === 'authors' ? 1000 : 4000,
    move: ellipticalSlice,
    seed: 3,
  });
  return { from: 'SMC', band: band(await predictions(one, of, smc, smc.size)) };
}

/** √ of the mean over x of W₂² between Gaussians, over the mean variance of the exact band. */
function distance(found: Band, exact: Band): number {
  let [sum, scale] = [0, 0];
  exact.mean.forEach((mean, i) => {
    const [off, wide] = [found.mean[i] - mean, found.std[i] - exact.std[i]];
    sum += off * off + wide * wide;
    scale += exact.std[i] * exact.std[i];
  });
  return Math.sqrt(sum / scale);
}

/** Different maxima that ascents from 20 draws find, within 10 nats of the highest. */
async function modes(
  of: Subspace | WeightMap,
  target: Posterior<SubspaceLikelihood>,
  draws: readonly (readonly Vector[])[],
) {
  const starts = draws.flatMap((chain) => [0, 1, 2, 3, 4].map((i) => chain[Math.floor((i * chain.length) / 5)]));
  const found: { weights: Float32Array; height: number }[] = [];
  for (const initial of starts) {
    const { position } = await findMap(target, { initial, maxIterations: 60 });
    const weights = [...subspaceDraws(of, drawsFrom([[position]])).weights(1, randomSource(1))][0].slice();
    found.push({ weights, height: (await target.values([position]))[0] });
  }
  const highest = Math.max(...found.map(({ height }) => height));
  const different: Float32Array[] = [];
  for (const { weights, height } of found) {
    if (height < highest - 10) continue;
    const near = (other: Float32Array) =>
      Math.sqrt(weights.reduce((sum, w, i) => sum + (w - other[i]) * (w - other[i]), 0)) < 0.05;
    if (!different.some(near)) different.push(weights);
  }
  return different.length;
}

function section(title: string, body: string): void {
  sections.push(`## ${title}\n\n${body}\n`);
  console.log(`\n${body}\n`);
}

function report(): void {
  if (!process.argv.includes('--write')) return;
  const machine = `${cpus()[0].model}, Node ${process.versions.node}`;
  const path = `${root}docs/results/tunnel.md`;
  const kept = existsSync(path)
    ? readFileSync(path, 'utf8').split('\n## ')[0].trimEnd()
    : '# The plane of a curve against a tunnel round it';
  writeFileSync(
    path,
    `${kept}\n\n${sections.join('\n')}\n${machine}. Made by \`npm run tunnel -- --write\` in benchmarks.\n`,
  );
}
