/**
 * The defaults of @subspace/estimators, as they come, beside the same run without what they choose: the trained network by itself (SGD), the mean of its weights, and the same
 * posterior at temperature 1. NLL of rows that none of it has seen, split by split.
 *
 * `npm run estimators -- concrete energy yacht digits [--splits=20]`; digits are read from a folder `shared` beside the repository. Each split's scores are kept in
 * out/estimators-<data set>.json, and those that are there are not computed again.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import {
  ensemble,
  posterior,
  predictClassification,
  predictRegression,
  type RawArrays,
  type Subspace,
  sample,
  standardize,
  subspaceDraws,
  type WeightSampler,
} from '@subspace/core';
import { splits } from '@subspace/datasets';
import { loadUci } from '@subspace/datasets/node';
import { denseNetwork } from '@subspace/dense';
import { ellipticalSlice } from '@subspace/ess';
import { type SubspaceFit, subspaceClassifier, subspaceRegressor } from '@subspace/estimators';
import { accuracy, categoricalNll, gaussianNll, intervalCoverage, mixtureNll, rmse } from '@subspace/metrics';
import { pcaSubspace, type SwagMoments, swagMoments } from '@subspace/swag';
import { median, table } from './harness.ts';
import { signedRank } from './signed-rank.ts';

const METHODS = ['SGD', 'mean weights', 'T = 1', 'estimator'] as const;

/** Of one split: for each method its scores, by name; what was chosen. */
interface Outcome {
  readonly dataset: string;
  readonly split: number;
  readonly scores: Readonly<Record<(typeof METHODS)[number], Readonly<Record<string, number>>>>;
  readonly epochs: number;
  readonly priorStd: number;
  readonly temperature: number;
  readonly rHat: number;
  readonly seconds: number;
}

const parts = {
  moments: swagMoments,
  subspace: (moments: SwagMoments) => pcaSubspace(moments, { rank: { upTo: 5 } }),
  sampler: ellipticalSlice,
};

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const datasets = asked.length > 0 ? asked : ['concrete', 'energy', 'yacht', 'digits'];
const count = Number(/--splits=(\d+)/.exec(process.argv.join(' '))?.[1] ?? 20);
const folder = fileURLToPath(new URL('../out/', import.meta.url));
mkdirSync(folder, { recursive: true });

