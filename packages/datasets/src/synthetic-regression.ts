import { arraysDataset, type Dataset, type FloatArrays, type RandomSource, randomSource } from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireFinite,
  requireKnownOptions,
  requireLength,
  requirePositive,
  requireSeed,
} from '@subspace/core/internals';

export interface SyntheticRegressionOptions {
  readonly seed: number | string;
  /** Number of training points. Default 400, the paper's. */
  readonly points?: number;
  /** Standard deviation of the noise. Default 0.05, the paper's. */
  readonly noiseStd?: number;
  /** Points of each of the two test sets; without it there are none. */
  readonly testPoints?: number;
}

/** Points of a curve, and the same as a network takes them. */
export interface RegressionPoints {
  /** [N] */
  readonly x: Float32Array;
  /** [N] */
  readonly y: Float32Array;
  /** Inputs [x/2, (x/2)²], [N, 2]; targets y, [N, 1]. */
  readonly data: Dataset;
}

export interface SyntheticRegression extends RegressionPoints {
  /** The curve without noise. */
  truth(x: number): number;
  readonly noiseStd: number;
  /** Where the training points are. */
  readonly clusters: readonly (readonly [low: number, high: number])[];
  /**
   * Held-out points, with `testPoints`: distributed as the training points, and uniform over the rest of [−10, 10], in the gaps and margins that training
   * saw nothing of.
   */
  readonly test?: { readonly atClusters: RegressionPoints; readonly awayFromClusters: RegressionPoints };
}

/**
 * The paper's one-dimensional regression problem: points in three clusters on a curve that a random network draws.
 *
 * x is uniform over [−7.2, −4.8] ∪ [−1.2, 1.2] ∪ [4.8, 7.2]; y = truth(x) + N(0, noiseStd²). The truth is a 2-200-50-50-50-1 ReLU network of [x/2, (x/2)²] with weights
 * and biases uniform in ±1/√(inputs of the layer), which is PyTorch's default. Such a network is minute and nearly a parabola, which is linear in its two
 * inputs; its least-squares parabola over [−10, 10] is taken off, and what is left, the part worth learning, gets mean 0 and standard deviation ½ over the
 * clusters, the spread of the paper's own data (0.52). The paper does not say how its curve was drawn.
 *
 * The curve, the training points and the test points come from streams of their own: asking for other numbers of points does not change the curve.
 *
 * @param options `seed` of everything
 * @throws on a seed that is not finite, numbers of points that are no positive integers, or a noise that is not positive
 * @see Izmailov et al. (2019), Section 5.1
 * @example
 * ```ts
 * import { syntheticRegression } from '@subspace/datasets';
 *
 * const { x, y, data, truth, test } = syntheticRegression({ seed: 1, testPoints: 100 });
 * x.length; // 400
 * Math.abs(y[0] - truth(x[0])); // noise, about 0.05
 * data.inputShape; // [2]
 * test!.awayFromClusters.x.length; // 100
 * ```
 */
export function syntheticRegression(options: SyntheticRegressionOptions): SyntheticRegression {
  requireKnownOptions('syntheticRegression', options, ['seed', 'points', 'noiseStd', 'testPoints']);
  const { seed, points = 400, noiseStd = 0.05, testPoints } = options;
  requireSeed('syntheticRegression', seed);
  requireCount('syntheticRegression', 'points', points);
  requirePositive('syntheticRegression', 'noiseStd', noiseStd);
  if (testPoints !== undefined) requireCount('syntheticRegression', 'testPoints', testPoints);

  const random = randomSource(seed);
  const truth = standardizedCurve(randomNetwork(random.fork('network')));
  const draw = (count: number, intervals: Intervals, stream: RandomSource): RegressionPoints => {
    const x = new Float32Array(count);
    const y = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      x[i] = uniformOver(intervals, stream);
      y[i] = truth(x[i]) + noiseStd * stream.normal();
    }
    return { x, y, data: regressionDataset(x, y) };
  };
  const test = testPoints && {
    atClusters: draw(testPoints, CLUSTERS, random.fork('test at clusters')),
    awayFromClusters: draw(testPoints, REST, random.fork('test away from clusters')),
  };
  return {
    ...draw(points, CLUSTERS, random.fork('training')),
    truth,
    noiseStd,
    clusters: CLUSTERS,
    ...(test && { test }),
  };
}

/**
 * What the paper's regression network is given of x: [x/2, (x/2)²].
 *
 * @param x [N]
 * @returns [N, 2]
 * @throws on no points, or points that are not finite
 * @example
 * ```ts
 * import { regressionFeatures } from '@subspace/datasets';
 *
 * regressionFeatures([2, -4]); // { data: Float32Array [1, 1, -2, 4], shape: [2, 2] }
 * ```
 */
