import { randomSource, type Vector } from '@subspace/core';
import {
  aCount,
  argumentError,
  floats,
  listOf,
  objectOf,
  optional,
  requireSchema,
  runCheckpoint,
  type Schema,
} from '@subspace/core/internals';
import { type Approximation, approximationQuality, type TractableDensity } from './approximation.ts';
import type { Family, FamilyMember } from './family.ts';
import { type AscentState, ascentState, elboAscent, hasEnded, raceLength, savedAscent } from './maximize-elbo.ts';
import { minibatchGradients } from './minibatch-gradients.ts';
import { findStart, type Initial, randomStart, type Start, startAt } from './start.ts';
import { type ApproximationTarget, evaluator, requireTarget } from './target.ts';
import { requireVariationalOptions, type VariationalFit, type VariationalOptions } from './variational-options.ts';

/** A family around a start, and where in it to begin. */
export interface FamilyStart {
  readonly family: Family;
  readonly parameters: Vector;
}

/** What tells one method from another. */
export interface FitPlan<D extends TractableDensity> {
  readonly where: string;
  /** Of `learningRate` and `samplesPerIteration` by default. */
  readonly learningRate: number;
  readonly samplesPerIteration: number;
  /** Iterations whose ELBOs are averaged before one is compared with another, at most. */
  readonly patience: number;
  /** Default of `initial`. */
  readonly initial: Initial;
  /** The family's own options, defaults filled in: they tell one run from another. */
  readonly own: Readonly<Record<string, unknown>>;
  begin(start: Start): FamilyStart;
  density(member: FamilyMember): D;
}

/** The ascent from one start. */
interface Run {
  readonly start: Start;
  readonly state: AscentState;
  readonly family: Family;
  advance(): Promise<void>;
}

/** What a checkpoint holds. */
interface SavedFit {
  readonly runs: readonly Pick<Run, 'start' | 'state'>[];
  /** Which of them goes on; undefined during the race. */
  readonly chosen: number | undefined;
}

/** Fits a family to a target: what all variational methods have in common. */
export async function fitVariational<D extends TractableDensity>(
  posterior: ApproximationTarget,
  options: VariationalOptions,
  plan: FitPlan<D>,
): Promise<D & Approximation & VariationalFit> {
  const { where } = plan;
  requireTarget(where, posterior);
  requireVariationalOptions(where, options, Object.keys(plan.own));
  const {
    iterations,
    minibatch,
    initial = plan.initial,
    starts = initial === 'map' ? 4 : 1,
    commonRandomNumbers = false,
    samplesPerIteration = commonRandomNumbers ? Math.max(64, 4 * posterior.dim) : plan.samplesPerIteration,
    learningRate = plan.learningRate,
    tolerance = 0.01,
    evaluationDraws = 1000,
    seed,
    signal,
    onProgress,
  } = options;
  if (commonRandomNumbers && samplesPerIteration < 2 * posterior.dim) {
    const least = `${2 * posterior.dim}: two for each coordinate`;
    throw argumentError(
      where,
      `samplesPerIteration is ${samplesPerIteration} with commonRandomNumbers, expected at least ${least}`,
    );
  }
  const random = randomSource(seed);
  const evaluate = evaluator(where, posterior, signal);
  const { patience } = plan;
  const ascentOptions = { iterations, samplesPerIteration, learningRate, commonRandomNumbers, tolerance, patience };
  const checkpoint =
    options.checkpoint &&
    (await runCheckpoint<SavedFit>(options.checkpoint, {
      where,
      name: 'variational',
      identity: {
        method: where,
        temperature: posterior.temperature,
        prior: posterior.prior && { mean: posterior.prior.mean, cholesky: posterior.prior.cholesky },
        seed: String(seed),
        options: { ...ascentOptions, starts, minibatch, initial, initialStd: options.initialStd, ...plan.own },
      },
      target: {
        ...{ target: posterior, seed, prior: posterior.prior, gradients: true },
        start: typeof initial === 'string' ? undefined : initial,
      },
      state: savedFit(posterior.dim),
      done: ({ runs }) => iterationsOf(runs),
    }));
  const saved = checkpoint?.saved;

  const runs: Run[] = [];
  const begin = (start: Start, state?: AscentState) => {
    const stream = runs.length === 0 ? random : random.fork(`start ${runs.length}`);
    const { family, parameters } = plan.begin(start);
    const gradientsAt =
      minibatch === undefined
        ? (points: readonly Vector[]) => evaluate.gradients(points)
        : minibatchGradients(where, posterior, evaluate, minibatch, stream);
    const ascent = elboAscent(family, gradientsAt, stream, ascentOptions, evaluate.breathe);
    const now = state ?? ascentState(parameters, learningRate);
    runs.push({ start, state: now, family, advance: () => ascent.advance(now) });
  };
  saved?.runs.forEach(({ start, state }, i) => {
    begin(start, state);
    requireSchema(where, `state.runs[${i}].state`, state, savedAscent(runs[i].family.size));
  });

  let chosen = saved?.chosen;
  const history = () => (runs.length > 0 ? runs[chosen ?? bestOf(runs)].state.history : []);
  const save = () =>
    checkpoint?.save({ chosen, runs: runs.map(({ start, state }) => ({ start, state })) }, iterationsOf(runs), {
      history: history(),
    });
  const race = starts > 1 ? raceLength(ascentOptions) : iterations;
  const report = progressReporter(onProgress, runs, () => (Math.max(starts, runs.length) - 1) * race + iterations);
  /** Advances a run until so many iterations are done. */
  const climb = async (run: Run, until: number) => {
    while (run.state.iteration < until && !hasEnded(run.state)) {
      await run.advance();
      report(run.state);
      if (checkpoint?.due(iterationsOf(runs))) await save();
    }
  };
  let raced = 0;
  /** The next run, of those that are there or from a new start if there is one, as far as the race goes. */
  const compete = async (find: () => Promise<Start | undefined>): Promise<Start | undefined> => {
    if (raced === runs.length) {
      const start = await find();
      if (!start) return undefined;
      begin(start);
    }
    const run = runs[raced++];
    if (chosen === undefined) await climb(run, race);
    return run.start;
  };
  try {
    for (let i = 0; i < starts; i++) {
      const start = await compete(() =>
        i === 0
          ? findStart(where, posterior, evaluate, initial)
          : randomStart(where, posterior, evaluate, random.fork(`start ${i}`)),
      );
      if (!start) break;
      const { origin } = start;
      if (origin && starts > 1) await compete(() => startAt(where, posterior, evaluate, origin));
    }
    chosen ??= bestOf(runs);
    const best = runs[chosen];
    await climb(best, iterations);
    await save();
    const { state, family } = best;
    if (!state.best) {
      throw argumentError(
        where,
        `the log density or its gradient is not finite at any of the ${samplesPerIteration} draws of ${state.setbacks} iterations, expected some`,
      );
    }
    const density = plan.density(family.at(state.best.parameters));
    const quality = await approximationQuality(where, density, evaluate, random.fork('evaluation'), evaluationDraws);
    report(best.state, true);
    return {
      ...density,
      ...quality,
      nonFinite: runs.reduce((sum, run) => sum + run.state.nonFinite, quality.nonFinite),
      strayDraws: state.strayDraws,
      setbacks: state.setbacks,
      history: state.history,
      converged: state.converged,
    };
  } catch (error) {
    if ((error as { code?: unknown } | undefined)?.code !== 'ABORTED') throw error;
    if (runs.length > 0) await save();
    throw Object.assign(error as Error, { history: history() });
  }
}

