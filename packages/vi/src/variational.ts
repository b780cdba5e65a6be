import {
  argumentError,
  type CancelSignal,
  type CheckpointOptions,
  randomSource,
  requireCount,
  requireKnownOptions,
  requireOptions,
  requirePositive,
  requireSameTarget,
  requireSeed,
  runCheckpoint,
  type Vector,
} from '@subspace/core';
import { type Approximation, approximationQuality, type TractableDensity } from './approximation.ts';
import type { Family, FamilyMember } from './family.ts';
import { type AscentState, ascentState, type ElboRecord, elboAscent } from './maximize-elbo.ts';
import { minibatchGradients } from './minibatch-gradients.ts';
import { findStart, type Initial, type Start } from './start.ts';
import { type ApproximationTarget, evaluator, requireTarget } from './target.ts';

/** Options of every variational fit. */
export interface VariationalOptions {
  /** At most so many gradient steps; fewer where the fit converges before. */
  readonly iterations: number;
  /** Draws per step. Default 8; with common random numbers 64. */
  readonly samplesPerIteration?: number;
  /** Rows per step, of a posterior of a network; all of them by default. */
  readonly minibatch?: number;
  /** Of Adam, in units of the width that the curvature at the start suggests; halved as the fit settles. */
  readonly learningRate?: number;
  /** Standard deviation of every coordinate at the start; by default half of what the curvature suggests. */
  readonly initialStd?: number;
  /** Where the mean starts: `'map'` (the default: an ascent from the prior's mean), `'prior'` (its mean), or a position [K]. */
  readonly initial?: Initial;
  /** The same draws at every step: the ELBO is then a deterministic function of the parameters. Default false. */
  readonly commonRandomNumbers?: boolean;
  /** Gain of the ELBO, in nats, that counts as one. Default 0.01. */
  readonly tolerance?: number;
  /** Draws that `elbo` and `paretoK` are estimated from at the end. Default 1000; each is an evaluation of all rows. */
  readonly evaluationDraws?: number;
  readonly seed: number | string;
  readonly signal?: CancelSignal;
  /** Called about ten times a second, and at the end. */
  readonly onProgress?: (progress: VariationalProgress) => void;
  /** Saves the fit between iterations, and goes on from there, bit for bit. */
  readonly checkpoint?: CheckpointOptions;
}

export interface VariationalProgress {
  /** Iterations done. */
  readonly iteration: number;
  readonly of: number;
  /** Of the last complete stretch of iterations; NaN before there is one. */
  readonly elbo: number;
  readonly standardError: number;
  readonly learningRate: number;
  readonly secondsLeft: number;
}

/** What a fit has to tell besides its density. */
export interface VariationalFit {
  /** ELBO by stretches of iterations. */
  readonly history: readonly ElboRecord[];
  /** Whether the ELBO stopped rising before the iterations ran out. */
  readonly converged: boolean;
}

/** Names of the options of every fit. */
const VARIATIONAL_OPTIONS = [
  'iterations',
  'samplesPerIteration',
  'minibatch',
  'learningRate',
  'initialStd',
  'initial',
  'commonRandomNumbers',
  'tolerance',
  'evaluationDraws',
  'seed',
  'signal',
  'onProgress',
  'checkpoint',
];

/** A family around a start, and where in it to begin. */
export interface FamilyStart {
  readonly family: Family;
  readonly parameters: Vector;
}

export interface FitPlan {
  readonly where: string;
  /** Learning rate by default. */
  readonly learningRate: number;
  /** Default of `initial`. */
  readonly initial: Initial;
  /** The family's own switches: they tell one run from another. */
  readonly own: Readonly<Record<string, boolean>>;
  begin(start: Start): FamilyStart;
  density(member: FamilyMember): TractableDensity;
}

/** What a checkpoint holds. */
interface SavedFit {
  readonly start: Start;
  /** Value at the start: to find another target. */
  readonly probe: number;
  readonly ascent: AscentState;
}

