import {
  gaussianDraw,
  type LogDensity,
  type Posterior,
  posterior as posteriorOf,
  type RandomSource,
  sample,
  type Vector,
} from '@subspace/core';
import {
  aCount,
  aNumber,
  argumentError,
  batchedValues,
  floats,
  listOf,
  meanAndCovariance,
  objectOf,
  type Schema,
} from '@subspace/core/internals';
import { type Drift, driftOf, remainingDrift } from './drift.ts';
import { rememberedLikelihood } from './remembered-likelihood.ts';
import { joinReplicates, replicateBounds, resampleReplicates } from './replicates.ts';
import { moveOf, type SmcPlan, WHERE } from './smc-plan.ts';
import { effectiveSize, largestStep, logMeanExp } from './tempering.ts';
import type { Turn } from './turn.ts';

/** The mean drift is judged by so many parts of the particles at least. */
const DRIFT_PARTS = 8;

/** Moves have done enough when what is left of the drift is below this share of its standard error. */
const ENOUGH = 0.25;

/** What a stage has to tell: also how far its moves have taken the mean log likelihood, and whether there is more to come. */
export interface SequentialMonteCarloStage extends Drift {
  /** β. */
  readonly exponent: number;
  /** Δβ/T, of this stage. */
  readonly step: number;
  /** log ∫ L^(β/T)·prior. */
  readonly logEvidence: number;
  /** Effective size (Σw)²/Σw² of all particles by this stage's weights, before they were resampled. */
  readonly effectiveSize: number;
  /** Steps that each particle was moved by. */
  readonly moves: number;
}

/** Everything after a stage; random streams are made anew from the seed and the stage's number. */
export interface SmcState {
  /** Stages done. 0: draws of the prior. */
  readonly stage: number;
  /** [particles, K] */
  readonly positions: Float64Array;
  readonly logLikelihoods: Float64Array;
  /** Of each replicate, up to the exponent of the last stage. */
  readonly logEvidences: Float64Array;
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
  return objectOf({
    ...{ stage: aCount, evaluations: aCount, nonFinite: aCount, stages: listOf(stage) },
    positions: floats(particles * dim),
    logLikelihoods: floats(particles),
    logEvidences: floats(replicates),
  });
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
    positions: packed(positions),
    logLikelihoods: belowInfinity(logLikelihoods, positions),
    logEvidences: new Float64Array(replicates),
    stages: [],
    evaluations: particles,
    nonFinite,
  };
}

