import type { Evaluation, RandomSource, Vector } from '@subspace/core';
import { aCount, aFlag, aNumber, floats, listOf, objectOf, optional, type Schema } from '@subspace/core/internals';
import { type AdamState, adamState, adamStep } from './adam.ts';
import { pairedDraws, standardizedDraws } from './base-draws.ts';
import type { Family, FamilyDraw } from './family.ts';
import { leastRatio, median, norm, STRAY_SLOPE } from './stray-draws.ts';

/** The ELBO over a stretch of iterations. */
export interface ElboRecord {
  /** Iterations done at its end. */
  readonly iteration: number;
  /** Mean of the iterations' estimates, in nats. */
  readonly elbo: number;
  /**
   * Standard error of `elbo`, from the differences of successive estimates, so that a rise within the stretch does not count as noise. ∞ where all is
   * one iteration.
   */
  readonly standardError: number;
  readonly learningRate: number;
}

/** Everything that the next iteration needs; plain data. */
export interface AscentState {
  iteration: number;
  parameters: Vector;
  adam: AdamState;
  learningRate: number;
  /** Where the middle of the approximation, g(0), was when the stretch began. */
  reference: Vector;
  /** Estimates and summed parameters of the stretch that is under way. */
  estimates: number[];
  sum: Vector;
  /** Averaged parameters of the best stretch, and its ELBO. */
  best: { parameters: Vector; elbo: number; standardError: number } | undefined;
  history: ElboRecord[];
  converged: boolean;
  /** Draws whose log density or gradient was not finite, left out of the gradient. */
  nonFinite: number;
  /** Draws that were so far from the others that they were clipped. */
  strayDraws: number;
  /** Parameters of the first iteration. */
  readonly origin: Vector;
  /** How often the fit went back because nothing was finite, and how often since the last stretch. */
  setbacks: number;
  setbacksInRow: number;
}

export interface AscentOptions {
  readonly iterations: number;
  readonly samplesPerIteration: number;
  readonly learningRate: number;
  readonly commonRandomNumbers: boolean;
  readonly tolerance: number;
  /** Iterations of the first stretches, at most. */
  readonly patience: number;
}

/** Halvings of the learning rate after which a fit has converged. */
const HALVINGS = 4;

/** Setbacks without a stretch between them after which a fit is given up. */
const SETBACKS = 10;

export function ascentState(parameters: Vector, learningRate: number): AscentState {
  return {
    iteration: 0,
    parameters: parameters.slice(),
    adam: adamState(parameters.length),
    learningRate,
    reference: new Float64Array(0),
    estimates: [],
    sum: new Float64Array(parameters.length),
    best: undefined,
    history: [],
    converged: false,
    nonFinite: 0,
    strayDraws: 0,
    origin: parameters.slice(),
    setbacks: 0,
    setbacksInRow: 0,
  };
}

/** Whether there is nothing more to be done. */
export function hasEnded({ converged, setbacksInRow }: AscentState): boolean {
  return converged || setbacksInRow >= SETBACKS;
}

/**
 * Stochastic gradient ascent of the ELBO, one iteration at a time.
 *
 * Iterations come in stretches, each judged by the mean of its estimates and represented by the average of its parameters. A stretch that is not better
 * than the best so far, beyond the noise of both, halves the learning rate and goes back to the better average. Stretches get longer as the rate gets
 * smaller, and a fit has converged when the rate is below a sixteenth of what it was.
 *
 * A draw far from the others is clipped, and an iteration of which nothing is finite sends the fit back to the best average (or where it began), at half the
 * rate.
 */
