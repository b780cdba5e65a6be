import type { CancelSignal, CheckpointOptions, LogDensity, Posterior, SamplingAlgorithm } from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireGaussian,
  requireKnownOptions,
  requireOptions,
  requirePositive,
  requireSeed,
} from '@subspace/core/internals';
import type { ParticleCloud } from './particle-cloud.ts';

/** For errors: what the user called. */
export const WHERE = 'sequentialMonteCarlo';

export interface SequentialMonteCarloOptions<L extends LogDensity = LogDensity, S = unknown, I = unknown> {
  /** Particles in all replicates together. */
  readonly particles: number;
  /**
   * The algorithm that moves the particles of a stage, made for that stage's posterior p(z) ∝ L(z)^(β/T)·prior. The cloud is what a step size or a
   * mass matrix can be taken from. Begin with `(tempered, cloud) => ellipticalSlice(cloudPosterior(tempered, cloud))`.
   */
  readonly move: (tempered: Posterior<L>, cloud: ParticleCloud) => SamplingAlgorithm<S, I>;
  /** Steps of each particle at each stage at least: they are doubled until they have made up for nearly all of the drift of the mean log likelihood. Default 2. */
  readonly movesPerStage?: number;
  /** Steps of each particle at each stage at most; where more are wanted, `diagnose` says so. Default 80 times `movesPerStage`. */
  readonly maxMovesPerStage?: number;
  /** The next exponent is the largest that keeps this share of the particles' effective size. Default 0.8; more takes more stages and is more exact, where particles follow slowly by far. */
  readonly effectiveShare?: number;
  /** Independent parts that the particles are divided into: their spread gives the evidence's standard error. Default 8. */
  readonly replicates?: number;
  readonly seed: number | string;
  readonly signal?: CancelSignal;
  /** Called about ten times a second, and at the end. */
  readonly onProgress?: (progress: SequentialMonteCarloProgress) => void;
  /** Saves the particles after stages (`every` counts them), also when cancelled, and goes on from there, bit for bit. */
  readonly checkpoint?: CheckpointOptions;
}

/** How much time all stages take can't be known before the last one: how far β gets with one is for the particles to say. */
export interface SequentialMonteCarloProgress {
  /** From 1. */
  readonly stage: number;
  /** β: the share of the likelihood that the stage takes in. The run ends with the stage of 1. */
  readonly exponent: number;
  /** Steps of all particles at this stage, and the time that the rest of them take. */
  readonly moves: { readonly done: number; readonly of: number; readonly secondsLeft: number };
  /** log ∫ L^(β/T)·prior. */
  readonly logEvidence: number;
  readonly evaluations: number;
}

/** Options checked, defaults filled in. */
export type SmcPlan<L extends LogDensity, S, I> = SequentialMonteCarloOptions<L, S, I> &
  Required<
    Pick<SequentialMonteCarloOptions<L, S, I>, 'movesPerStage' | 'maxMovesPerStage' | 'effectiveShare' | 'replicates'>
  >;

export function smcPlan<L extends LogDensity, S, I>(options: SequentialMonteCarloOptions<L, S, I>): SmcPlan<L, S, I> {
  requireOptions(WHERE, 'options', options);
  requireKnownOptions(WHERE, options, [
    'particles',
    'move',
    'movesPerStage',
    'maxMovesPerStage',
    'effectiveShare',
    'replicates',
    'seed',
    'signal',
    'onProgress',
    'checkpoint',
  ]);
  const { particles, move, movesPerStage = 2, effectiveShare = 0.8, replicates = 8, seed } = options;
  const { maxMovesPerStage = 80 * movesPerStage } = options;
  requireCount(WHERE, 'replicates', replicates, 2);
  requireCount(WHERE, 'particles', particles, 2 * replicates);
  if (typeof move !== 'function') {
    throw argumentError(WHERE, `move is ${typeof move}, expected a function from a posterior to a sampling algorithm`);
  }
  requireCount(WHERE, 'movesPerStage', movesPerStage);
  requireCount(WHERE, 'maxMovesPerStage', maxMovesPerStage, movesPerStage);
  if (!(effectiveShare > 0 && effectiveShare < 1)) {
    throw argumentError(WHERE, `effectiveShare is ${effectiveShare}, expected a number between 0 and 1`);
  }
  requireSeed(WHERE, seed);
  return { ...options, movesPerStage, maxMovesPerStage, effectiveShare, replicates };
}

export function requireTarget<L extends LogDensity>(posterior: Posterior<L>): void {
  const { prior, temperature, logLikelihood } = posterior ?? {};
  if (!prior?.mean || !prior.cholesky || !logLikelihood?.values) {
    throw argumentError(WHERE, 'posterior has no prior or no logLikelihood, expected what posterior() returns');
  }
  requireGaussian(WHERE, 'posterior.prior', prior, logLikelihood.dim);
  requirePositive(WHERE, 'posterior.temperature', temperature);
}

export function moveOf<L extends LogDensity, S, I>(
  { move }: SmcPlan<L, S, I>,
  tempered: Posterior<L>,
  cloud: ParticleCloud,
): SamplingAlgorithm<S, I> {
  const algorithm = move(tempered, cloud);
  if (typeof algorithm?.step === 'function') return algorithm;
  throw argumentError(WHERE, `move returned ${String(algorithm)}, expected a sampling algorithm`);
}