/** Reweights, resamples and moves. */
export async function nextStage<L extends LogDensity, S, I>(
  posterior: Posterior<L>,
  plan: SmcPlan<L, S, I>,
  state: SmcState,
  seedRandom: RandomSource,
  turn: Turn,
): Promise<SmcState> {
  const { particles, movesPerStage, maxMovesPerStage, effectiveShare, replicates, signal, onProgress } = plan;
  const { prior, temperature, logLikelihood } = posterior;
  const stage = state.stage + 1;
  const random = seedRandom.fork(`stage ${stage}`);
  const before = state.stages.at(-1)?.exponent ?? 0;
  const bounds = replicateBounds(particles, replicates);
  requireSomeFinite(state.logLikelihoods, bounds);
  // In units of 1/T, in which the weights are exp(step·ℓ).
  const step = await largestStep(state.logLikelihoods, effectiveShare, (1 - before) / temperature, turn);
  const exponent = Math.min(1, before + step * temperature);
  const last = exponent === 1;
  if (!(exponent > before)) {
    const spread = `the log likelihoods of the particles differ by up to ${range(state.logLikelihoods)}`;
    throw argumentError(WHERE, `the exponent can't grow from ${before}: ${spread}, expected less`);
  }
  const logWeights = state.logLikelihoods.map((value) => (value === -Infinity ? value : step * value));
  const logEvidences = state.logEvidences.map((sum, b) => sum + logMeanExp(logWeights.slice(bounds[b], bounds[b + 1])));
  const picks = last
    ? joinReplicates(logWeights, state.logEvidences, bounds, random.fork('resampling'))
    : resampleReplicates(logWeights, bounds, random);
  await turn();
  const all = unpacked(state.positions, particles);
  const starts = Array.from(picks, (pick) => all[pick]);
  const startValues = Float64Array.from(picks, (pick) => state.logLikelihoods[pick]);

  await turn();
  const remembered = rememberedLikelihood(logLikelihood, starts, startValues);
  await turn();
  const tempered = posteriorOf({
    logLikelihood: remembered.likelihood,
    prior,
    temperature: temperature / exponent,
  });
  const logEvidence = logMeanExp(logEvidences);
  const evaluations = () => state.evaluations + remembered.evaluations();
  await turn();
  const algorithm = moveOf(plan, tempered, meanAndCovariance(starts));
  const parts = replicateBounds(particles, Math.min(particles, Math.max(DRIFT_PARTS, replicates)));
  let positions: readonly Vector[] = starts;
  let logLikelihoods: Float64Array = startValues;
  let moves = 0;
  let drift: Drift;
  // Stages that follow each other need about as many: half of the last one's are enough to begin with.
  const first = Math.min(maxMovesPerStage, Math.max(movesPerStage, Math.ceil((state.stages.at(-1)?.moves ?? 0) / 2)));
  for (;;) {
    const before = moves;
    const more = moves === 0 ? first : Math.min(moves, maxMovesPerStage - moves);
    const moved = await sample(algorithm, {
      draws: 1,
      warmup: 0,
      thin: more,
      chains: particles,
      initial: positions,
      seed: `${plan.seed}, stage ${stage}, move ${moves}`,
      signal,
      ...(onProgress && {
        onProgress: ({ chains, secondsLeft }) => {
          const done = chains.reduce((sum, chain) => sum + chain.step, before * particles);
          const progress = { done, of: particles * (before + more), secondsLeft };
          onProgress({ stage, exponent, moves: progress, logEvidence, evaluations: evaluations() });
        },
      }),
    });
    positions = moved.positions.map(([position]) => position);
    moves += more;
    await turn();
    // Samplers have asked for the value where they end up; one that may do without gets it now.
    const unknown = positions.filter((position) => remembered.recall(position) === undefined);
    await batchedValues(WHERE, remembered.likelihood, unknown, { signal });
    logLikelihoods = belowInfinity(
      Float64Array.from(positions, (position) => remembered.recall(position)!),
      positions,
    );
    await turn();
    drift = await driftOf(startValues, logLikelihoods, parts, turn);
    // Where no value has changed, there is no drift to see.
    const seen = drift.correlation < 1;
    if (moves === maxMovesPerStage || (seen && remainingDrift(drift) <= ENOUGH * drift.spread)) break;
  }
  return {
    stage,
    positions: packed(positions),
    logLikelihoods,
    logEvidences,
    stages: [
      ...state.stages,
      {
        exponent,
        logEvidence,
        effectiveSize: effectiveSize(state.logLikelihoods, step),
        step,
        moves,
        ...drift,
      },
    ],
    evaluations: evaluations(),
    nonFinite: state.nonFinite + remembered.nonFinite(),
  };
}

function requireSomeFinite(logLikelihoods: Float64Array, bounds: readonly number[]): void {
  for (let b = 0; b + 1 < bounds.length; b++) {
    if (logLikelihoods.subarray(bounds[b], bounds[b + 1]).some((value) => value > -Infinity)) continue;
    const nowhere = `the log likelihood is -Infinity or NaN at all ${bounds[b + 1] - bounds[b]} particles of replicate ${b + 1}`;
    throw argumentError(WHERE, `${nowhere}, expected a finite one; use more particles, or fewer replicates`);
  }
}

/** NaN is −∞; an infinite likelihood has no posterior. */
function belowInfinity(values: Float64Array, positions: readonly Vector[]): Float64Array {
  return values.map((value, i) => {
    if (value === Infinity) {
      throw argumentError(WHERE, `the log likelihood is Infinity at [${positions[i].join(', ')}], expected less`);
    }
    return Number.isNaN(value) ? -Infinity : value;
  });
}

function packed(positions: readonly Vector[]): Float64Array {
  const dim = positions[0].length;
  const flat = new Float64Array(positions.length * dim);
  positions.forEach((position, i) => {
    flat.set(position, i * dim);
  });
  return flat;
}

export function unpacked(flat: Float64Array, count: number): readonly Vector[] {
  const dim = flat.length / count;
  return Array.from({ length: count }, (_, i) => flat.slice(i * dim, (i + 1) * dim));
}

function range(values: Float64Array): number {
  const finite = values.filter(Number.isFinite);
  return finite.reduce((a, b) => Math.max(a, b), -Infinity) - finite.reduce((a, b) => Math.min(a, b), Infinity);
}
