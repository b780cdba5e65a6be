import { gaussianDraw, type LogDensity, type Posterior, type RandomSource, type Vector } from '@subspace/core';
import {
  aCount,
  aNumber,
  argumentError,
  batchedValues,
  floats,
  listOf,
  objectOf,
  type Schema,
} from '@subspace/core/internals';
import { bridge } from './bridge.ts';
import type { Drift } from './drift.ts';
import { joinReplicates, replicateBounds, replicateParts, resampleReplicates } from './replicates.ts';
import { type SmcPlan, WHERE } from './smc-plan.ts';
import { belowInfinity, moveParticles } from './stage-moves.ts';
import { effectiveSize, largestStep, logMeanExp } from './tempering.ts';
import type { Turn } from './turn.ts';

/** What a stage has to tell: also how far its moves have taken the mean log likelihood, and whether there is more to come. */
export interface SequentialMonteCarloStage extends Drift {
  /** β. */
  readonly exponent: number;
  /** Δβ/T, of this stage. */
  readonly step: number;
  /** log ∫ L^(β/T)·prior, by bridges between the stages so far. */
  readonly logEvidence: number;
  /** Effective size (Σw)²/Σw² by this stage's weights, before particles were resampled: of the places where they had been, as a share of `particles`. */
  readonly effectiveSize: number;
  /** Steps that each particle was moved by. */
  readonly moves: number;
}

/** Everything after a stage; random streams are made anew from the seed and the stage's number. */
export interface SmcState {
  /** Stages done. 0: draws of the prior. */
  readonly stage: number;
  /** Where each particle was in the last moves: [particles, places, K]. */
  readonly positions: Float64Array;
  /** There: [particles, places]. */
  readonly logLikelihoods: Float64Array;
  /** Of each replicate, up to the exponent of the last stage: unbiased estimates of Z, from what the stages began with. */
  readonly unbiased: Float64Array;
  /** The same, by bridges between one stage and the next: what `logEvidence` is made of. */
  readonly bridged: Float64Array;
  readonly stages: readonly SequentialMonteCarloStage[];
  readonly evaluations: number;
  readonly nonFinite: number;
}

/** What a saved one looks like. */
export function savedSmc({ particles, replicates }: { particles: number; replicates: number }, dim: number): Schema {
  const stage = objectOf({
    ...{ exponent: aNumber, step: aNumber, logEvidence: aNumber, effectiveSize: aNumber, moves: aCount },
    ...{ drift: aNumber, spread: aNumber, correlation: aNumber },
  });
  const members = objectOf({
    ...{ stage: aCount, evaluations: aCount, nonFinite: aCount, stages: listOf(stage) },
    ...{ positions: floats(), logLikelihoods: floats(), unbiased: floats(replicates), bridged: floats(replicates) },
  });
  return (value, path) => members(value, path) ?? savedPlaces(value as SmcState, path, particles, dim);
}

function savedPlaces(state: SmcState, path: string, particles: number, dim: number): string | undefined {
  const count = state.logLikelihoods.length;
  const places = count / particles;
  if (!Number.isInteger(places) || places === 0) {
    return `${path}.logLikelihoods has length ${count}, expected a multiple of ${particles}`;
  }
  return floats(count * dim)(state.positions, `${path}.positions`);
}

/** Stage 0. */
export async function drawPrior<L extends LogDensity, S, I>(
  { prior, logLikelihood }: Posterior<L>,
  { particles, replicates, signal }: SmcPlan<L, S, I>,
  random: RandomSource,
  turn: Turn,
): Promise<SmcState> {
  const positions: Vector[] = [];
  for (let i = 0; i < particles; i++) {
    positions.push(gaussianDraw(prior, random.fork(`particle ${i}`)));
    await turn();
  }
  const logLikelihoods = await batchedValues(WHERE, logLikelihood, positions, { signal });
  const nonFinite = logLikelihoods.filter(Number.isNaN).length;
  return {
    stage: 0,
    positions: packed(positions.map((position) => [position])),
    logLikelihoods: belowInfinity(logLikelihoods, positions),
    unbiased: new Float64Array(replicates),
    bridged: new Float64Array(replicates),
    stages: [],
    evaluations: particles,
    nonFinite,
  };
}