/** What a saved one looks like, but for the ascents, whose sizes are their families'. */
function savedFit(dim: number): Schema {
  const gaussian = objectOf({ mean: floats(dim), cholesky: floats(dim * dim) });
  const start = objectOf({ gaussian, widths: floats(dim), origin: optional(floats(dim)) });
  const fit = objectOf({
    runs: listOf(objectOf({ start, state: objectOf({ iteration: aCount }) })),
    chosen: optional(aCount),
  });
  return (saved, path) => {
    const problem = fit(saved, path);
    if (problem) return problem;
    const { runs, chosen = 0 } = saved as SavedFit;
    return chosen < runs.length ? undefined : `${path}.chosen is ${chosen}, expected less than the ${runs.length} runs`;
  };
}

function iterationsOf(runs: readonly Pick<Run, 'state'>[]): number {
  return runs.reduce((sum, { state }) => sum + state.iteration, 0);
}

/** Number of the run with the highest ELBO so far. */
function bestOf(runs: readonly Run[]): number {
  const height = ({ state }: Run) => state.best?.elbo ?? -Infinity;
  return runs.reduce((best, run, i) => (height(run) > height(runs[best]) ? i : best), 0);
}

/** Reports about ten times a second, and at the end. */
function progressReporter(
  onProgress: VariationalOptions['onProgress'],
  runs: readonly Run[],
  iterationsInAll: () => number,
): (state: AscentState, end?: boolean) => void {
  const started = performance.now();
  const first = iterationsOf(runs);
  let last = started;
  return (state, end = false) => {
    const now = performance.now();
    if (!onProgress || !(end || now - last > 100)) return;
    last = now;
    const iteration = iterationsOf(runs);
    const of = iterationsInAll();
    const { elbo, standardError } = state.history.at(-1) ?? { elbo: Number.NaN, standardError: Number.NaN };
    const secondsEach = (now - started) / 1000 / Math.max(1, iteration - first);
    const secondsLeft = end ? 0 : secondsEach * (of - iteration);
    onProgress({ iteration, of, elbo, standardError, learningRate: state.learningRate, secondsLeft });
  };
}
