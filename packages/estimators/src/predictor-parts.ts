import type { Disposable, Draws, Likelihood, Network, Subspace, WeightMap } from '@subspace/core';
import type { InputTransform } from './input-transform.ts';

/** What every estimator predicts with. */
export interface PredictorParts {
  readonly network: Network;
  readonly subspace: Subspace | WeightMap;
  readonly draws: Draws;
  readonly likelihood: Likelihood;
  readonly inputTransform: InputTransform;
  readonly samples: number;
  readonly seed: number | string;
  readonly report: string;
  /** Of one that was fitted here: disposed with it. */
  readonly posterior?: Disposable;
}
