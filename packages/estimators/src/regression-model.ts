import type { MaybePromise } from '@subspace/core';
import type { Rows } from './table.ts';

/** What a regression model says of rows, in the targets' units: [N], or [N·M] row major of M targets. */
export interface PredictedTargets {
  readonly mean: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
  /** Draws of the targets, noise included, each as long as `mean`. */
  readonly samples?: readonly ArrayLike<number>[];
}

/** Anything that learns numbers from rows and says how sure it is: all that benchmarks and conformal calibration know of a method. */
export interface RegressionModel {
  fit(inputs: Rows, targets: Rows): MaybePromise<unknown>;
  predict(inputs: Rows): MaybePromise<PredictedTargets>;
}

/** Of each number in `mean` of a prediction, an interval. */
export interface Intervals {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}
