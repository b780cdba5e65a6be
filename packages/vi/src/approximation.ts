import {
  type CoordinateSampler,
  type Gaussian,
  gaussianCovariance,
  gaussianDraw,
  gaussianLogDensity,
  paretoSmooth,
  type RandomSource,
  type Vector,
} from '@subspace/core';
import { argumentError, requireCount, requireFinite, requireLength } from '@subspace/core/internals';
import type { Evaluator } from './target.ts';

/** A tractable density q over z [K]: it can be drawn from and evaluated. */
export interface TractableDensity extends CoordinateSampler {
  sample(random: RandomSource, count: number): Vector[];
  /** log q(z), normalised, in nats. */
  logDensity(z: Vector): number;
}

/** How well a density stands for its target, from draws of it. */
export interface ApproximationQuality {
  /** E_q[log p(z) − log q(z)], in nats: a lower bound of the log evidence log ∫ p(z) dz. −∞ where a draw has p = 0. */
  readonly elbo: number;
  /** Monte-Carlo standard error of `elbo`. */
  readonly elboStandardError: number;
  /**
   * Pareto k̂ of the importance ratios p/q at the draws. Above 0.7 the approximation misses too much of the target; below, importance resampling can correct it where the draws have
   * come, and below 0.5 well. What none of them has come to it can't see: an approximation that is far too narrow may have a small k̂. 0 where all ratios are equal.
   */
  readonly paretoK: number;
  /** Standard error of `paretoK`, of other draws of the same approximation; from one fit to the next it varies by more. */
  readonly paretoKError: number;
  /** How many of the draws had a log density of NaN, which counts as −∞. */
  readonly nonFinite: number;
}

/** A density fitted to a target, and how well it fits. */
export interface Approximation extends TractableDensity, ApproximationQuality {}

/** N(mean, covariance) fitted to a target. */
export interface GaussianApproximation extends Approximation {
  /** [K] */
  readonly mean: Vector;
  /** [K, K] row major. */
  readonly covariance: Float64Array;
}

/** Draws, log density, mean and covariance of a Gaussian. */
export function gaussianDensity(
  name: string,
  gaussian: Gaussian,
): TractableDensity & Pick<GaussianApproximation, 'mean' | 'covariance'> {
  const dim = gaussian.mean.length;
  return {
    dim,
    mean: gaussian.mean,
    covariance: gaussianCovariance(gaussian),
    sample(random, count) {
      requireCount(`${name}.sample`, 'count', count, 0);
      return Array.from({ length: count }, () => gaussianDraw(gaussian, random));
    },
    logDensity(z) {
      requireLength(`${name}.logDensity`, 'z', z, dim);
      requireFinite(`${name}.logDensity`, 'z', z);
      return gaussianLogDensity(gaussian, z);
    },
  };
}

/** log p(z) − log q(z) of draws of q; NaN is −∞ and counted. */
export async function logRatios(
  where: string,
  density: Pick<TractableDensity, 'logDensity'>,
  evaluate: Evaluator,
  draws: readonly Vector[],
  onBatch?: (done: number) => void,
): Promise<{ readonly ratios: Float64Array; readonly nonFinite: number }> {
  const values = await evaluate.values(draws, onBatch);
  let nonFinite = 0;
  const ratios = new Float64Array(draws.length);
  for (let i = 0; i < ratios.length; i++) {
    const value = values[i];
    if (value === Infinity) {
      throw argumentError(where, `the log density is Infinity at [${draws[i].join(', ')}], expected less`);
    }
    if (Number.isNaN(value)) nonFinite++;
    ratios[i] = Number.isNaN(value) ? -Infinity : value - density.logDensity(draws[i]);
    await evaluate.breathe();
  }
  return { ratios, nonFinite };
}

/** ELBO and k̂ of a density, from fresh draws. */
export async function approximationQuality(
  where: string,
  density: TractableDensity,
  evaluate: Evaluator,
  random: RandomSource,
  count: number,
  onBatch?: (done: number) => void,
): Promise<ApproximationQuality> {
  const draws: Vector[] = [];
  while (draws.length < count) {
    draws.push(...density.sample(random, 1));
    await evaluate.breathe();
  }
  const { ratios, nonFinite } = await logRatios(where, density, evaluate, draws, onBatch);
  const { mean, standardError } = meanAndError(ratios);
  if (mean === Infinity) {
    throw argumentError(
      where,
      'the ELBO is Infinity, expected less: the density rises without end, and has no evidence',
    );
  }
  return { elbo: mean, elboStandardError: standardError, ...shapeOf(ratios), nonFinite };
}

/** A log ratio in nats, above which differences of a thousandth are lost. */
const LARGEST_RATIO = 1e13;

/** Pareto k̂ of log ratios and its error; 0 where they are equal to rounding, ∞ where none is above −∞, or rounding is all there is. */
function shapeOf(ratios: Float64Array): Pick<ApproximationQuality, 'paretoK' | 'paretoKError'> {
  const largest = ratios.reduce((most, x) => Math.max(most, x), -Infinity);
  const smallest = ratios.reduce((least, x) => Math.min(least, x), Infinity);
  if (largest === -Infinity || Math.abs(largest) > LARGEST_RATIO) return { paretoK: Infinity, paretoKError: Infinity };
  if (largest - smallest <= 1e-9 * Math.max(1, Math.abs(largest))) return { paretoK: 0, paretoKError: 0 };
  const { paretoK, paretoKError } = paretoSmooth(ratios);
  return { paretoK, paretoKError };
}

/** Mean and its standard error of independent numbers. −∞ and NaN where one of them is −∞. */
function meanAndError(values: ArrayLike<number>): { readonly mean: number; readonly standardError: number } {
  const count = values.length;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i];
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (values[i] - mean) * (values[i] - mean);
  return { mean, standardError: Math.sqrt(squares / (count * (count - 1))) };
}
