import { batchEnd } from '../data/batches.ts';
import { isPromise } from '../density/maybe-promise.ts';
import type { Trainer } from '../engine/network.ts';
import type { Breath } from '../macrotask.ts';
import type { RandomSource } from '../random/random-source.ts';

/** An epoch that is not over, and what the rest of it needs. */
export interface EpochUnderWay {
  /** Of the epoch's order, how many. */
  rowsDone: number;
  readonly learningRate: number;
  readonly random: RandomSource;
  /** Once all rows are done. */
  loss?: { readonly sum: number; readonly rows: number };
}

/** The steps of one epoch that are left, with a rest whenever one is due. No batch has fewer than `leastBatch` rows; `coefficients` are those of a curve's points. */
export async function trainEpoch(
  trainer: Trainer,
  order: Int32Array,
  batchSize: number,
  leastBatch: number,
  epoch: EpochUnderWay,
  pause: Breath,
  throwIfCancelled: () => void,
  coefficients?: (random: RandomSource) => Float64Array,
): Promise<void> {
  const { learningRate, random } = epoch;
  // Steps per fused run: as many as fit between two rests. Where a run is cut does not change what it computes.
  let stepsPerRun = 1;
  const fused = leastBatch === 1 && trainer.run !== undefined && coefficients === undefined;
  while (epoch.rowsDone < order.length) {
    const start = epoch.rowsDone;
    const end = batchEnd(start, order.length, stepsPerRun * batchSize, leastBatch);
    const before = performance.now();
    const rows = order.subarray(start, end);
    const stepped = fused
      ? trainer.run!(rows, batchSize, learningRate, random)
      : trainer.step(rows, learningRate, random, coefficients?.(random));
    if (isPromise(stepped)) await stepped;
    if (fused) {
      const milliseconds = (performance.now() - before) / stepsPerRun;
      stepsPerRun = Math.max(1, Math.min(2 * stepsPerRun, Math.floor(5 / milliseconds)));
    }
    epoch.rowsDone = end;
    if (pause.due()) {
      await pause.rest();
      throwIfCancelled();
    }
  }
}
