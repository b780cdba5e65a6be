import {
  type Gaussian,
  type LogDensity,
  type Posterior,
  posterior as posteriorOf,
  sample,
  type Vector,
} from '@subspace/core';
import { argumentError, batchedValues, meanAndCovariance } from '@subspace/core/internals';
import { type Drift, driftOf, remainingDrift } from './drift.ts';
import { rememberedLikelihood } from './remembered-likelihood.ts';
import { replicateBounds } from './replicates.ts';
import { moveOf, type SmcPlan, WHERE } from './smc-plan.ts';
import type { Turn } from './turn.ts';

/** The mean drift is judged by so many parts of the particles at least. */
const DRIFT_PARTS = 8;

/** Moves have done enough when what is left of the drift is below this share of its standard error. */
const ENOUGH = 0.25;

/** So many places are kept at most, of all particles together: one of each at least. */
const MOST_PLACES = 1_000_000;

/** Where the moves of a stage start from. */
export interface StageStart<L extends LogDensity> {
  readonly prior: Gaussian;
  readonly logLikelihood: L;
  /** Of the likelihood: β/T. */
  readonly power: number;
  readonly positions: readonly Vector[];
  readonly logLikelihoods: Float64Array;
  /** Moves to begin with. */
  readonly moves: number;
  readonly seed: string;
}

export interface StageMoves extends Drift {
  /** Where each particle has been in the last round of moves: [particles][places], each [K]. */
  readonly places: readonly (readonly Vector[])[];
  /** There: [particles, places]. */
  readonly logLikelihoods: Float64Array;
  /** Steps of each particle, in all rounds. */
  readonly moves: number;
  readonly evaluations: number;
  readonly nonFinite: number;
}

/** How far the moves of a stage have come. */
export interface MovesProgress {
  readonly moves: { readonly done: number; readonly of: number; readonly secondsLeft: number };
  readonly evaluations: number;
}

/**
 * Moves particles in rounds, each of as many moves as all before it, until nearly nothing is left of the drift of their mean log likelihood. The
 * particles have the stage's density at every place of a round: all of them count.
 */
export async function moveParticles<L extends LogDensity, S, I>(
  { prior, logLikelihood, power, positions, logLikelihoods: startValues, moves: first, seed }: StageStart<L>,
  plan: SmcPlan<L, S, I>,
  turn: Turn,
  onProgress?: (progress: MovesProgress) => void,
): Promise<StageMoves> {
  const { particles, maxMovesPerStage, replicates, signal } = plan;
  const parts = replicateBounds(particles, Math.min(particles, Math.max(DRIFT_PARTS, replicates)));
  const cloud = meanAndCovariance(positions);
  const mostAtOnce = Math.ceil(MOST_PLACES / particles);
  let [current, values] = [positions, startValues];
  let [moves, evaluations, nonFinite] = [0, 0, 0];
  for (;;) {
    const [before, evaluatedBefore] = [moves, evaluations];
    const round = Math.min(moves || first, maxMovesPerStage - moves, mostAtOnce);
    const remembered = rememberedLikelihood(logLikelihood, current, values);
    await turn();
    const tempered: Posterior<L> = posteriorOf({
      logLikelihood: remembered.likelihood,
      prior,
      temperature: 1 / power,
    });
    const moved = await sample(moveOf(plan, tempered, cloud), {
      draws: round,
      warmup: 0,
      chains: particles,
      initial: current,
      seed: `${seed}, move ${moves}`,
      signal,
      ...(onProgress && {
        onProgress: ({ chains, secondsLeft }) => {
          const done = chains.reduce((sum, chain) => sum + chain.step, before * particles);
          onProgress({
            moves: { done, of: particles * (before + round), secondsLeft },
            evaluations: evaluatedBefore + remembered.evaluations(),
          });
        },
      }),
    });
    moves += round;
    // The first half of all moves is for the particles to settle.
    const settled = before === 0 ? Math.floor(round / 2) : 0;
    const places = moved.positions.map((visited) => visited.slice(settled));
    const count = round - settled;
    await turn();
    // Samplers have asked for the values where they are; one that may do without gets them now.
    const unknown: Vector[] = [];
    for (const visited of places) {
      unknown.push(...visited.filter((position) => remembered.recall(position) === undefined));
      await turn();
    }
    await batchedValues(WHERE, remembered.likelihood, unknown, { signal });
    const logLikelihoods = new Float64Array(particles * count);
    for (const [i, visited] of places.entries()) {
      const found = Float64Array.from(visited, (position) => remembered.recall(position)!);
      logLikelihoods.set(belowInfinity(found, visited), i * count);
      await turn();
    }
    evaluations += remembered.evaluations();
    nonFinite += remembered.nonFinite();
    current = places.map((visited) => visited[count - 1]);
    values = lastOfEach(logLikelihoods, particles);
    const drift = await driftOf(startValues, values, parts, turn);
    // Where no value has changed, there is no drift to see.
    const enough = drift.correlation < 1 && remainingDrift(drift) <= ENOUGH * drift.spread;
    if (enough || moves === maxMovesPerStage)
      return { places, logLikelihoods, moves, evaluations, nonFinite, ...drift };
  }
}

/** Of the values at all places of each particle, [particles, places], the last. */
export function lastOfEach(values: Float64Array, particles: number): Float64Array {
  const places = values.length / particles;
  return Float64Array.from({ length: particles }, (_, i) => values[(i + 1) * places - 1]);
}

/** NaN is −∞; an infinite likelihood has no posterior. */
export function belowInfinity(values: Float64Array, positions: readonly Vector[]): Float64Array {
  return values.map((value, i) => {
    if (value === Infinity) {
      throw argumentError(WHERE, `the log likelihood is Infinity at [${positions[i].join(', ')}], expected less`);
    }
    return Number.isNaN(value) ? -Infinity : value;
  });
}