export function elboAscent(
  family: Family,
  gradientsAt: (points: readonly Vector[], state: AscentState) => Promise<readonly Evaluation[]>,
  random: RandomSource,
  options: AscentOptions,
  breathe: () => Promise<void>,
): { advance(state: AscentState): Promise<void> } {
  const { iterations, samplesPerIteration, learningRate, commonRandomNumbers, tolerance } = options;
  const shortest = shortestStretch(options);
  const { dim } = family;
  const common = commonRandomNumbers ? standardizedDraws(random.fork('draws'), dim, samplesPerIteration) : undefined;

  return {
    async advance(state) {
      const member = family.at(state.parameters);
      if (state.estimates.length === 0) state.reference = member.draw(new Float64Array(dim)).point;
      const bases = common ?? pairedDraws(random.fork(`draws ${state.iteration}`), dim, samplesPerIteration);
      const drawn: FamilyDraw[] = [];
      for (const base of bases) {
        drawn.push(member.draw(base));
        await breathe();
      }
      const answers = await gradientsAt(
        drawn.map(({ point }) => point),
        state,
      );
      const finite = drawn.flatMap((draw, i) => {
        const { value, gradient: slope } = answers[i];
        return Number.isFinite(value) && slope.every(Number.isFinite)
          ? [{ draw, slope, ratio: value - draw.logDensity }]
          : [];
      });
      const least = leastRatio(finite.map(({ ratio }) => ratio));
      const steepest = STRAY_SLOPE * median(finite.map(({ slope }) => norm(slope)));
      const gradient = new Float64Array(family.size);
      let sum = 0;
      let stray = 0;
      for (const { draw, slope, ratio } of finite) {
        const steepness = norm(slope);
        const clips = steepness > steepest;
        if (clips || ratio < least) stray++;
        sum += Math.max(ratio, least);
        draw.addGradient(clips ? slope.map((g) => (steepest / steepness) * g) : slope, gradient);
        await breathe();
      }
      state.iteration++;
      state.nonFinite += drawn.length - finite.length;
      state.strayDraws += stray;
      // Of no draws, 0/0.
      const estimate = sum / finite.length;
      for (let i = 0; i < gradient.length; i++) gradient[i] /= finite.length;
      if (!Number.isFinite(estimate) || !gradient.every(Number.isFinite)) {
        goBack(state);
        return;
      }
      for (let i = 0; i < gradient.length; i++) state.sum[i] += state.parameters[i];
      state.estimates.push(estimate);
      adamStep(state.parameters, gradient, state.learningRate, state.adam);
      const stretch = (shortest * learningRate) / state.learningRate;
      const left = iterations - state.iteration;
      // Too few that are left to be judged by themselves belong to this stretch.
      if (left === 0 || (state.estimates.length >= stretch && left >= shortest)) endStretch(state);
    },
  };

  function goBack(state: AscentState): void {
    state.parameters = (state.best?.parameters ?? state.origin).slice();
    state.adam = adamState(family.size);
    state.learningRate /= 2;
    state.setbacks++;
    state.setbacksInRow++;
    state.estimates = [];
    state.sum.fill(0);
  }

  function endStretch(state: AscentState): void {
    const { estimates } = state;
    state.setbacksInRow = 0;
    const mean = estimates.reduce((sum, x) => sum + x, 0) / estimates.length;
    const jumps = estimates.slice(1).map((x, t) => x - estimates[t]);
    const squares = jumps.reduce((sum, jump) => sum + jump * jump, 0);
    const differences = estimates.length - 1;
    const standardError = differences > 0 ? Math.sqrt(squares / (2 * differences * estimates.length)) : Infinity;
    const average = state.sum.map((sum) => sum / estimates.length);
    state.history.push({ iteration: state.iteration, elbo: mean, standardError, learningRate: state.learningRate });
    const { best } = state;
    const gain = best ? mean - best.elbo : Infinity;
    const noise = best ? Math.hypot(standardError, best.standardError) : 0;
    // As good as the best but for noise is better: the first of many equals that seems best was lucky, and later iterates are steadier ones.
    if (!best || gain >= -2 * best.standardError - tolerance) {
      state.best = { parameters: average, elbo: mean, standardError };
    }
    if (!(gain > Math.max(tolerance, noise))) {
      state.parameters = state.best!.parameters.slice();
      state.learningRate /= 2;
      state.converged = state.learningRate < learningRate / 2 ** HALVINGS;
    }
    state.estimates = [];
    state.sum.fill(0);
  }
}

/** Iterations of a stretch at the initial rate: a fortieth of all, within bounds. */
function shortestStretch({ iterations, patience }: AscentOptions): number {
  return Math.max(20, Math.min(patience, Math.ceil(iterations / 40)));
}

/** Iterations after which fits from several starts can be compared. */
export function raceLength(options: AscentOptions): number {
  return Math.min(options.iterations, 4 * shortestStretch(options));
}

/** What a saved state looks like, of so many parameters of a family over K coordinates. */
export function savedAscent(parameters: number): Schema {
  const record = { elbo: aNumber, standardError: aNumber };
  const best = objectOf({ parameters: floats(parameters), ...record });
  const members = objectOf({
    ...{ iteration: aCount, learningRate: aNumber, nonFinite: aCount, strayDraws: aCount },
    ...{ converged: aFlag, setbacks: aCount, setbacksInRow: aCount },
    ...{ parameters: floats(parameters), sum: floats(parameters), origin: floats(parameters) },
    adam: objectOf({ first: floats(parameters), second: floats(parameters), steps: aCount }),
    reference: floats(),
    estimates: listOf(aNumber),
    history: listOf(objectOf({ iteration: aCount, learningRate: aNumber, ...record })),
  });
  return (saved, path) => {
    const problem = members(saved, path);
    if (problem) return problem;
    // Between stretches there is a best one.
    const { estimates, best: found } = saved as AscentState;
    return estimates.length === 0 && (saved as AscentState).iteration > 0
      ? best(found, `${path}.best`)
      : optional(best)(found, `${path}.best`);
  };
}
