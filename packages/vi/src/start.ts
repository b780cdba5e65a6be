import {
  argumentError,
  cholesky,
  type Gaussian,
  gaussianPrecision,
  requireFinite,
  requireLength,
  type Vector,
} from '@subspace/core';
import { positiveCurvature } from './curvature.ts';
import { ascend } from './find-map.ts';
import { type ApproximationTarget, type Evaluator, priorOf } from './target.ts';

/** Where a fit starts: a point, and the Gaussian that the curvature there suggests. */
export interface Start {
  /** N(c, C·Cᵀ), C·Cᵀ the inverse curvature at c. */
  readonly gaussian: Gaussian;
  /** Standard deviation of each coordinate given the others [K]: 1/√ of the curvature's diagonal. */
  readonly widths: Vector;
}

/** A MAP that an ascent finds from the prior's mean, the prior's mean itself, or a point [K]. */
export type Initial = 'map' | 'prior' | Vector;

export async function findStart(
  where: string,
  target: ApproximationTarget,
  evaluate: Evaluator,
  initial: Initial,
): Promise<Start> {
  const center = await centerOf(where, target, evaluate, initial);
  const { dim } = target;
  const curvature = await positiveCurvature(target, evaluate, center);
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

async function centerOf(
  where: string,
  target: ApproximationTarget,
  evaluate: Evaluator,
  initial: Initial,
): Promise<Vector> {
  if (initial === 'map') return (await ascend(where, target, evaluate, {})).position;
  if (initial === 'prior') return priorOf(target).mean.slice();
  if (typeof initial !== 'object' || initial === null) {
    throw argumentError(where, `initial is ${JSON.stringify(initial)}, expected 'map', 'prior' or a position`);
  }
  requireLength(where, 'initial', initial, target.dim);
  requireFinite(where, 'initial', initial);
  return Float64Array.from(initial);
}
