import {
  type CancelSignal,
  type CheckpointStore,
  type Draws,
  ensemble,
  fit,
  gaussianLikelihood,
  type Network,
  type Posterior,
  predictRegression,
  type RegressionPrediction,
  type Subspace,
  type SubspaceLikelihood,
  sample,
  sgd,
  subspaceDraws,
  subspacePosterior,
  type WeightSampler,
} from '@subspace/core';
import { summary } from '@subspace/diagnostics';
import { ellipticalSlice } from '@subspace/ess';
import { pcaSubspace, randomSubspace, swa, swag, swagMoments } from '@subspace/swag';
import { readCheckpoints } from './checkpoints.ts';
import type { Engine } from './engine.ts';
import { type LogDensityGrid, logDensityGrid } from './log-density-grid.ts';
import type { Problem } from './problem.ts';
import { type Scores, score } from './scores.ts';
import { type Effort, paper } from './settings.ts';
import type { Solutions } from './solutions.ts';
import { inUnits } from './units.ts';

export interface StudyOptions {
  readonly engine: Engine;
  readonly problem: Problem;
  readonly effort: Effort;
  readonly seed: number | string;
  /** A folder of weights that were trained with PyTorch, in place of training. */
  readonly checkpoints?: string;
  readonly signal?: CancelSignal;
  readonly onProgress?: (progress: StudyProgress) => void;
  /** Where training and both samplings are saved, each in a part of its own; `resume` goes on from there. */
  readonly checkpoint?: { readonly store: (part: string) => CheckpointStore; readonly resume: boolean };
}

/** How far a stage, or one chain of it, has come, and how many seconds it still needs. */
export interface StudyProgress {
  readonly stage: string;
  readonly done: number;
  readonly of: number;
  readonly secondsLeft: number;
  /** How a chain fares. */
  readonly note?: string;
}

export interface Study {
  readonly problem: Problem;
  /** Where `prediction`s are made. */
  readonly grid: Float64Array;
  /** Variance of the noise in the posterior, in y's units. */
  readonly noiseVariance: number;
  /** What is not as it was asked for. */
  readonly notes: readonly string[];
  /** Where the weights come from, and how long that took. */
  readonly from: string;
  readonly seconds: number;
  readonly methods: readonly MethodResult[];
  readonly surfaces: readonly Surface[];
}

/** The posterior over the first two coordinates of a subspace, the others at 0; a subspace of one has none. */
export interface Surface {
  readonly kind: Kind;
  /** The method that samples it. */
  readonly method: string;
  readonly draws: Draws;
  readonly logDensity: LogDensityGrid;
}

type Kind = 'random' | 'PCA' | 'curve';

export interface MethodResult {
  readonly name: string;
  /** On the study's grid. */
  readonly prediction: RegressionPrediction;
  readonly scores: Scores;
  /** What the method takes beyond training: sampling and predicting. */
  readonly seconds: number;
  readonly sampling?: { readonly draws: Draws; readonly rHat: number; readonly essBulk: number };
}

/**
 * Trains once, or reads what was trained, and then asks how sure the network is: SGD, SWA, SWAG, and elliptical slice sampling in a random and in the PCA subspace; of several
 * runs also their ensemble, and of a curve between two its plane.
 */
