import { type CancelSignal, type Dataset, type Network, type Subspace, subspace, type Vector } from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireKnownOptions,
  requireNonNegative,
  requireOptions,
  show,
} from '@subspace/core/internals';
import { requireWeights } from './curve-points.ts';
import { orthogonalCoordinates, planeThrough } from './plane.ts';
import { type LossOptions, losses, lossOptions, requireLossOptions } from './subspace-losses.ts';

export interface LossPlaneOptions extends LossOptions {
  /** Three weight vectors [D] that are not on one line: ends and bend of a curve, or three solutions. */
  corners: readonly [Float32Array, Float32Array, Float32Array];
  /** Points along x and along y, or one number for both. Default 21. */
  resolution?: number | readonly [number, number];
  /** How far the grid goes beyond the corners, as a share of their extent. Default 0.2, the reference's. */
  margin?: number;
  signal?: CancelSignal;
  /** Called after each call of the network. */
  onProgress?: (progress: { readonly points: number; readonly of: number; readonly secondsLeft: number }) => void;
}

/** Losses over a plane of weight space. */
export interface Grid {
  /** Distances from the first corner, towards the third [X]. */
  readonly x: Float64Array;
  /** Distances from the line through the first and third corner, towards the second [Y]. */
  readonly y: Float64Array;
  /** Mean −log p (+ ½·λ·|w|²) at (x, y), [Y, X] row major. NaN where the network's outputs are beyond numbers. */
  readonly loss: Float64Array;
  /** (x, y) of the corners. */
  readonly corners: readonly [Vector, Vector, Vector];
  /** The plane, orthonormal: `toWeights(plane, [x, y])`. */
  readonly plane: Subspace;
  /** (x, y) of the point of the plane that is nearest to the weights: of a curve, or of draws, to be drawn on it. */
  coordinatesOf(weights: Float32Array): Vector;
}

const WHERE = 'lossPlane';

/** Points of a grid at most: half a gigabyte of losses and coordinates. */
const MOST_POINTS = 16_777_216;

/**
 * The loss over the plane through three weight vectors: mean −log p of the data on a grid in orthonormal coordinates, many points a call.
 *
 * The origin is the first corner, x is the distance towards the third, y that from the line between them towards the second. Distances in the figure are
 * distances in weight space.
 *
 * @throws on corners of another network, or on one line; on a grid that does not fit in memory; on invalid options; when cancelled, an error with
 * `code: 'ABORTED'`
 * @see Garipov et al. (2018), Figure 1
 * @example
 * ```ts
 * import { arraysDataset, gaussianLikelihood } from '@subspace/core';
 * import { lossPlane } from '@subspace/curves';
 * import { denseNetwork } from '@subspace/dense';
 *
 * const network = denseNetwork({ sizes: [1, 1], seed: 1 });
 * const data = arraysDataset({ inputs: { data: Float32Array.of(-1, 1), shape: [2, 1] }, targets: { data: Float32Array.of(0, 0), shape: [2, 1] } });
 * const { x, y, loss } = await lossPlane(network, data, {
 *   corners: [Float32Array.of(-1, 0), Float32Array.of(0, 1), Float32Array.of(1, 0)],
 *   likelihood: gaussianLikelihood({ variance: 1 }), resolution: [3, 2], margin: 0,
 * });
 * x; // [0, 1, 2]
 * y; // [0, 1]
 * loss; // [Y, X]: lowest at (1, 0), where both weights are 0
 * network.dispose();
 * ```
 */
export async function lossPlane(network: Network, data: Dataset, options: LossPlaneOptions): Promise<Grid> {
  requireOptions(WHERE, 'options', options);
  requireKnownOptions(WHERE, options, [...lossOptions, 'corners', 'resolution', 'margin', 'signal', 'onProgress']);
  requireLossOptions(WHERE, network, data, options);
  const { corners, resolution = 21, margin = 0.2 } = options;
  const { layout } = network;
  if (!Array.isArray(corners) || corners.length !== 3) {
    throw argumentError(WHERE, `corners is ${show(corners)}, expected three weight vectors`);
  }
  corners.forEach((corner, k) => {
    requireWeights(WHERE, `corners[${k}]`, corner, layout.size);
  });
  const [columns, rows] = typeof resolution === 'number' ? [resolution, resolution] : resolution;
  requireCount(WHERE, 'resolution', columns, 2);
  requireCount(WHERE, 'resolution', rows, 2);
  if (columns * rows > MOST_POINTS) {
    throw argumentError(
      WHERE,
      `resolution is ${columns} × ${rows}, which does not fit in memory, expected at most ${MOST_POINTS} points`,
    );
  }
  requireNonNegative(WHERE, 'margin', margin);

  const { along, across, lengths } = planeThrough(WHERE, ['corners[0]', 'corners[1]', 'corners[2]'], corners);
  const plane = subspace({
    layout,
    shift: corners[0].slice(),
    basis: [along, across].map((row, k) => Float32Array.from(row, (value) => value / lengths[k])),
  });
  const at = (weights: Float32Array) => orthogonalCoordinates(plane.shift, plane.basis, weights);
  const places = [at(corners[0]), at(corners[1]), at(corners[2])] as const;
  const [x, y] = [columns, rows].map((count, k) => {
    const values = places.map((place) => place[k]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const beyond = margin * (high - low);
    return Float64Array.from({ length: count }, (_, i) => low - beyond + ((high - low + 2 * beyond) * i) / (count - 1));
  });
  const points = Array.from({ length: columns * rows }, (_, i) =>
    Float64Array.of(x[i % columns], y[Math.floor(i / columns)]),
  );
  const loss = await losses(WHERE, network, data, plane, points, options);
  return {
    ...{ x, y, loss, plane },
    corners: places,
    coordinatesOf(weights) {
      requireWeights('coordinatesOf', 'weights', weights, layout.size);
      return at(weights);
    },
  };
}
