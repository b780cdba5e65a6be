import {
  type CoordinateSampler,
  drawsFrom,
  gaussianCovariance,
  type LogDensity,
  type Posterior,
  randomSource,
  type Vector,
} from '@subspace/core';
import { abortError, argumentError, runCheckpoint } from '@subspace/core/internals';
import { remainingShare } from './drift.ts';
import { moveOf, requireTarget, type SequentialMonteCarloOptions, type SmcPlan, smcPlan, WHERE } from './smc-plan.ts';
import {
  drawPrior,
  lastPositions,
  nextStage,
  type SequentialMonteCarloStage,
  type SmcState,
  savedSmc,
} from './smc-stage.ts';
import { lastOfEach } from './stage-moves.ts';
import { meanStandardError } from './tempering.ts';
import { turns } from './turn.ts';

/** Equally weighted particles from the posterior, and its evidence. */
export interface SequentialMonteCarloResult extends CoordinateSampler {
  readonly size: number;
  /** [particles], each [K]. */
  readonly positions: readonly Vector[];
  /** Untempered log likelihood of each particle, in nats. */
  readonly logLikelihoods: Float64Array;
  /** log Z, Z = ∫ L(z)^(1/T)·prior(z) dz, all constants included. */
  readonly logEvidence: number;
  /** Of `logEvidence`: by the spread of the replicates' own, and by what is left of the stages' drifts, which they have in common. */
  readonly logEvidenceStandardError: number;
  readonly stages: readonly SequentialMonteCarloStage[];
  readonly evaluations: number;
  /** How many evaluations were NaN, and taken for −∞ (in the moves: for what the algorithm takes them). */
  readonly nonFinite: number;
}

/**
 * Sequential Monte Carlo from the prior to the posterior, through likelihoods raised to growing exponents: for several modes, and for the evidence.
 *
 * Particles start as draws of the prior. Each stage raises the exponent β of L^(β/T) as far as the effective size of the weights
 * wᵢ = L(zᵢ)^(Δβ/T) allows, resamples by w (systematic, unbiased), and moves each particle by steps of an algorithm that leaves the stage's posterior
 * invariant, as many as the drift of the mean log likelihood by them asks for. Where the particles have been in the second half of these moves is what the next stage
 * weights and resamples. log Z is the sum over stages of Bennett's acceptance ratio between the places of one and of the next.
 *
 * The particles are divided into `replicates` that share the exponents, the number of moves and the cloud that they are tuned by, and nothing else: the spread of their
 * evidences is the standard error, with what is left of the drifts. The last resampling joins them, each by its unbiased estimate of Z: the product over stages of mean w.
 *
 * All particles' open requests are evaluated in one batch, and a value is never computed twice. Draws of the prior with log likelihood NaN or −∞ get
 * weight zero.
 *
 * @param posterior prior N(μ, Σ) over z [K], untempered log likelihood in nats (summed over the data), and temperature T
 * @returns particles, all of the same weight; `sample` thins them evenly
 * @throws on invalid options; if the log likelihood is +∞ somewhere, or nowhere above −∞ in a replicate; after a thousand stages; what the move throws; when cancelled, an error
 * with `code: 'ABORTED'` and the `stages` so far; when resumed with another target, move, option or seed, naming the difference; on a damaged
 * checkpoint; when the store fails, with `code: 'STORAGE'` and the `stages`
 * @see Del Moral, Doucet & Jasra (2006), "Sequential Monte Carlo samplers", Section 3.3; Jasra, Stephens, Doucet & Tsagaris (2011) for the exponents; Dau & Chopin (2022),
 * "Waste-free sequential Monte Carlo", for the places; Bennett (1976) for the ratios
 * @example
 * ```ts
 * import { logDensity, posterior } from '@subspace/core';
 * import { ellipticalSlice } from '@subspace/ess';
 * import { sequentialMonteCarlo } from '@subspace/smc';
 *
 * // One observation 2 ± 1 of z, and a prior 0 ± 1: the posterior is N(1, ½), the evidence N(2 | 0, 2).
 * const logLikelihood = logDensity(1, (z) => -0.5 * (z[0] - 2) ** 2 - 0.5 * Math.log(2 * Math.PI));
 * const target = posterior({ logLikelihood, priorStd: 1 });
 * const smc = await sequentialMonteCarlo(target, { particles: 500, move: ellipticalSlice, seed: 1 });
 * smc.logEvidence; // −2.265…, ± smc.logEvidenceStandardError
 * smc.positions.length; // 500
 * ```
 */
