import {
  type CancelSignal,
  type Dataset,
  type Network,
  type RandomSource,
  randomSource,
  subspace,
} from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireFinite,
  requireKnownOptions,
  requireOptions,
  requireSeed,
  show,
} from '@subspace/core/internals';
import { requireWeights } from './curve-points.ts';
import { norm } from './plane.ts';
import { type LossOptions, losses, lossOptions, requireLossOptions } from './subspace-losses.ts';

export interface LossAlongRaysOptions extends LossOptions {
  /** Where the rays begin [D]: a solution, or the mean of a trajectory. */
  center: Float32Array;
  /** Directions [D] of any length, such as the rows of `pcaSubspace`; or so many random ones. */
  directions: readonly Float32Array[] | { readonly count: number; readonly seed: number | string };
  /** Distances from the center, in weight space; negative ones are on the other side. */
  distances: ArrayLike<number>;
  signal?: CancelSignal;
  /** Called after each call of the network. */
  onProgress?: (progress: { readonly points: number; readonly of: number; readonly secondsLeft: number }) => void;
}

/** Losses along rays: how wide the valley round the center is. */
export interface RayLosses {
  readonly distances: Float64Array;
  /** Unit vectors [D]. */
  readonly directions: readonly Float32Array[];
  /** By direction, at each distance: mean −log p (+ ½·λ·|w|²). */
  readonly loss: readonly Float64Array[];
}

const WHERE = 'lossAlongRays';

/**
 * The loss along rays from a point: the "width" of a solution, in random directions or in those of a trajectory.
 *
 * @throws on invalid options, a direction of another network or without length; when cancelled, an error with `code: 'ABORTED'`
 * @see Izmailov et al. (2018), Figure 4: https://arxiv.org/abs/1803.05407
 * @example
 * ```ts
 * import { arraysDataset, gaussianLikelihood } from '@subspace/core';
 * import { lossAlongRays } from '@subspace/curves';
 * import { denseNetwork } from '@subspace/dense';
 *
 * const network = denseNetwork({ sizes: [1, 1], seed: 1 });
 * const data = arraysDataset({ inputs: { data: Float32Array.of(-1, 1), shape: [2, 1] }, targets: { data: Float32Array.of(0, 0), shape: [2, 1] } });
 * const { loss } = await lossAlongRays(network, data, {
 *   center: Float32Array.of(0, 0), directions: { count: 2, seed: 1 }, distances: [0, 1, 2], likelihood: gaussianLikelihood({ variance: 1 }),
 * });
 * loss[0]; // ½ log 2π + [0, 0.5, 2]
 * network.dispose();
 * ```
 */
export async function lossAlongRays(
  network: Network,
  data: Dataset,
  options: LossAlongRaysOptions,
): Promise<RayLosses> {
  requireOptions(WHERE, 'options', options);
  requireKnownOptions(WHERE, options, [...lossOptions, 'center', 'directions', 'distances', 'signal', 'onProgress']);
  requireLossOptions(WHERE, network, data, options);
  const { layout } = network;
  const { center } = options;
  requireWeights(WHERE, 'center', center, layout.size);
  requireOptions(WHERE, 'distances', options.distances);
  requireFinite(WHERE, 'distances', options.distances);
  const distances = Float64Array.from(options.distances);
  if (distances.length === 0) throw argumentError(WHERE, 'distances is empty, expected at least one');
  const directions = unitDirections(options.directions, layout.size);
  const along = subspace({ layout, shift: center, basis: directions });
  const points = directions.flatMap((_, k) =>
    Array.from(distances, (distance) => Float64Array.from(directions, (_, j) => (j === k ? distance : 0))),
  );
  const found = await losses(WHERE, network, data, along, points, options);
  const loss = directions.map((_, k) => found.slice(k * distances.length, (k + 1) * distances.length));
  return { distances, directions, loss };
}

function unitDirections(directions: LossAlongRaysOptions['directions'], size: number): Float32Array[] {
  if (!Array.isArray(directions)) {
    requireOptions(WHERE, 'directions', directions);
    const { count, seed } = directions as { readonly count: number; readonly seed: number | string };
    requireKnownOptions(WHERE, directions, ['count', 'seed']);
    requireCount(WHERE, 'directions.count', count);
    requireSeed(WHERE, seed);
    const random = randomSource(seed);
    return Array.from({ length: count }, (_, k) => randomDirection(size, random.fork(`direction ${k}`)));
  }
  if (directions.length === 0) throw argumentError(WHERE, 'directions is empty, expected at least one');
  return directions.map((direction: Float32Array, k) => {
    requireWeights(WHERE, `directions[${k}]`, direction, size);
    const length = norm(direction);
    if (length === 0) throw argumentError(WHERE, `directions[${k}] is ${show(0)} everywhere, expected a direction`);
    return direction.map((value) => value / length);
  });
}

/** Uniform on the sphere. */
function randomDirection(size: number, random: RandomSource): Float32Array {
  const direction = Float64Array.from({ length: size }, () => random.normal());
  const length = norm(direction);
  return Float32Array.from(direction, (value) => value / length);
}
