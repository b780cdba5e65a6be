import {
  type Arrays,
  arraysDataset,
  type CoordinateSampler,
  ensemble,
  gaussianLikelihood,
  type Network,
  predictRegression,
  type Subspace,
  sample,
  subspaceDraws,
  subspacePosterior,
  type Vector,
  type WeightMap,
  type WeightSampler,
} from '@subspace/core';
import { bezierCurve } from '@subspace/curves';
import { summary } from '@subspace/diagnostics';
import { ellipticalSlice } from '@subspace/ess';
import { nuts } from '@subspace/nuts';
import { pcaSubspace, randomSubspace, swag, type WeightMoments } from '@subspace/swag';
import { fullRank } from '@subspace/vi';
import {
  affineCandidate,
  type Candidate,
  type ChoiceEffort,
  type Chosen,
  chooseScales,
  planeCandidate,
  type Target,
  tunnelCandidate,
} from './choose-scales.ts';
import type { Engine } from './engine.ts';
import type { Watch } from './jobs.ts';
import type { Problem } from './problem.ts';
import { paper } from './settings.ts';
import type { Rows } from './train.ts';

/** How much of what: the evaluations of a choice, and the draws of the result. */
export interface OursEffort extends ChoiceEffort {
  readonly warmup: number;
  readonly draws: number;
  readonly nutsWarmup: number;
  readonly nutsDraws: number;
  readonly iterations: number;
  /** Functions that are drawn of each method. */
  readonly samples: number;
}

export const oursEffort: OursEffort = {
  ...{ scales: [7, 0], temperatures: [5, 0], trialWarmup: 30, trialDraws: 50 },
  ...{ chains: 4, warmup: 100, draws: 300, nutsWarmup: 50, nutsDraws: 50, iterations: 150 },
  samples: 200,
};

/** What can be asked for by itself: solutions as they are, and four subspaces. */
export const oursKinds = ['sgd', 'random', 'pca', 'plane', 'tunnel'] as const;
export type OursKind = (typeof oursKinds)[number];

/** Plain data. */
export interface OursOrder {
  readonly kind: OursKind;
  readonly data: Rows;
  /** In the network's units. */
  readonly noiseVariance: number;
  /** Where functions are wanted. */
  readonly inputs: Arrays;
  /** Each of a training run of its own. */
  readonly solutions: readonly Float32Array[];
  /** Of the end of a run at the full rate. */
  readonly moments: {
    readonly collected: number;
    readonly mean: Float32Array;
    readonly variance: Float32Array;
    readonly deviations: readonly Float32Array[];
  };
  /** Of a Bézier curve between its mean and that of another. */
  readonly curve: readonly Float32Array[];
  readonly effort: OursEffort;
  readonly seed: number | string;
}

/** What one method gives, and how its settings came out: plain data. */
export interface OursMethod {
  readonly name: string;
  /** [draw][row of the inputs], without noise, in the network's units. */
  readonly members: readonly Float64Array[];
  /** Beyond training: choices, sampling and predicting. */
  readonly seconds: number;
  /** Of the log likelihood, with or without its gradient, choices included. */
  readonly evaluations: number;
  readonly chosen?: Chosen;
  readonly sampling?: { readonly rHat: number; readonly essBulk: number };
}

/** Less would be below the rounding of float32 outputs of order 1. */
const LEAST_NOISE = 1e-6;

/** The noise's variance in the network's units: the mean squared error that weights leave on the training points. */
export async function learntNoise(
  network: Network,
  weights: Float32Array,
  { train, inputs, outputUnits }: Problem,
): Promise<number> {
  const { data } = await network.predict(inputs(train.x), { weights });
  let squares = 0;
  for (let i = 0; i < data.length; i++) squares += (data[i] - outputUnits.to(train.y[i])) ** 2;
  return Math.max(LEAST_NOISE, squares / data.length);
}

/**
 * The study `ours`, of one kind of weights: nothing is set by hand. The noise is learnt; each subspace has the prior of the largest evidence, and then the temperature of the best PSIS-LOO
 * (`chooseScales`).
 */
export async function ours(engine: Engine, order: OursOrder, watch: Watch = {}): Promise<readonly OursMethod[]> {
  const network = engine.network(order.seed);
  try {
    if (order.kind === 'sgd') return await solutionsAtHand(network, order);
    return await inSpace(network, candidateOf(network, order.kind, order), order, watch);
  } finally {
    network.dispose();
  }
}

async function solutionsAtHand(network: Network, order: OursOrder): Promise<readonly OursMethod[]> {
  const { solutions } = order;
  const { layout } = network;
  const samplers: Record<string, WeightSampler> = {
    SGD: ensemble(solutions.slice(0, 1), { layout }),
    SWAG: swag(momentsOf(network, order)),
    [`Ensemble of ${solutions.length}`]: ensemble(solutions, { layout }),
  };
  const methods: OursMethod[] = [];
  for (const [name, sampler] of Object.entries(samplers)) {
    const started = performance.now();
    const members = await functions(network, sampler, order);
    methods.push({ name, members, evaluations: 0, seconds: secondsSince(started) });
  }
  return methods;
}

