import {
  type Arrays,
  arraysDataset,
  type CoordinateSampler,
  type Draws,
  ensemble,
  gaussianLikelihood,
  type Network,
  type Posterior,
  predictRegression,
  type RegressionPrediction,
  randomSource,
  type SampleOptions,
  type SubspaceLikelihood,
  sample,
  subspaceDraws,
  subspacePosterior,
  type Vector,
  type WeightSampler,
} from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import { summary } from '@subspace/diagnostics';
import { ellipticalSlice } from '@subspace/ess';
import { nuts } from '@subspace/nuts';
import { gridPosterior } from '@subspace/smc';
import { type Approximation, fullRank, meanField, realNvp, type VariationalOptions } from '@subspace/vi';
import type { Engine } from './engine.ts';
import type { Watch } from './jobs.ts';
import { type LogDensityGrid, logDensityGrid } from './log-density-grid.ts';
import type { Effort } from './settings.ts';
import { type Space, spaceOf } from './space.ts';
import type { Rows } from './train.ts';

export type Inference = 'ess' | 'nuts' | 'mean-field' | 'full-rank' | 'realnvp' | 'grid';

export interface InferenceOrder {
  readonly stage: string;
  readonly inference: Inference;
  readonly space: Space;
  readonly data: Rows;
  /** Variance of the noise. */
  readonly variance: number;
  readonly priorStd: number;
  readonly temperature: number;
  readonly effort: Effort;
  readonly seed: number | string;
  /** Where predictions are wanted. */
  readonly inputs: Arrays;
  /** What the surface has to hold besides the draws: first two coordinates. */
  readonly around: readonly (readonly [number, number])[];
}

export interface Inferred {
  readonly prediction: RegressionPrediction;
  /** By chain; of an approximation, one of independent draws. */
  readonly positions: readonly (readonly Vector[])[];
  /** Around the draws, in the first two coordinates. */
  readonly surface: LogDensityGrid | undefined;
  readonly seconds: number;
  readonly evaluations: number;
  readonly sampling?: { readonly rHat: number; readonly essBulk: number };
  readonly paretoK?: number;
}

/** The posterior in a space by one way of inference, what it predicts, and how well it went. */
export async function infer(engine: Engine, order: InferenceOrder, watch: Watch): Promise<Inferred> {
  const { space, data, variance, priorStd, temperature, effort, seed, inputs } = order;
  const started = performance.now();
  const network = engine.network(seed);
  const likelihood = gaussianLikelihood({ variance });
  const within = spaceOf(network.layout, space);
  const target = counted(
    subspacePosterior(network, within, arraysDataset(data), { likelihood, priorStd, temperature }),
  );
  try {
    const { sampler, ...found } = await draw(target.posterior, order, watch);
    const evaluations = found.evaluations ?? target.evaluations();
    const prediction = await predict(network, subspaceDraws(within, sampler), inputs, variance, effort, seed, watch);
    const seconds = (performance.now() - started) / 1000;
    const surface =
      target.posterior.dim > 1
        ? await logDensityGrid(target.posterior, [...found.positions.flat(), ...order.around], effort.surface)
        : undefined;
    return { ...found, prediction, surface, seconds, evaluations };
  } finally {
    target.posterior.dispose();
    network.dispose();
  }
}

/** Predictions of weights that are at hand. */
export async function predictWith(
  network: Network,
  weights: readonly Float32Array[] | WeightSampler,
  inputs: Arrays,
  variance: number,
  { effort, seed, signal }: { readonly effort: Effort; readonly seed: number | string } & Watch,
): Promise<RegressionPrediction> {
  const sampler = 'layout' in weights ? weights : ensemble([...weights]);
  return predict(network, sampler, inputs, variance, effort, seed, { signal });
}

function predict(
  network: Network,
  sampler: WeightSampler,
  inputs: Arrays,
  variance: number,
  { samples }: Effort,
  seed: number | string,
  { signal }: Watch,
): Promise<RegressionPrediction> {
  const likelihood = gaussianLikelihood({ variance });
  return predictRegression(network, sampler, inputs, { likelihood, samples, seed, keepMembers: true, signal });
}

