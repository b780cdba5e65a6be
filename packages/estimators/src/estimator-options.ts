import {
  adam,
  type CancelSignal,
  type CheckpointOptions,
  type Collector,
  type Dataset,
  type Likelihood,
  type MaybePromise,
  type Network,
  type Optimizer,
  type Posterior,
  type SamplingAlgorithm,
  type Schedule,
  type Subspace,
  type SubspaceLikelihood,
  type WeightLayout,
  type WeightMap,
} from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireKnownOptions,
  requireNonNegative,
  requireOptimizer,
  requireOptions,
  requirePositive,
  show,
} from '@subspace/core/internals';

/** What a network is made for. */
export interface NetworkShape {
  /** Numbers in a row of inputs. */
  readonly inputs: number;
  /** Shape of a row of inputs: [inputs] of a table. */
  readonly inputShape: readonly number[];
  /** Numbers in a row of targets; of a classifier, the number of classes. */
  readonly outputs: number;
  /** Of `fit`: the same for each network that it asks for. */
  readonly seed: number | string;
}

/** What a subspace may be built from besides moments. */
export interface Explored {
  /** With the weights it has at the end of exploration. */
  readonly network: Network;
  readonly data: Dataset;
  readonly likelihood: Likelihood;
}

/** What a prior's width is chosen from: the training rows, in the subspace. */
export interface PriorContext extends Explored {
  readonly subspace: Subspace | WeightMap;
  /** log p(D | z), untempered. */
  readonly logLikelihood: SubspaceLikelihood;
}

/** What a temperature is chosen from. */
export interface TemperatureContext {
  /** Mean log p(y | x) of the held-out inner rows at a temperature, in nats, in standardised units: larger is better. */
  heldOutScore(temperature: number): Promise<number>;
  /** Of leave-one-out predictions of all rows (PSIS-LOO), which is too sure of itself: training has seen them. */
  leaveOneOutScore(temperature: number): Promise<number>;
}

/** The parts that an estimator is composed of, and what it does not choose by itself. */
export interface SubspaceEstimatorOptions<M extends Collector> {
  /** A new network at each call, with initial weights by `seed` or a seed of your own; the estimator's to dispose. */
  readonly network: (shape: NetworkShape) => MaybePromise<Network>;
  /** New moments at each call: `swagMoments`. */
  readonly moments: (layout: WeightLayout) => M;
  /** `(moments) => pcaSubspace(moments, { rank: { upTo: 5 } })`: as many directions as there are. */
  readonly subspace: (moments: M, explored: Explored) => MaybePromise<Subspace | WeightMap>;
  /** `ellipticalSlice`, or any other. */
  readonly sampler: (posterior: Posterior<SubspaceLikelihood>) => SamplingAlgorithm<unknown, unknown>;
  /** Of standardised targets. By default the one that the network's number of outputs is for. */
  readonly likelihood?: Likelihood;
  readonly training?: Partial<TrainingSettings>;
  readonly inner?: Partial<InnerSettings>;
  /** σ of the prior N(0, σ²·I). Default: the one of largest evidence (Laplace's method, at temperature 1). */
  readonly priorStd?: number | ((context: PriorContext) => MaybePromise<number>);
  /** T of the likelihood. `'held-out'`, the default: the one that predicts the held-out inner rows best. `'leave-one-out'`: PSIS-LOO of all rows. */
  readonly temperature?:
    | number
    | 'held-out'
    | 'leave-one-out'
    | ((context: TemperatureContext) => MaybePromise<number>);
  readonly sampling?: Partial<SamplingSettings>;
  /** Draws that predictions average over. Default 200. */
  readonly samples?: number;
  /** `diagnose` of @subspace/diagnostics: what it finds is in the report. */
  readonly diagnose?: (draws: never) => readonly { readonly problem: string; readonly advice: string }[];
}

export interface TrainingSettings {
  /** At most; the inner rows say when to stop. Default 1000. */
  readonly epochs: number;
  /** Epochs without improvement on the inner rows until training stops. Default 50. */
  readonly patience: number;
  /** Default 32. */
  readonly batchSize: number;
  /** Default `adam()`. */
  readonly optimizer: Optimizer;
  /** Default 0.003. */
  readonly learningRate: number | Schedule;
  /** Where moments begin to collect, as a share of the epochs trained. Default ½. */
  readonly collectFrom: number;
  /** Where they end, at least 1: training goes on at its rate. Default 2. */
  readonly collectTo: number;
  /** Snapshots that moments collect, evenly spaced: so many at least, and less than twice as many. Default 40, or as many as there are epochs. */
  readonly snapshots: number;
}

export interface InnerSettings {
  /** Share of the rows that is held out to stop training and to choose the temperature. Default 0.1. */
  readonly fraction: number;
  /** How many such parts, each with a training of its own. Default: so many that 100 rows are held out in all, at most 5. */
  readonly splits: number;
}

export interface SamplingSettings {
  /** Per chain, at first. Default 500. */
  readonly draws: number;
  /** Doubled until R̂ < 1.01, up to this. Default 8000, or `draws` where that is more. */
  readonly mostDraws: number;
  /** Default 250. */
  readonly warmup: number;
  /** Default 4. */
  readonly chains: number;
}