function candidateOf(network: Network, kind: Exclude<OursKind, 'sgd'>, order: OursOrder): Candidate {
  const { layout } = network;
  const curve = () => bezierCurve(order.curve, { layout });
  const moments = () => momentsOf(network, order);
  switch (kind) {
    case 'random':
      return affineCandidate(
        'Random subspace',
        randomSubspace(layout, moments().mean(), { rank: paper.rank, seed: order.seed }),
      );
    case 'pca':
      return affineCandidate('PCA subspace', pcaSubspace(moments(), { rank: { upTo: paper.rank } }));
    case 'plane':
      return planeCandidate(network, curve());
    case 'tunnel':
      return tunnelCandidate(curve());
  }
}

/** By elliptical slice; in the PCA subspace by others too. */
async function inSpace(
  network: Network,
  candidate: Candidate,
  order: OursOrder,
  { signal, onProgress }: Watch,
): Promise<readonly OursMethod[]> {
  const { noiseVariance, effort, seed } = order;
  const data = arraysDataset(order.data);
  let evaluations = 0;
  const posterior = (map: Subspace | WeightMap, priorStd: number, temperature: number) => {
    const likelihood = gaussianLikelihood({ variance: noiseVariance });
    return counting(subspacePosterior(network, map, data, { likelihood, priorStd, temperature }), (count) => {
      evaluations += count;
    });
  };
  const begun = performance.now();
  const say = (done: number, of: number) =>
    onProgress?.({ stage: `Ours: ${candidate.name}`, done, of, secondsLeft: 0 });
  say(0, 1);
  const chosen = await chooseScales(candidate, { posterior, effort, seed, signal });
  const [spent, before] = [evaluations, secondsSince(begun)];
  const { map, priorStd } = candidate.at(chosen.priorStd);

  const watched = { chains: effort.chains, seed, signal };
  const ways: Record<string, (target: Target) => Promise<Drawn>> = {
    ESS: async (target) =>
      withConvergence(
        await sample(ellipticalSlice(target), { draws: effort.draws, warmup: effort.warmup, ...watched }),
      ),
    ...(candidate.name.startsWith('PCA') && {
      NUTS: async (target: Target) =>
        withConvergence(await sample(nuts(target), { draws: effort.nutsDraws, warmup: effort.nutsWarmup, ...watched })),
      'full-rank VI': async (target: Target) => ({
        draws: await fullRank(target, { iterations: effort.iterations, evaluationDraws: 100, seed, signal }),
      }),
    }),
  };
  const methods: OursMethod[] = [];
  for (const [way, run] of Object.entries(ways)) {
    const started = performance.now();
    evaluations = spent;
    const target = posterior(map, priorStd, chosen.temperature);
    try {
      const { draws, sampling } = await run(target);
      methods.push({
        name: `${candidate.name} + ${way}`,
        members: await functions(network, subspaceDraws(map, draws), order),
        evaluations,
        seconds: before + secondsSince(started),
        chosen,
        ...(sampling && { sampling }),
      });
    } finally {
      target.dispose();
    }
  }
  say(1, 1);
  return methods;
}

interface Drawn {
  readonly draws: CoordinateSampler;
  readonly sampling?: OursMethod['sampling'];
}

function withConvergence(draws: Awaited<ReturnType<typeof sample>>): Drawn {
  const rows = summary(draws);
  return {
    draws,
    sampling: {
      rHat: Math.max(...rows.map(({ rHat }) => rHat)),
      essBulk: Math.min(...rows.map(({ essBulk }) => essBulk)),
    },
  };
}

/** What weights say of the inputs, without noise. */
async function functions(
  network: Network,
  sampler: WeightSampler,
  { inputs, effort: { samples }, seed }: OursOrder,
): Promise<readonly Float64Array[]> {
  // The members' means are without noise, whatever its variance.
  const likelihood = gaussianLikelihood({ variance: 1 });
  const { members } = await predictRegression(network, sampler, inputs, {
    ...{ likelihood, samples, seed, keepMembers: true },
  });
  return members!.means;
}

function momentsOf({ layout }: Network, { moments }: OursOrder): WeightMoments {
  const { collected, mean, variance, deviations } = moments;
  return { layout, collected, mean: () => mean, variance: () => variance, deviations: () => deviations };
}

/** The posterior, telling how many points it is asked for. */
function counting(target: Target, tell: (count: number) => void): Target {
  const told = <A>(f: (points: readonly Vector[]) => A) => {
    return (points: readonly Vector[]) => {
      tell(points.length);
      return f(points);
    };
  };
  return {
    ...target,
    values: told(target.values),
    valuesAndGradients: told(target.valuesAndGradients),
    logLikelihood: { ...target.logLikelihood, values: told(target.logLikelihood.values) },
  };
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}
