import type { Posterior, SubspaceLikelihood } from '@subspace/core';
import { breath, isPromise } from '@subspace/core/internals';
import { extent } from './extent.ts';

/** log p over the first two coordinates, the others at 0; [Y, X] row major. */
export interface LogDensityGrid {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly logDensity: Float64Array;
}

/** The posterior's log density on a square grid of `resolution` points a side that holds all draws, with a margin of a tenth. */
export async function logDensityGrid(
  posterior: Posterior<SubspaceLikelihood>,
  draws: readonly ArrayLike<number>[],
  resolution: number,
): Promise<LogDensityGrid> {
  const axis = (k: number): Float64Array => {
    const [low, high] = extent(draws.map((z) => z[k]));
    const margin = 0.1 * (high - low);
    return Float64Array.from(
      { length: resolution },
      (_, i) => low - margin + ((high - low + 2 * margin) * i) / (resolution - 1),
    );
  };
  const [x, y] = [axis(0), axis(1)];
  const logDensity = new Float64Array(resolution * resolution);
  const pause = breath();
  for (let row = 0; row < resolution; row++) {
    const points = Array.from(x, (value) => {
      const z = new Float64Array(posterior.dim);
      z[0] = value;
      z[1] = y[row];
      return z;
    });
    const values = posterior.values(points);
    logDensity.set(isPromise(values) ? await values : values, row * resolution);
    if (pause.due()) await pause.rest();
  }
  return { x, y, logDensity };
}
