import type { CancelSignal } from '@subspace/core';
import type { Engine } from './engine.ts';
import { type InferenceOrder, type Inferred, infer } from './infer.ts';
import { type OursMethod, type OursOrder, ours } from './ours.ts';
import type { PartCheckpoint, StudyProgress } from './part.ts';
import { type CurveOrder, type Trained, type TrainingOrder, train, trainCurve } from './train.ts';

/** How a job is followed, stopped and saved on the way. */
export interface Watch {
  readonly signal?: CancelSignal;
  readonly checkpoint?: PartCheckpoint;
  readonly onProgress?: (progress: StudyProgress) => void;
}

/** What a crew can do: orders and results are plain data, which go from one thread to another. */
export interface Jobs {
  readonly train: { readonly order: TrainingOrder; readonly result: Trained };
  readonly trainCurve: { readonly order: CurveOrder; readonly result: readonly Float32Array[] };
  readonly infer: { readonly order: InferenceOrder; readonly result: Inferred };
  readonly ours: { readonly order: OursOrder; readonly result: readonly OursMethod[] };
}

export type JobName = keyof Jobs;

export const jobs: {
  readonly [J in JobName]: (engine: Engine, order: Jobs[J]['order'], watch: Watch) => Promise<Jobs[J]['result']>;
} = { train, trainCurve, infer, ours };
