import type { Arrays, MaybePromise } from '@subspace/core';

/** Rows of features, or of targets: floats [N, …]. */
export type FloatRows = Arrays & { readonly data: Float32Array };

/** What a regression model says of rows: [N], or [N·M] row major of M targets, in the units of the targets it was fitted to. */
export interface PredictedTargets {
  readonly mean: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
  /** Draws of the targets, noise included, each as long as `mean`. */
  readonly samples?: readonly ArrayLike<number>[];
  /** The Gaussians that the prediction is the average of, each as long as `mean`: with them there is a mixture's log likelihood too. */
  readonly members?: { readonly means: readonly ArrayLike<number>[]; readonly variances: readonly ArrayLike<number>[] };
}

/**
 * Anything that learns numbers from rows and says how sure it is: all that the tasks know of a method. `fit` begins anew at each call. What
 * `subspaceRegressor` of `@subspace/estimators` makes is one.
 */
export interface RegressionModel {
  fit(inputs: FloatRows, targets: FloatRows): MaybePromise<unknown>;
  predict(inputs: FloatRows): MaybePromise<PredictedTargets>;
}

/** What a classifier says of rows. */
export interface PredictedClasses {
  /** C. */
  readonly classes: number;
  /** [N, C] row major. */
  readonly probabilities: ArrayLike<number>;
}

/** Anything that learns classes, numbered from 0, from rows and says how sure it is. */
export interface ClassificationModel {
  fit(inputs: FloatRows, labels: Int32Array): MaybePromise<unknown>;
  predict(inputs: FloatRows): MaybePromise<PredictedClasses>;
}
