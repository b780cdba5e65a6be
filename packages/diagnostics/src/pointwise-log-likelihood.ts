import type { Vector } from '@subspace/core';
import { type CancelSignal, coordinateChains, type Draws, type MaybePromise } from '@subspace/core';
import {
  abortError,
  argumentError,
  breath,
  isPromise,
  requireKnownOptions,
  requireLength,
  requireList,
  requireOptions,
  requirePositive,
} from '@subspace/core/internals';
import { essMean } from './effective-sample-size.ts';

/** log p(yᵢ | zₛ) of N points under S draws of a posterior: what `psisLoo` and `waic` take. Plain data: any matrix from anywhere will do. */
export interface PointwiseLogLikelihood {
  /** Per draw, chain after chain, the untempered log likelihood of each point [N], in nats. */
  readonly values: readonly ArrayLike<number>[];
  /** T of the posterior the draws are from. Default 1. */
  readonly temperature?: number;
  /** Effective draws per draw, as `relativeEfficiency` has it. Default 1. */
  readonly relativeEfficiency?: number;
}

export interface PointwiseLogLikelihoodOptions {
  signal?: CancelSignal;
  onProgress?: (progress: { readonly draw: number; readonly of: number }) => void;
}

/**
 * The log likelihood of every data point under every draw, [S] times [N], with the temperature of the posterior and the efficiency of the draws.
 *
 * @param posterior anything with a `pointwise` port: every `subspacePosterior` has one
 * @param draws from that posterior; memory is S·N doubles, so thin very many draws: `drawsFrom([draws.sample(random, 1000)])`
 * @throws if the posterior has no `pointwise`, or the draws have another dimension
 * @example
 * ```ts
 * import { drawsFrom, randomSource } from '@subspace/core';
 * import { pointwiseLogLikelihood, waic } from '@subspace/diagnostics';
 *
 * const targets = [0.3, -1.1, 0.4];
 * const posterior = { dim: 1, temperature: 1, pointwise: (z: Float64Array) => Float64Array.from(targets, (y) => -0.5 * (y - z[0]) ** 2) };
 * const random = randomSource(1);
 * const draws = drawsFrom([Array.from({ length: 100 }, () => Float64Array.of(0.5 * random.normal()))]);
 * waic(await pointwiseLogLikelihood(posterior, draws)).elpd;
 * ```
 */
export async function pointwiseLogLikelihood(
  posterior: {
    readonly dim: number;
    readonly temperature: number;
    pointwise(point: Vector): MaybePromise<Float64Array>;
  },
  draws: Draws,
  options: PointwiseLogLikelihoodOptions = {},
): Promise<PointwiseLogLikelihood> {
  const where = 'pointwiseLogLikelihood';
  requireOptions(where, 'posterior', posterior);
  requireOptions(where, 'draws', draws);
  requireKnownOptions(where, options, ['signal', 'onProgress']);
  const { signal, onProgress } = options;
  if (typeof posterior.pointwise !== 'function') {
    throw argumentError(where, 'posterior has no pointwise, expected one whose likelihood gives log p of each row');
  }
  if (draws.dim !== posterior.dim) {
    throw argumentError(where, `draws have dimension ${draws.dim}, expected ${posterior.dim} as the posterior`);
  }
  const positions = draws.positions.flat();
  const values: Float64Array[] = [];
  const pause = breath();
  for (const position of positions) {
    if (signal?.aborted) throw abortError(where, signal, {});
    const answer = posterior.pointwise(position);
    values.push(isPromise(answer) ? await answer : answer);
    onProgress?.({ draw: values.length, of: positions.length });
    if (pause.due()) await pause.rest();
  }
  return { values, temperature: posterior.temperature, relativeEfficiency: relativeEfficiency(draws) };
}

/**
 * Effective draws per draw: the mean over the coordinates of the effective sample size for the mean, over the number of draws. 1 for a single chain,
 * as ArviZ has it.
 *
 * @throws on chains of different lengths
 * @example
 * ```ts
 * import { drawsFrom, randomSource } from '@subspace/core';
 * import { relativeEfficiency } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * const chain = () => Array.from({ length: 500 }, () => Float64Array.of(random.normal()));
 * relativeEfficiency(drawsFrom([chain(), chain()])); // about 1
 * ```
 */
export function relativeEfficiency(draws: Draws): number {
  requireOptions('relativeEfficiency', 'draws', draws);
  requireList('relativeEfficiency', 'draws.positions', draws.positions);
  if (draws.positions.length === 1) return 1;
  let sum = 0;
  for (let k = 0; k < draws.dim; k++) sum += essMean(coordinateChains(draws, k));
  return sum / draws.dim / draws.size;
}

/** A checked matrix, column by column, with its defaults filled in. */
export function readPointwise(
  where: string,
  logLikelihood: PointwiseLogLikelihood,
): { draws: number; points: number; temperature: number; relativeEfficiency: number; point(i: number): Float64Array } {
  requireOptions(where, 'logLikelihood', logLikelihood);
  requireKnownOptions(where, logLikelihood, ['values', 'temperature', 'relativeEfficiency']);
  const { values, temperature = 1, relativeEfficiency = 1 } = logLikelihood;
  if (!Array.isArray(values) || values.length === 0 || values[0].length === 0) {
    throw argumentError(where, 'logLikelihood.values are empty, expected [S] draws of [N] points');
  }
  requirePositive(where, 'temperature', temperature);
  requirePositive(where, 'relativeEfficiency', relativeEfficiency);
  const points: number = values[0].length;
  for (const [s, row] of values.entries()) requireLength(where, `logLikelihood.values[${s}]`, row, points);
  return {
    draws: values.length,
    points,
    temperature,
    relativeEfficiency,
    point: (i) =>
      Float64Array.from(values, (row, s) => {
        if (!Number.isFinite(row[i])) {
          throw argumentError(where, `logLikelihood.values[${s}][${i}] is ${row[i]}, expected a finite number`);
        }
        return row[i];
      }),
  };
}
