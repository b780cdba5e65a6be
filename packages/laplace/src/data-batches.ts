import type { Arrays, Dataset } from '@subspace/core';

/** Rows of a data set, one batch behind the other. */
export interface DataBatch {
  /** Where it starts in the data. */
  readonly start: number;
  readonly size: number;
  readonly inputs: Arrays;
  readonly targets: Arrays;
  /** Weight of a row of the batch in the log likelihood. */
  rowWeight(row: number): number;
}

export async function* dataBatches(data: Dataset, batchSize: number): AsyncGenerator<DataBatch, void, undefined> {
  const rowWeights = data.arrays?.rowWeights;
  for (let start = 0; start < data.size; start += batchSize) {
    const size = Math.min(batchSize, data.size - start);
    const whole = size === data.size && data.arrays;
    const { inputs, targets } = whole || (await data.gather(Int32Array.from({ length: size }, (_, i) => start + i)));
    yield { start, size, inputs, targets, rowWeight: (row) => rowWeights?.[start + row] ?? 1 };
  }
}

/** Some rows of an array, without a copy. */
export function arrayRows({ data, shape }: Arrays, start: number, end: number): Arrays {
  const width = data.length / shape[0];
  return { data: data.subarray(start * width, end * width), shape: [end - start, ...shape.slice(1)] };
}
