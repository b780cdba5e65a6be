import { type Dataset, gatherRows, type MaybePromise, type RandomSource, whenReady } from '@subspace/core';
import type { Rows } from './data-rows.ts';

/** Some rows of a data set with their weights, augmented if a stream is given. */
export function gatherBatch(data: Dataset, rows: Int32Array, random?: RandomSource): MaybePromise<Rows> {
  const weights = data.arrays?.rowWeights;
  return whenReady(data.gather(rows, random), ({ inputs, targets }) => ({
    inputs,
    targets,
    ...(weights && {
      rowWeights: gatherRows({ data: weights, shape: [data.size] }, rows).data as Float32Array,
    }),
  }));
}