/** Reweights, resamples and moves. */
export async function nextStage<L extends LogDensity, S, I>(
  { prior, temperature, logLikelihood }: Posterior<L>,
  plan: SmcPlan<L, S, I>,
  state: SmcState,
  seedRandom: RandomSource,
  turn: Turn,
): Promise<SmcState> {
  const { particles, movesPerStage, maxMovesPerStage, effectiveShare, replicates, onProgress } = plan;
  const stage = state.stage + 1;
  const random = seedRandom.fork(`stage ${stage}`);
  const previous = state.stages.at(-1);
  const before = previous?.exponent ?? 0;
  const places = state.logLikelihoods.length / particles;
  const bounds = replicateBounds(particles, replicates);
  const own = replicateParts(state.logLikelihoods, replicates, particles);
  requireSomeFinite(own);
  // In units of 1/T, in which the weights are exp(step·ℓ).
  const step = await largestStep(state.logLikelihoods, effectiveShare, (1 - before) / temperature, turn);
  const exponent = Math.min(1, before + step * temperature);
  if (!(exponent > before)) {
    const spread = `the log likelihoods of the particles differ by up to ${range(state.logLikelihoods)}`;
    throw argumentError(WHERE, `the exponent can't grow from ${before}: ${spread}, expected less`);
  }
  const logWeights = state.logLikelihoods.map((value) => (value === -Infinity ? value : step * value));
  const weightsOfReplicates = replicateParts(logWeights, replicates, particles);
  const unbiased = state.unbiased.map((sum, b) => sum + logMeanExp(weightsOfReplicates[b]));
  const picks =
    exponent === 1
      ? joinReplicates(weightsOfReplicates, state.unbiased, particles, random.fork('resampling'))
      : resampleReplicates(weightsOfReplicates, bounds, random);
  await turn();
  const dim = prior.mean.length;
  const forward = logMeanExp(unbiased);
  const moved = await moveParticles(
    {
      prior,
      logLikelihood,
      power: exponent / temperature,
      positions: Array.from(picks, (pick) => state.positions.slice(pick * dim, (pick + 1) * dim)),
      logLikelihoods: Float64Array.from(picks, (pick) => state.logLikelihoods[pick]),
      // Stages that follow each other need about as many: half of the last one's are enough to begin with.
      moves: Math.min(maxMovesPerStage, Math.max(movesPerStage, Math.ceil((previous?.moves ?? 0) / 2))),
      seed: `${plan.seed}, stage ${stage}`,
    },
    plan,
    turn,
    onProgress &&
      (({ moves, evaluations }) =>
        onProgress({ stage, exponent, moves, logEvidence: forward, evaluations: state.evaluations + evaluations })),
  );
  const bridged = new Float64Array(replicates);
  const after = replicateParts(moved.logLikelihoods, replicates, particles);
  for (let b = 0; b < replicates; b++) bridged[b] = state.bridged[b] + (await bridge(own[b], after[b], step, turn));
  const increment = await bridge(state.logLikelihoods, moved.logLikelihoods, step, turn);
  const { moves, drift, spread, correlation } = moved;
  return {
    stage,
    positions: packed(moved.places),
    logLikelihoods: moved.logLikelihoods,
    unbiased,
    bridged,
    stages: [
      ...state.stages,
      {
        exponent,
        step,
        logEvidence: (previous?.logEvidence ?? 0) + increment,
        effectiveSize: effectiveSize(state.logLikelihoods, step) / places,
        ...{ moves, drift, spread, correlation },
      },
    ],
    evaluations: state.evaluations + moved.evaluations,
    nonFinite: state.nonFinite + moved.nonFinite,
  };
}

function requireSomeFinite(logLikelihoods: readonly Float64Array[]): void {
  logLikelihoods.forEach((own, b) => {
    if (own.some((value) => value > -Infinity)) return;
    const nowhere = `the log likelihood is -Infinity or NaN at all ${own.length} particles of replicate ${b + 1}`;
    throw argumentError(WHERE, `${nowhere}, expected a finite one; use more particles, or fewer replicates`);
  });
}

function packed(places: readonly (readonly Vector[])[]): Float64Array {
  const dim = places[0][0].length;
  const flat = new Float64Array(places.length * places[0].length * dim);
  let at = 0;
  for (const visited of places) {
    for (const position of visited) {
      flat.set(position, at);
      at += dim;
    }
  }
  return flat;
}

/** Where the particles are: the last of their places. */
export function lastPositions({ positions, logLikelihoods }: SmcState, particles: number): readonly Vector[] {
  const places = logLikelihoods.length / particles;
  const dim = positions.length / logLikelihoods.length;
  return Array.from({ length: particles }, (_, i) => {
    const end = (i + 1) * places * dim;
    return positions.slice(end - dim, end);
  });
}

function range(values: Float64Array): number {
  const finite = values.filter(Number.isFinite);
  return finite.reduce((a, b) => Math.max(a, b), -Infinity) - finite.reduce((a, b) => Math.min(a, b), Infinity);
}
