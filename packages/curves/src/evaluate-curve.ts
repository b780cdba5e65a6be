import type { CancelSignal, Dataset, Network } from '@subspace/core';
import {
  abortError,
  argumentError,
  breath,
  requireCount,
  requireKnownOptions,
  requireOptions,
  requireSameLayout,
} from '@subspace/core/internals';
import { bezierCurve } from './bezier-curve.ts';
import type { Curve } from './curve.ts';
import { requireCurvePoints } from './curve-points.ts';
import { type Profile, profile } from './profile.ts';
import {
  requireScoreOptions,
  type ScoreOptions,
  scoreOptions,
  type WeightScores,
  weightScores,
} from './weight-scores.ts';

export interface EvaluateCurveOptions extends ScoreOptions {
  /** How many points, evenly spaced in t, ends included. Default 61, the reference's. */
  points?: number;
  signal?: CancelSignal;
  /** Called after each point: of the curve, then of the line. */
  onProgress?: (progress: { readonly point: number; readonly of: number; readonly secondsLeft: number }) => void;
}

/** Scores along a curve, and along the straight line between its ends. */
export interface CurveEvaluation {
  /** Of both. */
  readonly times: Float64Array;
  readonly curve: Profile;
  readonly line: Profile;
}

const WHERE = 'evaluateCurve';

/**
 * Loss, NLL, error and accuracy along a curve, and along the straight line between its ends: whether it goes round the barrier between them.
 *
 * @throws on a curve of another network, invalid options, or a network with batch norm without `refresh`; when cancelled, an error with `code: 'ABORTED'`
 * @see Garipov et al. (2018), Table 1: minimum, maximum, average and integral
 * @example
 * ```ts
 * import { arraysDataset, gaussianLikelihood } from '@subspace/core';
 * import { bezierCurve, evaluateCurve } from '@subspace/curves';
 * import { denseNetwork } from '@subspace/dense';
 *
 * const network = denseNetwork({ sizes: [1, 1], seed: 1 }); // y = a·x + b
 * const data = arraysDataset({ inputs: { data: Float32Array.of(-1, 1), shape: [2, 1] }, targets: { data: Float32Array.of(0, 0), shape: [2, 1] } });
 * const arc = bezierCurve([Float32Array.of(-1, 0), Float32Array.of(0, 2), Float32Array.of(1, 0)]);
 * const { curve, line } = await evaluateCurve(network, data, arc, { likelihood: gaussianLikelihood({ variance: 1 }), points: 3 });
 * line.error.values; // [1, 0, 1]: a, from −1 to 1, is the error
 * curve.error.values; // [1, 1, 1]: half-way, b is 1
 * network.dispose();
 * ```
 */
export async function evaluateCurve(
  network: Network,
  data: Dataset,
  curve: Curve,
  options: EvaluateCurveOptions,
): Promise<CurveEvaluation> {
  requireOptions(WHERE, 'curve', curve);
  requireOptions(WHERE, 'options', options);
  requireKnownOptions(WHERE, options, [...scoreOptions, 'points', 'signal', 'onProgress']);
  requireScoreOptions(WHERE, network, data, options);
  const { points = 61, signal, onProgress } = options;
  requireCount(WHERE, 'points', points, 2);
  if (curve.layout) requireSameLayout(WHERE, 'curve', curve.layout, network.layout);
  if (curve.points[0].length !== network.layout.size) {
    throw argumentError(
      WHERE,
      `curve has ${curve.points[0].length} weights, expected ${network.layout.size} as the network`,
    );
  }
  requireCurvePoints(WHERE, curve.points);

  const times = Float64Array.from({ length: points }, (_, i) => i / (points - 1));
  const pause = breath();
  const started = performance.now();
  const of = 2 * points;
  let done = 0;
  const rest = async () => {
    if (signal?.aborted) throw abortError(WHERE, signal, {});
    if (pause.due()) await pause.rest();
  };
  const along = async (path: Curve): Promise<Profile> => {
    const distances = new Float64Array(points);
    const scores: WeightScores[] = [];
    let [now, before] = [path.point(0), path.point(0)];
    for (let i = 0; i < points; i++) {
      [now, before] = [path.point(times[i], before), now];
      if (i > 0) distances[i] = distances[i - 1] + chord(before, now);
      scores.push(await weightScores(network, data, now, options, rest));
      done++;
      const secondsLeft = ((of - done) / done) * ((performance.now() - started) / 1000);
      onProgress?.({ point: done, of, secondsLeft });
    }
    return profile(distances, scores);
  };
  const ends = [curve.points[0], curve.points[curve.points.length - 1]];
  return { times, curve: await along(curve), line: await along(bezierCurve(ends)) };
}

function chord(a: Float32Array, b: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += (b[i] - a[i]) * (b[i] - a[i]);
  return Math.sqrt(squares);
}
