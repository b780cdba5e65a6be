import type { CancelSignal, CheckpointOptions } from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireKnownOptions,
  requireOptions,
  requirePositive,
  requireSeed,
} from '@subspace/core/internals';
import type { ElboRecord } from './maximize-elbo.ts';
import type { Initial } from './start.ts';

/** Options of every variational fit. */
export interface VariationalOptions {
  /** At most so many gradient steps; fewer where the fit converges before. */
  readonly iterations: number;
  /** Draws per step. Default 8 for Gaussians, 16 for flows; with common random numbers 64, or 4·K where that is more, and at least 2·K. */
  readonly samplesPerIteration?: number;
  /**
   * Fits from several starts, for posteriors of several modes: the first from `initial`, the others from maxima that ascents from draws of the prior
   * find. All begin; the one with the highest ELBO goes on. An ascent that finds no maximum, as in a neck without end, adds the place where it began.
   * Default 4 if `initial` is `'map'`, else 1.
   */
  readonly starts?: number;
  /** Rows per step, of a posterior of a network; all of them by default. */
  readonly minibatch?: number;
  /** Of Adam, in units of the width that the curvature at the start suggests; halved as the fit settles. */
  readonly learningRate?: number;
  /** Standard deviation of every coordinate at the start; by default half of what the curvature suggests. */
  readonly initialStd?: number;
  /** Where the mean starts: `'map'` (the default: an ascent from the prior's mean), `'prior'` (its mean), or a position [K]. */
  readonly initial?: Initial;
  /**
   * The same draws at every step, with mean 0 and covariance I exactly: the ELBO of all rows is then a deterministic function of the parameters, exact for
   * Gaussians where the posterior is one. Elsewhere the fit is to those draws, and what few draws have seen is too high. Default false.
   */
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
  /** Draws of the iterations whose log density or gradient was so far from those of the others that it was clipped. */
  readonly strayDraws: number;
  /** How often no draw of an iteration was finite, and the fit went back to the best so far, at half the rate. */
  readonly setbacks: number;
}

/** Names of the options of every fit. */
const VARIATIONAL_OPTIONS = [
  'iterations',
  'samplesPerIteration',
  'starts',
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

/**
 * Throws unless the options are those of a fit.
 *
 * @param own names of the method's own options
 */
export function requireVariationalOptions(where: string, options: VariationalOptions, own: readonly string[]): void {
  requireOptions(where, 'options', options);
  requireKnownOptions(where, options, [...VARIATIONAL_OPTIONS, ...own]);
  const { iterations, samplesPerIteration, starts, learningRate, initialStd, tolerance, evaluationDraws, seed } =
    options;
  requireCount(where, 'iterations', iterations);
  if (samplesPerIteration !== undefined) requireCount(where, 'samplesPerIteration', samplesPerIteration);
  if (starts !== undefined) requireCount(where, 'starts', starts);
  if (learningRate !== undefined) requirePositive(where, 'learningRate', learningRate);
  if (initialStd !== undefined) requirePositive(where, 'initialStd', initialStd);
  if (tolerance !== undefined) requirePositive(where, 'tolerance', tolerance);
  if (evaluationDraws !== undefined) requireCount(where, 'evaluationDraws', evaluationDraws, 2);
  requireSeed(where, seed);
  requireSwitch(where, 'commonRandomNumbers', options.commonRandomNumbers ?? false);
}

/** Throws unless `value` is true or false. */
export function requireSwitch(where: string, name: string, value: unknown): void {
  if (typeof value !== 'boolean')
    throw argumentError(where, `${name} is ${JSON.stringify(value)}, expected true or false`);
}
