import type { CheckpointOptions } from '@subspace/core';
import type { EstimatorFitOptions } from './estimator-options.ts';
import { stageStore } from './stage-store.ts';

/** The stages of a fit: their progress, and where each saves what it has. */
export interface Stages {
  /** The next stage begins: what is returned takes its progress. */
  begin(stage: string): (done: number, of: number) => void;
  /** Of a part of a stage, by a name of its own. */
  checkpoint(part: string): CheckpointOptions | undefined;
}

export function stages({ onProgress, checkpoint }: EstimatorFitOptions, count: number): Stages {
  let number = 0;
  return {
    begin(stage) {
      const now = ++number;
      return (done, of) => onProgress?.({ stage, number: now, stages: count, done, of });
    },
    checkpoint: (part) => checkpoint && { ...checkpoint, store: stageStore(checkpoint.store, part) },
  };
}
