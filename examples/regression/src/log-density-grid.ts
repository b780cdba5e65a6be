import type { Draws, Posterior, SubspaceLikelihood } from '@subspace/core';
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
  draws: Draws,
  resolution: number,
): Promise<LogDensityGrid> {
  const axis = (k: number): Float64Array => {
    const values = draws.positions.flatMap((chain) => chain.map((z) => z[k]));
    const [low, high] = extent(values);
    const margin = 0.1 * (high - low);
    return Float64Array.from(
      { length: resolution },
      (_, i) => low - margin + ((high - low + 2 * margin) * i) / (resolution - 1),
    );
  };
  const [x, y] = [axis(0), axis(1)];
  const logDensity = new Float64Array(resolution * resolution);
  const pause = breath();
  for (let i = 0; i < logDensity.length; i++) {
    const z = new Float64Array(draws.dim);
    z[0] = x[i % resolution];
    z[1] = y[Math.floor(i / resolution)];
    const values = posterior.values([z]);
    logDensity[i] = (isPromise(values) ? await values : values)[0];
    if (pause.due()) await pause.rest();
  }
  return { x, y, logDensity };
}
