import type { MaybePromise } from '@subspace/core';
import type { Label } from './labels.ts';
import type { Rows } from './table.ts';

/** What a classifier says of rows. */
export interface PredictedClasses {
  /** C. */
  readonly classes: number;
  /** [N, C] row major. */
  readonly probabilities: ArrayLike<number>;
}

/** Anything that learns classes from rows and says how sure it is. */
export interface ClassificationModel {
  fit(inputs: Rows, targets: ArrayLike<Label>): MaybePromise<unknown>;
  predict(inputs: Rows): MaybePromise<PredictedClasses>;
  /** What the columns of `probabilities` are called, once it is fitted; without it, targets are numbers from 0. */
  readonly labels?: readonly Label[];
}
