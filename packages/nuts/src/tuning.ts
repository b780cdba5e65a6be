import type { Vector } from '@subspace/core';
import {
  type AveragingPace,
  aCount,
  aNumber,
  averaged,
  type DualAveraging,
  dualAveraging,
  floats,
  objectOf,
  optional,
  type Schema,
  savedAveraging,
} from '@subspace/core/internals';
import { collected, type RunningCovariance, regularised, runningCovariance } from './running-covariance.ts';
import type { ScaleMatrix } from './scale-matrix.ts';
import { warmupWindows } from './warmup-windows.ts';

/** What a chain has to tune, as plain data in its state. */
export interface Tuning {
  readonly stepSize: number;
  /** Inverse mass matrix, or covariance of proposals. */
  readonly scale: ScaleMatrix;
  /** In warmup only. */
  readonly adaptation: Adaptation | undefined;
}

/** Where the adaptation of a chain stands. */
export interface Adaptation {
  readonly averaging: DualAveraging;
  /** Of the draws of the window under way. */
  readonly covariance: RunningCovariance | undefined;
}

/** What is tuned: the step size towards an acceptance, and the matrix if it is one of the words. */
export interface TuningGoal {
  readonly acceptance: number;
  readonly pace: AveragingPace;
  readonly learns: 'diagonal' | 'dense' | undefined;
}

/** Step sizes are sought, and kept by dual averaging, in this range. */
export const SMALLEST_STEP = 1e-300;
export const LARGEST_STEP = 1e300;

/**
 * One step of windowed warmup: the step size follows dual averaging, draws of the windows are collected, and at the end of a window their
 * covariance becomes the scale. The last step leaves the averaged step size and forgets the rest.
 *
 * @param position where the step ended
 * @param acceptance its acceptance probability
 * @returns `rescaled`: the scale has changed, and the step size is to be found and its averaging restarted (`restarted`)
 */
export function adapted(
  tuning: Tuning,
  goal: TuningGoal,
  { index, of }: { readonly index: number; readonly of: number },
  position: Vector,
  acceptance: number,
): { readonly tuning: Tuning; readonly rescaled: boolean } {
  const { scale, adaptation = begun(tuning.stepSize, goal, of) } = tuning;
  const averaging = averaged(adaptation.averaging, acceptance, goal.acceptance, goal.pace);
  const went = (scale: ScaleMatrix, covariance?: RunningCovariance): Tuning => ({
    stepSize: inRange(Math.exp(averaging.log)),
    scale,
    adaptation: { averaging, covariance },
  });
  if (index === of - 1) {
    return {
      tuning: { stepSize: inRange(Math.exp(averaging.average)), scale, adaptation: undefined },
      rescaled: false,
    };
  }
  // The first and the last window are for the step size only.
  const window =
    goal.learns &&
    warmupWindows(of)
      .slice(1, -1)
      .find(({ start, end }) => start <= index && index <= end);
  if (!window) return { tuning: went(scale), rescaled: false };
  const covariance = collected(adaptation.covariance ?? runningCovariance(position.length, goal.learns!), position);
  if (index < window.end) return { tuning: went(scale, covariance), rescaled: false };
  const learnt = regularised(covariance);
  return { tuning: went(learnt ?? scale), rescaled: learnt !== undefined };
}

/** With a new step size, from which dual averaging starts again, for the `left` steps of warmup that are left. */
export function restarted({ scale }: Tuning, stepSize: number, goal: TuningGoal, left: number): Tuning {
  return { stepSize, scale, adaptation: begun(stepSize, goal, left) };
}

function begun(stepSize: number, { pace }: TuningGoal, left: number): Adaptation {
  return { averaging: dualAveraging(stepSize, pace, left), covariance: undefined };
}

function inRange(stepSize: number): number {
  return Math.min(Math.max(stepSize, SMALLEST_STEP), LARGEST_STEP);
}

/** What a saved one looks like, of a diagonal scale [K] or a dense one [K, K]. */
export function savedTuning(dim: number): Schema {
  const some: Schema = (value, path) => (floats(dim)(value, path) ? floats(dim * dim)(value, path) : undefined);
  const covariance = objectOf({ count: aCount, mean: floats(dim), squares: some });
  return objectOf({
    stepSize: aNumber,
    scale: objectOf({ matrix: some, factor: some }),
    adaptation: optional(objectOf({ averaging: savedAveraging, covariance: optional(covariance) })),
  });
}