export interface EstimatorFitOptions {
  readonly seed: number | string;
  readonly signal?: CancelSignal;
  readonly onProgress?: (progress: EstimatorProgress) => void;
  /** All stages save what they have, and a run that was stopped goes on from there. */
  readonly checkpoint?: CheckpointOptions;
}

export interface EstimatorProgress {
  /** `'inner-1 training'`, `'all exploration'`, `'temperature'`, `'sampling'`… */
  readonly stage: string;
  /** From 1. */
  readonly number: number;
  /** How many stages there are. */
  readonly stages: number;
  /** Of this stage: epochs, temperatures, steps. */
  readonly done: number;
  readonly of: number;
}

/** Options with their defaults. */
export interface Settings {
  readonly training: TrainingSettings;
  readonly inner: { readonly fraction: number; readonly splits?: number };
  readonly sampling: SamplingSettings;
  readonly samples: number;
}

const OPTIONS = [
  'network',
  'moments',
  'subspace',
  'sampler',
  'likelihood',
  'training',
  'inner',
  'priorStd',
  'temperature',
  'sampling',
  'samples',
  'diagnose',
];

/** Throws unless the options are sound; fills defaults in. */
export function readSettings<M extends Collector>(where: string, options: SubspaceEstimatorOptions<M>): Settings {
  requireKnownOptions(where, options, OPTIONS);
  for (const part of ['network', 'moments', 'subspace', 'sampler'] as const) {
    if (typeof options[part] !== 'function') {
      throw argumentError(where, `${part} is ${show(options[part])}, expected a function that makes one`);
    }
  }
  const { priorStd, temperature, samples = 200, diagnose } = options;
  if (priorStd !== undefined && typeof priorStd !== 'function') requirePositive(where, 'priorStd', priorStd);
  if (typeof temperature === 'string' && !['held-out', 'leave-one-out'].includes(temperature)) {
    throw argumentError(
      where,
      `temperature is ${show(temperature)}, expected 'held-out', 'leave-one-out', a number or a function`,
    );
  }
  if (temperature !== undefined && !['function', 'string'].includes(typeof temperature)) {
    requirePositive(where, 'temperature', temperature);
  }
  if (diagnose !== undefined && typeof diagnose !== 'function') {
    throw argumentError(where, `diagnose is ${show(diagnose)}, expected a function of draws`);
  }
  requireCount(where, 'samples', samples);
  return {
    training: trainingSettings(where, options.training ?? {}),
    inner: innerSettings(where, options.inner ?? {}),
    sampling: samplingSettings(where, options.sampling ?? {}),
    samples,
  };
}

const TRAINING: TrainingSettings = {
  epochs: 1000,
  patience: 50,
  batchSize: 32,
  optimizer: adam(),
  learningRate: 0.003,
  collectFrom: 0.5,
  collectTo: 2,
  snapshots: 40,
};

function trainingSettings(where: string, options: Partial<TrainingSettings>): TrainingSettings {
  requireOptions(where, 'training', options);
  const settings: TrainingSettings = { ...TRAINING, ...options };
  requireKnownOptions(`${where}: training`, options, Object.keys(TRAINING));
  requireCount(where, 'training.epochs', settings.epochs);
  requireCount(where, 'training.patience', settings.patience);
  requireCount(where, 'training.batchSize', settings.batchSize);
  requireCount(where, 'training.snapshots', settings.snapshots, 2);
  requireOptimizer(where, settings.optimizer);
  if (typeof settings.learningRate !== 'function') {
    requireNonNegative(where, 'training.learningRate', settings.learningRate);
  }
  requireNonNegative(where, 'training.collectFrom', settings.collectFrom);
  requirePositive(where, 'training.collectTo', settings.collectTo);
  if (settings.collectFrom >= 1 || settings.collectTo < 1) {
    const { collectFrom, collectTo } = settings;
    throw argumentError(
      where,
      `training collects from ${collectFrom} to ${collectTo} of its epochs, expected from less than 1 to at least 1`,
    );
  }
  return settings;
}

function innerSettings(where: string, options: Partial<InnerSettings>): Settings['inner'] {
  requireKnownOptions(`${where}: inner`, options, ['fraction', 'splits']);
  const { fraction = 0.1, splits } = options;
  requirePositive(where, 'inner.fraction', fraction);
  if (fraction >= 1) throw argumentError(where, `inner.fraction is ${fraction}, expected less than 1`);
  if (splits !== undefined) requireCount(where, 'inner.splits', splits);
  return { fraction, splits };
}

const SAMPLING: SamplingSettings = { draws: 500, mostDraws: 8000, warmup: 250, chains: 4 };

function samplingSettings(where: string, options: Partial<SamplingSettings>): SamplingSettings {
  const mostDraws = Math.max(SAMPLING.mostDraws, options.draws ?? 0);
  const settings: SamplingSettings = { ...SAMPLING, mostDraws, ...options };
  requireKnownOptions(`${where}: sampling`, options, Object.keys(SAMPLING));
  requireCount(where, 'sampling.draws', settings.draws, 4);
  requireCount(where, 'sampling.mostDraws', settings.mostDraws, settings.draws);
  requireCount(where, 'sampling.warmup', settings.warmup, 0);
  requireCount(where, 'sampling.chains', settings.chains);
  return settings;
}