export async function study(options: StudyOptions): Promise<Study> {
  const { engine, problem, effort, seed, checkpoints } = options;
  const network = engine.network(seed);
  try {
    const solutions =
      checkpoints === undefined ? await train(network, options) : await readCheckpoints(network, checkpoints);
    const { trained, moments, curve, from, seconds } = solutions;
    const center = swa(moments);
    const noiseVariance = await noise(network, center, problem);
    const random = randomSubspace(network.layout, center, { rank: paper.rank, seed });
    const pca = pcaSubspace(moments, { rank: { upTo: paper.rank } });
    const grid = evenly(problem.domain, 241);
    const surfaces: Surface[] = [];

    const methods: MethodResult[] = [];
    const add = async (name: string, find: () => Promise<{ sampler: WeightSampler; draws?: Draws }>) => {
      const begun = performance.now();
      const { sampler, draws } = await find();
      const { prediction, scores } = await predict(network, sampler, grid, name, noiseVariance, options);
      methods.push({
        name,
        prediction,
        scores,
        seconds: secondsSince(begun),
        ...(draws && { sampling: convergence(draws) }),
      });
    };
    const addSampled = (subspace: Subspace, kind: Kind, look: boolean) => {
      const method = `${kind[0].toUpperCase()}${kind.slice(1)} ${kind === 'curve' ? 'plane' : 'subspace'} + ESS`;
      return add(method, () =>
        sampleIn(network, subspace, kind, noiseVariance, options, async (posterior, draws) => {
          if (!look || draws.dim === 1) return;
          surfaces.push({ kind, method, draws, logDensity: await logDensityGrid(posterior, draws, effort.surface) });
        }),
      );
    };
    await add('SGD', async () => ({ sampler: ensemble([trained[0]]) }));
    if (trained.length > 1)
      await add(`Ensemble of ${trained.length}`, async () => ({ sampler: ensemble([...trained]) }));
    await add('SWA', async () => ({ sampler: ensemble([center]) }));
    await add(`SWAG (scale ${paper.swagScale})`, async () => ({ sampler: swag(moments, { scale: paper.swagScale }) }));
    await addSampled(random, 'random', false);
    await addSampled(pca, 'PCA', true);
    if (curve) await addSampled(curve, 'curve', true);
    return {
      problem,
      grid,
      noiseVariance: noiseVariance * problem.outputUnits.unit ** 2,
      notes: [...solutions.notes, ...rankNotes(pca), ...chainNotes(methods)],
      from,
      seconds,
      methods,
      surfaces,
    };
  } finally {
    network.dispose();
  }
}

async function train(
  network: Network,
  { problem, effort, seed, signal, onProgress, checkpoint }: StudyOptions,
): Promise<Solutions> {
  const started = performance.now();
  const moments = swagMoments(network.layout, { rank: paper.rank });
  await fit(network, problem.train.data, {
    likelihood: gaussianLikelihood({ variance: paper.trainingVariance }),
    epochs: effort.epochs,
    batchSize: paper.batchSize,
    optimizer: sgd({ momentum: paper.momentum }),
    learningRate: paper.learningRate,
    collect: { into: moments, from: Math.floor(effort.epochs * paper.collectFrom) },
    seed,
    signal,
    onProgress: ({ epoch, of, secondsLeft }) => onProgress?.({ stage: 'Train', done: epoch, of, secondsLeft }),
    ...(checkpoint && { checkpoint: { store: checkpoint.store('training'), every: 100, resume: checkpoint.resume } }),
  });
  const trained = [await network.readWeights()];
  return { trained, moments, from: 'One training run', seconds: secondsSince(started), notes: [] };
}

function rankNotes({ basis: { length } }: Subspace): string[] {
  const ways = length === 1 ? '1 direction' : `${length} directions`;
  return length < paper.rank
    ? [`Training moved the weights in ${ways} only, so the PCA subspace has rank ${length}, not ${paper.rank}.`]
    : [];
}

function chainNotes(methods: readonly MethodResult[]): string[] {
  return methods.flatMap(({ name, sampling }) =>
    sampling && sampling.rHat > 1.05
      ? [`${name}: the chains do not agree (R̂ ${sampling.rHat.toFixed(2)}), so its band is not to be trusted.`]
      : [],
  );
}

/** Less would be below the rounding of float32 outputs of order 1. */
const LEAST_NOISE = 1e-6;

/** Variance of the noise in the network's units: the problem's, or the mean squared error that training has left. */
async function noise(
  network: Network,
  weights: Float32Array,
  { train, inputs, outputUnits, posterior }: Problem,
): Promise<number> {
  if (posterior.noiseVariance !== 'learnt') return posterior.noiseVariance;
  const { data } = await network.predict(inputs(train.x), { weights });
  let squares = 0;
  for (let i = 0; i < data.length; i++) squares += (data[i] - outputUnits.to(train.y[i])) ** 2;
  return Math.max(LEAST_NOISE, squares / data.length);
}

