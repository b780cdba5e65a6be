import type { Dataset, FitResult, Network, TrainingOptions } from '@subspace/core';
import {
  argumentError,
  checksum,
  requireCount,
  requireOptions,
  requireTraining,
  requireVariances,
  show,
  train,
} from '@subspace/core/internals';
import { bezierCurve } from './bezier-curve.ts';
import { combination } from './combination.ts';
import type { Curve } from './curve.ts';
import { requireDifferentEnds, requireWeights } from './curve-points.ts';
import { polygonalCurve } from './polygonal-curve.ts';

export interface FitCurveOptions extends TrainingOptions {
  /** Weights of a solution [D]. */
  start: Float32Array;
  /** Of another one. */
  end: Float32Array;
  /** How many, at first evenly spaced on the straight line; or where they are at first. Default 1. */
  bends?: number | readonly Float32Array[];
  /** Default `'bezier'`. */
  kind?: Curve['kind'];
  /** `'fixed'`, the default: start and end stay what they are. `'free'`: they are trained as the bends are. */
  ends?: 'fixed' | 'free';
}

/** A curve, and how its training went. */
export interface FittedCurve extends Curve, Pick<FitResult, 'findings'> {
  /** Mean −log p of each epoch's rows, at the points of the curve where they were seen. */
  readonly loss: readonly number[];
}

const WHERE = 'fitCurve';

/**
 * Trains a curve of low loss between two solutions: minimises E[−log p(y | x, w(t))] over t ~ U(0, 1), one t a batch.
 *
 * A step is one of the network's trainer over several points: with w(t) = Σₖ cₖ(t)·θₖ, each free θₖ gets the gradient cₖ(t)·∂/∂w(t); weight decay acts on w(t). The
 * network's own weights stay as they are. The same seed gives the same curve. Epochs, schedule, progress, cancelling and checkpoints are those of `fit`.
 *
 * Batch norm normalises by the batch while a curve is trained, and nothing is kept of it: statistics belong to one t. Refresh them
 * (`network.refreshStatistics(curve.point(t), data)`) before predicting at a point. A start from a checkpoint, with the running statistics that were saved with it,
 * and `curve.point(0)` have the same weights, and are the same network once both are refreshed from the same data.
 *
 * @returns the curve, with the network's layout
 * @throws whatever `fit` throws, in the same cases; on ends that are the same or of another layout. When cancelled, the error has the `curve` so far.
 * @see Garipov et al. (2018), Equation (2): https://arxiv.org/abs/1802.10026
 * @example
 * ```ts
 * import { gaussianLikelihood, sgd } from '@subspace/core';
 * import type { FitCurveOptions } from '@subspace/curves';
 *
 * // const curve = await fitCurve(network, data, options)
 * const options: FitCurveOptions = {
 *   start: Float32Array.of(0, 0), end: Float32Array.of(1, 1), bends: 1,
 *   likelihood: gaussianLikelihood({ variance: 1 }), epochs: 100, batchSize: 50, optimizer: sgd({ momentum: 0.9 }), learningRate: 0.01, seed: 1,
 * };
 * ```
 */
export async function fitCurve(network: Network, data: Dataset, options: FitCurveOptions): Promise<FittedCurve> {
  requireOptions(WHERE, 'options', options);
  const { start, end, bends = 1, kind = 'bezier', ends = 'fixed', ...training } = options;
  requireTraining(WHERE, network, data, options, ['start', 'end', 'bends', 'kind', 'ends']);
  const { layout } = network;
  requireWeights(WHERE, 'start', start, layout.size);
  requireWeights(WHERE, 'end', end, layout.size);
  requireDifferentEnds(WHERE, start, end);
  if (kind !== 'bezier' && kind !== 'polygon') {
    throw argumentError(WHERE, `kind is ${show(kind)}, expected "bezier" or "polygon"`);
  }
  if (ends !== 'fixed' && ends !== 'free') {
    throw argumentError(WHERE, `ends is ${show(ends)}, expected "fixed" or "free"`);
  }
  const first = [start, ...firstBends(start, end, bends), end];
  await requireVariances(WHERE, network, data, training.likelihood);

  const curveThrough = (points: readonly Float32Array[]) =>
    kind === 'bezier' ? bezierCurve(points, { layout }) : polygonalCurve(points, { layout });
  const { coefficients } = curveThrough(first);
  const last = first.length - 1;
  const fixed = first.map((_, k) => ends === 'fixed' && (k === 0 || k === last));
  const trainer = network.trainer(data, training.likelihood, training.optimizer, { points: first, fixed });
  try {
    const { loss, findings } = await train({
      where: WHERE,
      network,
      data,
      options: training,
      trainer,
      identity: { curve: { kind, ends, points: first.map((point) => checksum([point])) } },
      coefficients: (random) => coefficients(random.uniform()),
    });
    return { ...curveThrough(await trainer.points()), loss, findings };
  } catch (error) {
    if ((error as { code?: unknown } | undefined)?.code === 'ABORTED') {
      Object.assign(error as object, { curve: curveThrough(await trainer.points()) });
    }
    throw error;
  } finally {
    trainer.dispose();
  }
}

function firstBends(start: Float32Array, end: Float32Array, bends: number | readonly Float32Array[]) {
  if (typeof bends === 'number') {
    requireCount(WHERE, 'bends', bends);
    return Array.from({ length: bends }, (_, k) => {
      const share = (k + 1) / (bends + 1);
      return combination([start, end], [1 - share, share], new Float32Array(start.length));
    });
  }
  if (!Array.isArray(bends) || bends.length === 0) {
    throw argumentError(WHERE, `bends is ${show(bends)}, expected how many, or a list of weights`);
  }
  bends.forEach((bend, k) => {
    requireWeights(WHERE, `bends[${k}]`, bend, start.length);
  });
  return bends as readonly Float32Array[];
}
