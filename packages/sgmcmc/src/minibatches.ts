import type { RandomSource } from '@subspace/core';
import { batchEnd, permutation } from '@subspace/core/internals';

/** The rows of each step: epochs without replacement, each in an order of its own that depends on its number only. */
export interface Minibatches {
  readonly stepsPerEpoch: number;
  rows(step: number): Int32Array;
}

/** @param least rows in a batch: a rest of fewer joins the batch before it */
export function minibatches(size: number, batchSize: number, least: number, random: RandomSource): Minibatches {
  const ends: number[] = [];
  for (let start = 0; start < size; start = ends[ends.length - 1]) ends.push(batchEnd(start, size, batchSize, least));
  const stepsPerEpoch = ends.length;
  let epoch = -1;
  let order: Int32Array = new Int32Array(0);
  return {
    stepsPerEpoch,
    rows(step) {
      const now = Math.floor(step / stepsPerEpoch);
      if (now !== epoch) order = permutation(size, random.fork(`epoch ${now}`));
      epoch = now;
      const batch = step % stepsPerEpoch;
      return order.subarray(batch === 0 ? 0 : ends[batch - 1], ends[batch]);
    },
  };
}
