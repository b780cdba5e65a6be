import { abortError, breath, type CancelSignal } from '../macrotask.ts';
import { askValues } from './ask-target.ts';
import type { LogDensity, Vector } from './log-density.ts';
import { isPromise } from './maybe-promise.ts';

/** At most so many points in one evaluation: it can't be cancelled before it ends. */
const LARGEST_BATCH = 4096;
/** Milliseconds that an evaluation may take, as far as the one before it tells. */
const LONGEST_BATCH = 8;

/**
 * Values of a density at any number of points, in batches between which the event loop gets a turn at least every 20 ms.
 *
 * @throws when cancelled, an error with `code: 'ABORTED'`
 */
export async function batchedValues(
  where: string,
  density: LogDensity,
  points: readonly Vector[],
  { signal, onBatch }: { signal?: CancelSignal; onBatch?: (done: number) => void } = {},
): Promise<Float64Array> {
  const values = new Float64Array(points.length);
  const pause = breath();
  let limit = 1;
  for (let done = 0; done < points.length; ) {
    if (signal?.aborted) throw abortError(where, signal, {});
    const batch = points.slice(done, done + limit);
    const before = performance.now();
    const answers = askValues(where, density, batch);
    if (isPromise(answers)) limit = LARGEST_BATCH;
    else {
      const milliseconds = (performance.now() - before) / batch.length;
      // A power of two: an engine's threads get equally many points.
      while (limit > 1 && limit * milliseconds > LONGEST_BATCH) limit /= 2;
      if (2 * limit * milliseconds <= LONGEST_BATCH) limit = Math.min(LARGEST_BATCH, 2 * limit);
    }
    const found = await answers;
    values.set(found, done);
    done += batch.length;
    onBatch?.(done);
    if (pause.due()) await pause.rest();
  }
  return values;
}