async function sampleIn(
  network: Network,
  subspace: Subspace,
  kind: Kind,
  noiseVariance: number,
  { problem, effort, seed, signal, onProgress, checkpoint }: StudyOptions,
  look: (posterior: Posterior<SubspaceLikelihood>, draws: Draws) => Promise<void>,
): Promise<{ sampler: WeightSampler; draws: Draws }> {
  const likelihood = gaussianLikelihood({ variance: noiseVariance });
  const { priorStd, temperature } = problem.posterior[kind === 'PCA' ? 'pca' : kind];
  const posterior = subspacePosterior(network, subspace, problem.train.data, { likelihood, priorStd, temperature });
  try {
    const draws = await sample(ellipticalSlice(posterior), {
      draws: effort.draws,
      warmup: effort.warmup,
      chains: effort.chains,
      seed,
      signal,
      ...(checkpoint && {
        checkpoint: { store: checkpoint.store(`${kind.toLowerCase()}-subspace`), resume: checkpoint.resume },
      }),
      onProgress({ chains }) {
        chains.forEach(({ step, of, summary, secondsLeft }, i) => {
          const stage = `Sample the ${kind} ${kind === 'curve' ? 'plane' : 'subspace'}, chain ${i + 1}`;
          onProgress?.({ stage, done: step, of, secondsLeft, note: summary });
        });
      },
    });
    await look(posterior, draws);
    return { sampler: subspaceDraws(subspace, draws), draws };
  } finally {
    posterior.dispose();
  }
}

/** One pass over all points of interest: the grid, the training points, and the test points. */
async function predict(
  network: Network,
  sampler: WeightSampler,
  grid: Float64Array,
  name: string,
  noiseVariance: number,
  { problem, effort, seed, signal, onProgress }: StudyOptions,
): Promise<Pick<MethodResult, 'prediction' | 'scores'>> {
  const { train, test } = problem;
  const places = [grid, train.x, ...(test ? [test.atData.x, test.away.x] : [])];
  const everywhere = problem.inputs(places.flatMap((x) => Array.from(x)));
  const standardised = await predictRegression(network, sampler, everywhere, {
    likelihood: gaussianLikelihood({ variance: noiseVariance }),
    samples: effort.samples,
    seed,
    keepMembers: true,
    signal,
    onProgress: ({ sample: done, of }) => onProgress?.({ stage: `Predict with ${name}`, done, of, secondsLeft: 0 }),
  });
  const whole = inUnits(problem.outputUnits, standardised);
  const part = (i: number) => {
    const start = places.slice(0, i).reduce((sum, x) => sum + x.length, 0);
    return slice(whole, start, start + places[i].length);
  };
  return {
    prediction: part(0),
    scores: score({
      grid,
      onGrid: part(0),
      trainX: train.x,
      train: { prediction: part(1), targets: train.y },
      ...(test && {
        test: {
          atData: { prediction: part(2), targets: test.atData.y },
          away: { prediction: part(3), targets: test.away.y },
        },
      }),
    }),
  };
}

function slice(
  { mean, variance, epistemicVariance, aleatoricVariance, members }: RegressionPrediction,
  start: number,
  end: number,
): RegressionPrediction {
  const cut = (values: Float64Array) => values.slice(start, end);
  return {
    mean: cut(mean),
    variance: cut(variance),
    epistemicVariance: cut(epistemicVariance),
    aleatoricVariance: cut(aleatoricVariance),
    ...(members && { members: { means: members.means.map(cut), variances: members.variances.map(cut) } }),
  };
}

/** The worst coordinate's R̂ and bulk effective sample size. */
function convergence(draws: Draws): NonNullable<MethodResult['sampling']> {
  const rows = summary(draws);
  return {
    draws,
    rHat: Math.max(...rows.map(({ rHat }) => rHat)),
    essBulk: Math.min(...rows.map(({ essBulk }) => essBulk)),
  };
}

function evenly([low, high]: readonly [number, number], count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}