for (const dataset of datasets) {
  const file = `${folder}estimators-${dataset}.json`;
  const known: Outcome[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
  const run = dataset === 'digits' ? await digitsSplits() : await uciSplits(dataset);
  for (let split = 0; split < count; split++) {
    if (known.some((outcome) => outcome.split === split)) continue;
    const outcome = await run(split);
    known.push(outcome);
    writeFileSync(file, JSON.stringify(known));
    const nll = METHODS.map((method) => `${method} ${outcome.scores[method].NLL.toFixed(3)}`).join(', ');
    console.log(
      `${dataset} ${split + 1}: ${nll}; T ${outcome.temperature.toFixed(1)}, ${outcome.seconds.toFixed(1)} s`,
    );
  }
}
const outcomes: Outcome[] = datasets.flatMap((dataset) =>
  JSON.parse(readFileSync(`${folder}estimators-${dataset}.json`, 'utf8')),
);
console.log(`\n${comparison(outcomes)}\n\n${choices(outcomes)}`);

async function uciSplits(name: string): Promise<(split: number) => Promise<Outcome>> {
  const data = await loadUci(name);
  return async (split) => {
    const { train, test } = data.splits[split];
    const [x, xTest] = [rowsOf(data.inputs, train), rowsOf(data.inputs, test)];
    const [y, yTest] = [rowsOf(data.targets, train), rowsOf(data.targets, test)];
    const targets = Float64Array.from(yTest.data as ArrayLike<number>);
    const model = subspaceRegressor({
      ...parts,
      network: ({ inputs, seed }) =>
        denseNetwork({ sizes: [inputs, 50, 2], head: 'heteroscedastic', seed, threads: 1 }),
    });
    const started = performance.now();
    const fitted = await model.fit(x, y, { seed: split });
    const seconds = (performance.now() - started) / 1000;
    const inputs = standardize(x).transform.apply(xTest);
    const units = standardize(y).transform;
    const by = async (sampler: WeightSampler) =>
      units.invertPrediction(
        await predictRegression(fitted.network, sampler, inputs, {
          likelihood: fitted.likelihood,
          samples: 200,
          seed: split,
          keepMembers: true,
        }),
      );
    const predictions = { ...(await beside(fitted, by)), estimator: await model.predict(xTest) };
    const scores = each((method) => ({
      NLL: mixtureNll(predictions[method], targets),
      'NLL of a Gaussian': gaussianNll(predictions[method], targets),
      RMSE: rmse(predictions[method], targets),
      'coverage of 95 %': intervalCoverage(predictions[method], targets),
    }));
    return outcomeOf(name, split, fitted, scores, seconds, model);
  };
}

async function digitsSplits(): Promise<(split: number) => Promise<Outcome>> {
  const path = fileURLToPath(new URL('../../../shared/data/digits/digits.csv.gz', import.meta.url));
  const lines = gunzipSync(readFileSync(path)).toString().trim().split('\n');
  const rows = lines.map((line) => line.split(',').map(Number));
  const parted = splits(rows.length, { seed: 'digits', count });
  return async (split) => {
    const { train, test } = parted[split];
    const pixels = (of: Int32Array) => Array.from(of, (row) => rows[row].slice(0, 64));
    const labels = (of: Int32Array) => Array.from(of, (row) => rows[row][64]);
    const model = subspaceClassifier({
      ...parts,
      network: ({ inputs, outputs, seed }) => denseNetwork({ sizes: [inputs, 50, outputs], seed, threads: 1 }),
    });
    const started = performance.now();
    const fitted = await model.fit(pixels(train), labels(train), { seed: split });
    const seconds = (performance.now() - started) / 1000;
    const flat = (of: Int32Array): RawArrays => ({
      data: Float64Array.from(pixels(of).flat()),
      shape: [of.length, 64],
    });
    const inputs = standardize(flat(train)).transform.apply(flat(test));
    const by = (sampler: WeightSampler) =>
      predictClassification(fitted.network, sampler, inputs, { samples: 200, seed: split });
    const predictions = { ...(await beside(fitted, by)), estimator: await model.predict(pixels(test)) };
    const scores = each((method) => ({
      NLL: categoricalNll(predictions[method], labels(test)),
      accuracy: accuracy(predictions[method], labels(test)),
    }));
    return outcomeOf('digits', split, fitted, scores, seconds, model);
  };
}

/** What the methods beside the estimator predict, from the stages of the same fit. */
async function beside<P>(fitted: SubspaceFit<SwagMoments>, by: (sampler: WeightSampler) => Promise<P>) {
  const { weights, subspace, logLikelihood, priorStd } = fitted;
  const cold = posterior({ logLikelihood, priorStd, temperature: 1 });
  const draws = await sample(ellipticalSlice(cold), { draws: 1000, warmup: 250, chains: 4, seed: 1 });
  return {
    SGD: await by(ensemble([weights])),
    'mean weights': await by(ensemble([(subspace as Subspace).shift])),
    'T = 1': await by(subspaceDraws(subspace, draws)),
  };
}

function outcomeOf(
  dataset: string,
  split: number,
  { epochs, priorStd, temperature, rHat }: SubspaceFit<SwagMoments>,
  scores: Outcome['scores'],
  seconds: number,
  model: { dispose(): void },
): Outcome {
  model.dispose();
  return { dataset, split, scores, epochs, priorStd, temperature, rHat, seconds };
}

function each(score: (method: (typeof METHODS)[number]) => Readonly<Record<string, number>>): Outcome['scores'] {
  return Object.fromEntries(METHODS.map((method) => [method, score(method)])) as Outcome['scores'];
}

function comparison(all: readonly Outcome[]): string {
  const rows = datasets.flatMap((dataset) => {
    const own = all.filter((outcome) => outcome.dataset === dataset);
    return Object.keys(own[0].scores.SGD).map((name) => {
      const of = (method: (typeof METHODS)[number]) => own.map(({ scores }) => scores[method][name]);
      const against = (method: (typeof METHODS)[number]) => {
        const differences = of('estimator').map((value, i) => value - of(method)[i]);
        const p = signedRank(differences);
        return `${spread(differences)} (p ${p < 0.0001 ? '< 0.0001' : p.toFixed(4)})`;
      };
      return [
        `${dataset}, ${own.length} splits: ${name}`,
        ...METHODS.map((method) => mean(of(method)).toFixed(3)),
        against('SGD'),
        against('T = 1'),
      ];
    });
  });
  return table(['', ...METHODS, 'estimator − SGD', 'estimator − (T = 1)'], rows);
}

function choices(all: readonly Outcome[]): string {
  const rows = datasets.map((dataset) => {
    const own = all.filter((outcome) => outcome.dataset === dataset);
    const range = (of: (outcome: Outcome) => number, digits: number) => {
      const values = own.map(of);
      return `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)})`;
    };
    const agreed = own.filter(({ rHat }) => rHat < 1.01).length;
    return [
      dataset,
      range(({ epochs }) => epochs, 0),
      range(({ priorStd }) => priorStd, 2),
      range(({ temperature }) => temperature, 0),
      `${agreed} of ${own.length}`,
      range(({ seconds }) => seconds, 0),
    ];
  });
  return table(['chosen: median (range)', 'epochs', 'σ', 'T', 'R̂ < 1.01', 'seconds'], rows);
}

function rowsOf({ data, shape }: RawArrays, rows: Int32Array): RawArrays {
  const width = data.length / shape[0];
  const picked = Float64Array.from({ length: rows.length * width }, (_, i) =>
    Number(data[rows[Math.floor(i / width)] * width + (i % width)]),
  );
  return { data: picked, shape: [rows.length, width] };
}

function spread(values: readonly number[]): string {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) * (value - centre), 0);
  return `${centre.toFixed(3)} ± ${Math.sqrt(squares / (values.length - 1) / values.length).toFixed(3)}`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