type Target = Posterior<SubspaceLikelihood>;
type Drawn = Pick<Inferred, 'positions' | 'sampling' | 'paretoK'> & {
  readonly sampler: CoordinateSampler;
  readonly evaluations?: number;
};

function draw(target: Target, order: InferenceOrder, watch: Watch): Promise<Drawn> {
  const { inference, effort } = order;
  switch (inference) {
    case 'ess':
      return chains(target, order, watch, effort.warmup, effort.draws);
    case 'nuts':
      return chains(target, order, watch, effort.nutsWarmup, effort.nutsDraws);
    case 'mean-field':
      return approximation(meanField, order, watch)(target);
    case 'full-rank':
      return approximation(fullRank, order, watch)(target);
    case 'realnvp':
      return approximation(realNvp, order, watch)(target);
    case 'grid':
      return quadrature(target, order, watch);
  }
}

async function chains(
  target: Target,
  { stage, inference, effort, seed }: InferenceOrder,
  { signal, checkpoint, onProgress }: Watch,
  warmup: number,
  draws: number,
): Promise<Drawn> {
  let evaluations = 0;
  const options: SampleOptions = {
    draws,
    warmup,
    chains: effort.chains,
    seed,
    signal,
    ...(checkpoint && { checkpoint: { store: fileStore(checkpoint.folder), resume: checkpoint.resume } }),
    onProgress({ chains, evaluations: so, secondsLeft }) {
      evaluations = so;
      const sum = (of: 'step' | 'of') => chains.reduce((total, chain) => total + chain[of], 0);
      onProgress?.({ stage, done: sum('step'), of: sum('of'), secondsLeft, note: chains[0].summary });
    },
  };
  const result: Draws =
    inference === 'ess'
      ? await sample(ellipticalSlice(target), options)
      : await sample(nuts(target, { maxTreeDepth: effort.treeDepth }), options);
  const rows = summary(result);
  const sampling = {
    rHat: Math.max(...rows.map(({ rHat }) => rHat)),
    essBulk: Math.min(...rows.map(({ essBulk }) => essBulk)),
  };
  return { sampler: result, positions: result.positions, sampling, evaluations };
}

function approximation(
  fit: (target: Target, options: VariationalOptions) => Promise<Approximation>,
  { stage, seed, effort }: InferenceOrder,
  { signal, checkpoint, onProgress }: Watch,
) {
  return async (target: Target): Promise<Drawn> => {
    const density = await fit(target, {
      iterations: effort.iterations,
      starts: 1,
      evaluationDraws: effort.samples,
      seed,
      signal,
      ...(checkpoint && { checkpoint: { store: fileStore(checkpoint.folder), resume: checkpoint.resume } }),
      onProgress: ({ iteration, of, elbo, secondsLeft }) =>
        onProgress?.({
          stage,
          done: iteration,
          of,
          secondsLeft,
          ...(Number.isFinite(elbo) && { note: `ELBO ${elbo.toFixed(1)}` }),
        }),
    });
    const positions = density.sample(randomSource(seed), effort.draws);
    return { sampler: density, positions: [positions], paretoK: density.paretoK };
  };
}

async function quadrature(
  target: Target,
  { stage, effort, seed }: InferenceOrder,
  { signal, onProgress }: Watch,
): Promise<Drawn> {
  const grid = await gridPosterior(target, {
    resolution: effort.gridResolution,
    tolerance: effort.gridTolerance,
    signal,
    onProgress: ({ points: { done, of, secondsLeft } }) => onProgress?.({ stage, done, of, secondsLeft }),
  });
  const sampler = { dim: grid.mean.length, sample: grid.sample };
  return { sampler, positions: [grid.sample(randomSource(seed), effort.draws)], evaluations: grid.evaluations };
}

/** A posterior that counts how often it is asked. */
function counted(posterior: Target): { readonly posterior: Target; evaluations(): number } {
  let count = 0;
  const counting = (points: readonly Vector[]) => {
    count += points.length;
    return points;
  };
  return {
    posterior: {
      ...posterior,
      values: (points) => posterior.values(counting(points)),
      valuesAndGradients: (points) => posterior.valuesAndGradients(counting(points)),
    },
    evaluations: () => count,
  };
}
