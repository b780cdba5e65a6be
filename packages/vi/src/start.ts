import { type Gaussian, gaussianPrecision, type RandomSource, type Vector } from '@subspace/core';
import { argumentError, cholesky } from '@subspace/core/internals';
import { ascend } from './ascend.ts';
import { positiveCurvature } from './curvature.ts';
import { finiteDraw } from './finite-draw.ts';
import { type ApproximationTarget, type Evaluator, priorOf, requirePosition } from './target.ts';

/** Where a fit starts: a point, and the Gaussian that the curvature there suggests. */
export interface Start {
  /** N(c, C·Cᵀ), C·Cᵀ the inverse curvature at c. */
  readonly gaussian: Gaussian;
  /** Standard deviation of each coordinate given the others [K]: 1/√ of the curvature's diagonal. */
  readonly widths: Vector;
  /** Where the ascent to c began, if it found no maximum there: c may lie in a neck without end, and the mass elsewhere. */
  readonly origin?: Vector;
}

/** A MAP that an ascent finds from the prior's mean, the prior's mean itself, or a point [K]. */
export type Initial = 'map' | 'prior' | Vector;

export async function findStart(
  where: string,
  target: ApproximationTarget,
  evaluate: Evaluator,
  initial: Initial,
): Promise<Start> {
  if (initial === 'map') return summit(where, target, evaluate, priorOf(target).mean);
  if (initial === 'prior') return startAt(where, target, evaluate, priorOf(target).mean.slice());
  if (typeof initial !== 'object' || initial === null) {
    throw argumentError(where, `initial is ${JSON.stringify(initial)}, expected 'map', 'prior' or a position`);
  }
  requirePosition(where, 'initial', initial, target.dim);
  return startAt(where, target, evaluate, Float64Array.from(initial));
}

/** A start at the maximum that an ascent from a draw of the prior finds; undefined where the log density is finite at none. */
export async function randomStart(
  where: string,
  target: ApproximationTarget,
  evaluate: Evaluator,
  random: RandomSource,
): Promise<Start | undefined> {
  const initial = await finiteDraw(target, evaluate, random);
  return initial && summit(where, target, evaluate, initial);
}

/** A start where an ascent ends. */
async function summit(
  where: string,
  target: ApproximationTarget,
  evaluate: Evaluator,
  initial: Vector,
): Promise<Start> {
  const { position, converged } = await ascend(where, target, evaluate, { initial });
  const start = await startAt(where, target, evaluate, position);
  return converged ? start : { ...start, origin: initial.slice() };
}

export async function startAt(
  where: string,
  target: ApproximationTarget,
  evaluate: Evaluator,
  center: Vector,
): Promise<Start> {
  const { dim } = target;
  const curvature = await positiveCurvature(where, target, evaluate, center);
  const precisionFactor = cholesky(curvature, dim)!;
  const covariance = gaussianPrecision({ mean: center, cholesky: precisionFactor });
  const factor = cholesky(covariance, dim);
  if (!factor)
    throw argumentError(
      where,
      'the curvature at the start is singular, expected a target that varies in all coordinates',
    );
  return {
    gaussian: { mean: center, cholesky: factor },
    widths: center.map((_, k) => 1 / Math.sqrt(curvature[k * dim + k])),
  };
}

/** Half as wide as the curvature suggests: a network is less linear than its curvature far out. */
const CAUTION = 0.5;

/** L of the first iteration, [K, K]. */
export function initialFactor(
  { gaussian, widths }: Start,
  diagonal: boolean,
  initialStd: number | undefined,
): Float64Array {
  if (!diagonal && initialStd === undefined) return gaussian.cholesky.map((x) => CAUTION * x);
  const dim = widths.length;
  const factor = new Float64Array(dim * dim);
  const stds: Vector = initialStd === undefined ? widths.map((width) => CAUTION * width) : widths.map(() => initialStd);
  for (let k = 0; k < dim; k++) factor[k * dim + k] = stds[k];
  return factor;
}
