import type { Arrays, Dataset, MaybePromise, RandomSource } from '@subspace/core';
import { argumentError, gatherRows, requireFiniteCells, whenReady } from '@subspace/core/internals';
import type { Rows } from './data-rows.ts';

/**
 * Some rows of a data set with their weights, augmented if a stream is given.
 *
 * @throws if the data set gathers something else than so many rows of its shape (the kernels' memory is laid out for them), or numbers that are not
 * finite
 */
export function gatherBatch(data: Dataset, rows: Int32Array, random?: RandomSource): MaybePromise<Rows> {
  const weights = data.arrays?.rowWeights;
  return whenReady(data.gather(rows, random), ({ inputs, targets }) => {
    requireRows('inputs', inputs, [rows.length, ...data.inputShape]);
    requireRows('targets', targets, [rows.length, ...data.targetShape]);
    requireFiniteCells('gather', 'inputs', inputs);
    requireFiniteCells('gather', 'targets', targets);
    return {
      inputs,
      targets,
      ...(weights && {
        rowWeights: gatherRows({ data: weights, shape: [data.size] }, rows).data as Float32Array,
      }),
    };
  });
}

/** `f` of all rows, as soon as they are there. A set that is not in memory is read, once. */
export function withRows<A>(data: Dataset, f: (rows: Rows) => A): MaybePromise<A> {
  return whenReady(
    data.arrays ??
      gatherBatch(
        data,
        Int32Array.from({ length: data.size }, (_, row) => row),
      ),
    f,
  );
}

function requireRows(name: string, { data, shape }: Arrays, expected: readonly number[]): void {
  const length = expected.reduce((product, axis) => product * axis, 1);
  if (shape[0] === expected[0] && data.length === length) return;
  throw argumentError('gather', `${name} have shape [${shape.join(', ')}], expected [${expected.join(', ')}]`);
}
