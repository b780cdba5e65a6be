import type { Subspace } from '@subspace/core';
import type { WeightMoments } from '@subspace/swag';

/** What inference starts from: weights that were trained, here or elsewhere. */
export interface Solutions {
  /** Of each training run, its last. */
  readonly trained: readonly Float32Array[];
  /** Of the end of one run. */
  readonly moments: WeightMoments;
  /** The plane of a curve between two runs. */
  readonly curve?: Subspace;
  /** Where they come from, and how long that took: `One training run (3.0 s)`. */
  readonly from: string;
  readonly seconds: number;
  /** What is not as it was asked for. */
  readonly notes: readonly string[];
}