export async function sequentialMonteCarlo<L extends LogDensity, S, I>(
  posterior: Posterior<L>,
  options: SequentialMonteCarloOptions<L, S, I>,
): Promise<SequentialMonteCarloResult> {
  requireTarget(posterior);
  const plan = smcPlan(options);
  const { particles, seed, signal } = plan;
  const { prior, logLikelihood } = posterior;
  const random = randomSource(seed);
  if (signal?.aborted) throw abortError(WHERE, signal, { stages: [] });

  const checkpoint =
    plan.checkpoint &&
    (await runCheckpoint<SmcState>(plan.checkpoint, {
      where: WHERE,
      name: 'smc',
      identity: identity(posterior, plan),
      target: { target: logLikelihood, seed, prior, gradients: false },
      state: savedSmc(plan, prior.mean.length),
      done: ({ stage }) => stage,
    }));
  const saved = checkpoint?.saved;
  let state = saved;
  let savedStage = saved?.stage;
  const save = async () => {
    if (!checkpoint || !state || savedStage === state.stage) return;
    await checkpoint.save(state, state.stage, { stages: state.stages });
    savedStage = state.stage;
  };
  const turn = turns(signal);
  try {
    state ??= await drawPrior(posterior, plan, random, turn);
    while (state.stages.at(-1)?.exponent !== 1) {
      await turn();
      requireProgress(state);
      state = await nextStage(posterior, plan, state, random, turn);
      if (checkpoint?.due(state.stage)) await save();
    }
  } catch (error) {
    if ((error as { code?: unknown } | undefined)?.code !== 'ABORTED') throw error;
    await save();
    const kept = { stages: state?.stages ?? [] };
    // Workers have a signal of their own.
    throw signal?.aborted ? abortError(WHERE, signal, kept) : Object.assign(error as Error, kept);
  }
  await save();

  const { stages, evaluations, nonFinite } = state;
  const { logEvidence } = stages[stages.length - 1];
  const done = particles * stages[stages.length - 1].moves;
  const moves = { done, of: done, secondsLeft: 0 };
  plan.onProgress?.({ stage: state.stage, exponent: 1, moves, logEvidence, evaluations });
  const positions = lastPositions(state, particles);
  const { dim, size, sample: thinned } = drawsFrom([positions]);
  return {
    dim,
    size,
    positions,
    logLikelihoods: lastOfEach(state.logLikelihoods, particles),
    logEvidence,
    logEvidenceStandardError: Math.hypot(meanStandardError(state.bridged), lostByDrift(stages)),
    stages,
    evaluations,
    nonFinite,
    sample: thinned,
  };
}

/** A run of a thousand stages is one that does not get on. */
const MOST_STAGES = 1000;

function requireProgress({ stage, stages }: SmcState): void {
  if (stage < MOST_STAGES) return;
  const reached = `the exponent is ${stages[stage - 1].exponent} after ${stage} stages`;
  throw argumentError(
    WHERE,
    `${reached}, expected 1; the moves don't follow the likelihood: take steps from the cloud`,
  );
}

/** What is left of a stage's drift is missing in the mean log likelihood that the next stage's step multiplies. */
function lostByDrift(stages: readonly SequentialMonteCarloStage[]): number {
  return stages
    .slice(1)
    .reduce((sum, { step }, i) => sum + step * stages[i].drift * remainingShare(stages[i].correlation), 0);
}

/** What a checkpoint must have been made with. */
function identity<L extends LogDensity, S, I>(posterior: Posterior<L>, plan: SmcPlan<L, S, I>): object {
  const { particles, movesPerStage, maxMovesPerStage, effectiveShare, replicates, seed } = plan;
  const { prior, temperature } = posterior;
  const { name, options } = moveOf(plan, posterior, {
    mean: prior.mean.slice(),
    covariance: gaussianCovariance(prior),
  });
  return {
    prior: { mean: prior.mean, cholesky: prior.cholesky },
    temperature,
    particles,
    movesPerStage,
    maxMovesPerStage,
    effectiveShare,
    replicates,
    seed: String(seed),
    move: { name, options },
  };
}