/** Fits a family to a target: what all variational methods have in common. */
export async function fitVariational<D extends TractableDensity>(
  posterior: ApproximationTarget,
  options: VariationalOptions,
  plan: Omit<FitPlan, 'density'> & { density(member: FamilyMember): D },
): Promise<D & Approximation & VariationalFit> {
  const { where } = plan;
  check(where, posterior, options, plan.own);
  const {
    iterations,
    minibatch,
    initial = plan.initial,
    commonRandomNumbers = false,
    samplesPerIteration = commonRandomNumbers ? 64 : 8,
    learningRate = plan.learningRate,
    tolerance = 0.01,
    evaluationDraws = 1000,
    seed,
    signal,
    onProgress,
  } = options;
  const random = randomSource(seed);
  const evaluate = evaluator(where, posterior, signal);
  const ascentOptions = { iterations, samplesPerIteration, learningRate, commonRandomNumbers, tolerance };
  const checkpoint =
    options.checkpoint &&
    (await runCheckpoint<SavedFit>(options.checkpoint, {
      where,
      name: 'variational',
      identity: {
        method: where,
        engine: posterior.engine,
        dim: posterior.dim,
        temperature: posterior.temperature,
        prior: posterior.prior && { mean: posterior.prior.mean, cholesky: posterior.prior.cholesky },
        seed: String(seed),
        options: { ...ascentOptions, minibatch, initial, initialStd: options.initialStd, ...plan.own },
      },
      done: ({ ascent }) => ascent.iteration,
    }));
  const saved = checkpoint?.saved;
  const start = saved?.start ?? (await findStart(where, posterior, evaluate, initial));
  const center = start.gaussian.mean;
  const [probe] = checkpoint ? await evaluate.values([center]) : [0];
  if (saved) requireSameTarget(where, 'the start', saved.probe, probe);
  const { family, parameters } = plan.begin(start);
  const state = saved?.ascent ?? ascentState(parameters, learningRate);
  const gradientsAt =
    minibatch === undefined
      ? (points: readonly Vector[]) => evaluate.gradients(points)
      : minibatchGradients(where, posterior, evaluate, minibatch, random);
  const ascent = elboAscent(where, family, gradientsAt, random, ascentOptions);

  const save = () => checkpoint?.save({ start, probe, ascent: state }, state.iteration, { history: state.history });
  const report = reporter(iterations, state, onProgress);
  try {
    while (state.iteration < iterations && !state.converged) {
      await ascent.advance(state);
      report(false);
      if (checkpoint?.due(state.iteration)) await save();
    }
    await save();
    report(true);
    const density = plan.density(family.at(state.best!.parameters));
    const quality = await approximationQuality(where, density, evaluate, random.fork('evaluation'), evaluationDraws);
    return {
      ...density,
      ...quality,
      nonFinite: state.nonFinite + quality.nonFinite,
      history: state.history,
      converged: state.converged,
    };
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ABORTED') throw error;
    await save();
    throw Object.assign(error as Error, { history: state.history });
  }
}

/** Progress about ten times a second, and when told to. */
function reporter(
  iterations: number,
  state: AscentState,
  onProgress: VariationalOptions['onProgress'],
): (now: boolean) => void {
  const started = performance.now();
  const first = state.iteration;
  let last = started;
  return (atOnce) => {
    const now = performance.now();
    if (!onProgress || !(atOnce || now - last > 100)) return;
    last = now;
    const { elbo, standardError } = state.history.at(-1) ?? { elbo: Number.NaN, standardError: Number.NaN };
    const secondsEach = (now - started) / 1000 / Math.max(1, state.iteration - first);
    onProgress({
      iteration: state.iteration,
      of: iterations,
      elbo,
      standardError,
      learningRate: state.learningRate,
      secondsLeft: state.converged ? 0 : secondsEach * (iterations - state.iteration),
    });
  };
}

function check(where: string, posterior: ApproximationTarget, options: VariationalOptions, own: FitPlan['own']): void {
  requireTarget(where, posterior);
  requireOptions(where, 'options', options);
  requireKnownOptions(where, options, [...VARIATIONAL_OPTIONS, ...Object.keys(own)]);
  const { iterations, samplesPerIteration, learningRate, initialStd, tolerance, evaluationDraws, seed } = options;
  requireCount(where, 'iterations', iterations);
  if (samplesPerIteration !== undefined) requireCount(where, 'samplesPerIteration', samplesPerIteration);
  if (learningRate !== undefined) requirePositive(where, 'learningRate', learningRate);
  if (initialStd !== undefined) requirePositive(where, 'initialStd', initialStd);
  if (tolerance !== undefined) requirePositive(where, 'tolerance', tolerance);
  if (evaluationDraws !== undefined) requireCount(where, 'evaluationDraws', evaluationDraws, 2);
  requireSeed(where, seed);
  for (const [name, value] of Object.entries({ ...own, commonRandomNumbers: options.commonRandomNumbers ?? false })) {
    if (typeof value !== 'boolean')
      throw argumentError(where, `${name} is ${JSON.stringify(value)}, expected true or false`);
  }
}