export function regressionFeatures(x: ArrayLike<number>): FloatArrays {
  if (x.length === 0) throw argumentError('regressionFeatures', 'x is empty, expected at least one point');
  requireFinite('regressionFeatures', 'x', x);
  const data = new Float32Array(2 * x.length);
  for (let i = 0; i < x.length; i++) {
    data[2 * i] = x[i] / 2;
    data[2 * i + 1] = (x[i] * x[i]) / 4;
  }
  return { data, shape: [x.length, 2] };
}

/**
 * Points of any curve as data for the paper's regression network.
 *
 * @param x [N]
 * @param y [N]
 * @throws on no points, different lengths, or values that are not finite
 * @example
 * ```ts
 * import { regressionDataset } from '@subspace/datasets';
 *
 * const data = regressionDataset([-1, 0, 1], [1, 0, 1]);
 * data.targetShape; // [1]
 * ```
 */
export function regressionDataset(x: ArrayLike<number>, y: ArrayLike<number>): Dataset {
  requireLength('regressionDataset', 'y', y, x.length);
  requireFinite('regressionDataset', 'y', y);
  return arraysDataset({
    inputs: regressionFeatures(x),
    targets: { data: Float32Array.from(y), shape: [y.length, 1] },
  });
}

type Intervals = readonly (readonly [low: number, high: number])[];

const CLUSTERS: Intervals = [
  [-7.2, -4.8],
  [-1.2, 1.2],
  [4.8, 7.2],
];
const REST: Intervals = [
  [-10, -7.2],
  [-4.8, -1.2],
  [1.2, 4.8],
  [7.2, 10],
];

function uniformOver(intervals: Intervals, random: RandomSource): number {
  const total = intervals.reduce((sum, [low, high]) => sum + high - low, 0);
  let at = total * random.uniform();
  for (const [low, high] of intervals) {
    if (at < high - low) return low + at;
    at -= high - low;
  }
  return intervals[intervals.length - 1][1];
}

/**
 * Without its least-squares parabola over [−10, 10], and with standard deviation ½ over the clusters.
 *
 * By symmetry of the grid, the even powers and the odd one are orthogonal, which leaves one slope and a pair of equations.
 */
function standardizedCurve(curve: (x: number) => number): (x: number) => number {
  const grid = Float64Array.from({ length: 401 }, (_, i) => (i - 200) / 20);
  const values = grid.map(curve);
  const sum = (f: (x: number, i: number) => number) => grid.reduce((total, x, i) => total + f(x, i), 0);
  const slope = sum((x, i) => x * values[i]) / sum((x) => x * x);
  const squareMean = sum((x) => x * x) / grid.length;
  const bend =
    sum((x, i) => (x * x - squareMean) * values[i]) / sum((x) => (x * x - squareMean) * (x * x - squareMean));
  const level = sum((_, i) => values[i]) / grid.length - bend * squareMean;
  const rest = (x: number) => curve(x) - level - slope * x - bend * x * x;

  const atClusters = CLUSTERS.flatMap(([low, high]) =>
    Array.from({ length: 241 }, (_, i) => rest(low + ((high - low) * i) / 240)),
  );
  const mean = atClusters.reduce((total, y) => total + y, 0) / atClusters.length;
  const std = Math.sqrt(atClusters.reduce((total, y) => total + (y - mean) * (y - mean), 0) / atClusters.length);
  return (x) => (0.5 * (rest(x) - mean)) / std;
}

function randomNetwork(random: RandomSource): (x: number) => number {
  const sizes = [2, 200, 50, 50, 50, 1];
  const layers = sizes.slice(1).map((outputs, l) => {
    const inputs = sizes[l];
    const entry = () => (2 * random.uniform() - 1) / Math.sqrt(inputs);
    const weights = Float64Array.from({ length: outputs * inputs }, entry);
    return { weights, biases: Float64Array.from({ length: outputs }, entry), last: l === sizes.length - 2 };
  });
  return (x) => layers.reduce(layerOutputs, Float64Array.of(x / 2, (x * x) / 4))[0];
}

function layerOutputs(
  inputs: Float64Array<ArrayBuffer>,
  layer: { weights: Float64Array; biases: Float64Array; last: boolean },
): Float64Array<ArrayBuffer> {
  const { weights, biases, last } = layer;
  const outputs = new Float64Array(biases.length);
  for (let o = 0, at = 0; o < outputs.length; o++) {
    let sum = biases[o];
    for (let i = 0; i < inputs.length; i++, at++) sum += weights[at] * inputs[i];
    outputs[o] = last || sum > 0 ? sum : 0;
  }
  return outputs;
}
