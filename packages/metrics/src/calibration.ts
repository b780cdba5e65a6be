import { argumentError, requireCount, requireKnownOptions, show } from '@subspace/core/internals';
import { mostProbable, type Probabilities, requireLabels } from './probabilities.ts';

export interface CalibrationOptions {
  /** Number of bins; default 15. */
  readonly bins?: number;
  /**
   * `'equal-width'` (default): (lo, hi] of width 1/bins. `'equal-mass'`: edges at equally spaced ranks of the confidences. `'equal-count'`: the sorted
   * confidences cut into pieces of n/bins, ties wherever they fall.
   */
  readonly binning?: 'equal-width' | 'equal-mass' | 'equal-count';
  /**
   * The bins of swa_gaussian's reliability diagrams: edges at every ⌈n/bins⌉-th sorted confidence, both of them excluded, so that points equal to an
   * edge are in no bin. Default false; excludes `binning`.
   */
  readonly paperCompat?: boolean;
}

const DEFAULT_BINS = 15;

/** A reliability diagram: per bin, how sure and how right. */
export interface CalibrationCurve {
  /** Points of each bin [bins]. */
  readonly count: Int32Array;
  /** Mean confidence [bins]; 0 where the bin is empty. */
  readonly confidence: Float64Array;
  /** Share of right answers [bins]; 0 where the bin is empty. */
  readonly accuracy: Float64Array;
  /** Of all points. */
  readonly points: number;
}

/**
 * Confidence and accuracy of the most probable class, by bins of confidence.
 *
 * @param prediction probabilities [N, C] row major, as `predictClassification` gives them
 * @param labels [N], from 0 to C − 1
 * @throws on different lengths, no labels, or a label out of range
 * @see Guo, Pleiss, Sun & Weinberger (2017), "On calibration of modern neural networks"; Maddox et al. (2019), Section 5.1, for `paperCompat`
 * @example
 * ```ts
 * import { calibrationCurve } from '@subspace/metrics';
 *
 * calibrationCurve({ classes: 2, probabilities: [0.9, 0.1, 0.3, 0.7] }, [0, 0], { bins: 4 }); // count [0, 0, 1, 1], accuracy [0, 0, 0, 1]
 * ```
 */
export function calibrationCurve(
  prediction: Probabilities,
  labels: ArrayLike<number>,
  options: CalibrationOptions = {},
): CalibrationCurve {
  return curveOf('calibrationCurve', prediction, labels, options);
}

/**
 * Expected calibration error: Σ_b n_b/N · |accuracy_b − confidence_b|, from 0 to 1.
 *
 * @param prediction probabilities [N, C] row major
 * @param labels [N], from 0 to C − 1
 * @throws as `calibrationCurve`
 * @see Naeini, Cooper & Hauskrecht (2015); Guo et al. (2017), Equation (3)
 * @example
 * ```ts
 * import { expectedCalibrationError } from '@subspace/metrics';
 *
 * expectedCalibrationError({ classes: 2, probabilities: [0.9, 0.1, 0.3, 0.7] }, [0, 0]); // (0.1 + 0.7) / 2
 * ```
 */
export function expectedCalibrationError(
  prediction: Probabilities,
  labels: ArrayLike<number>,
  options: CalibrationOptions = {},
): number {
  return meanGap(curveOf('expectedCalibrationError', prediction, labels, options), 1);
}

/**
 * Maximum calibration error: the largest |accuracy_b − confidence_b| of a bin that isn't empty.
 *
 * @param prediction probabilities [N, C] row major
 * @param labels [N], from 0 to C − 1
 * @throws as `calibrationCurve`
 * @see Naeini, Cooper & Hauskrecht (2015)
 * @example
 * ```ts
 * import { maximumCalibrationError } from '@subspace/metrics';
 *
 * maximumCalibrationError({ classes: 2, probabilities: [0.9, 0.1, 0.3, 0.7] }, [0, 0]); // 0.7
 * ```
 */
export function maximumCalibrationError(
  prediction: Probabilities,
  labels: ArrayLike<number>,
  options: CalibrationOptions = {},
): number {
  const { confidence, accuracy } = curveOf('maximumCalibrationError', prediction, labels, options);
  return confidence.reduce((largest, value, b) => Math.max(largest, Math.abs(accuracy[b] - value)), 0);
}

/**
 * Root-mean-square calibration error: √(Σ_b n_b/N · (accuracy_b − confidence_b)²).
 *
 * @param prediction probabilities [N, C] row major
 * @param labels [N], from 0 to C − 1
 * @throws as `calibrationCurve`
 * @see Hendrycks, Mazeika & Dietterich (2019)
 * @example
 * ```ts
 * import { rootMeanSquareCalibrationError } from '@subspace/metrics';
 *
 * rootMeanSquareCalibrationError({ classes: 2, probabilities: [0.9, 0.1, 0.3, 0.7] }, [0, 0]); // √((0.1² + 0.7²) / 2) = 0.5
 * ```
 */
export function rootMeanSquareCalibrationError(
  prediction: Probabilities,
  labels: ArrayLike<number>,
  options: CalibrationOptions = {},
): number {
  return Math.sqrt(meanGap(curveOf('rootMeanSquareCalibrationError', prediction, labels, options), 2));
}

/**
 * Adaptive calibration error (AdaECE): the expected calibration error over bins that hold as many points each.
 *
 * @param prediction probabilities [N, C] row major
 * @param labels [N], from 0 to C − 1
 * @param options `bins`; default 15
 * @throws as `calibrationCurve`
 * @see Nguyen & O'Connor (2015); Mukhoti et al. (2020), "Calibrating deep neural networks using focal loss"
 * @example
 * ```ts
 * import { adaptiveCalibrationError } from '@subspace/metrics';
 *
 * adaptiveCalibrationError({ classes: 2, probabilities: [0.9, 0.1, 0.3, 0.7] }, [0, 0]); // (0.1 + 0.7) / 2
 * ```
 */
export function adaptiveCalibrationError(
  prediction: Probabilities,
  labels: ArrayLike<number>,
  options: Pick<CalibrationOptions, 'bins'> = {},
): number {
  requireKnownOptions('adaptiveCalibrationError', options, ['bins']);
  return meanGap(curveOf('adaptiveCalibrationError', prediction, labels, { ...options, binning: 'equal-mass' }), 1);
}

/**
 * Classwise calibration error: the mean over classes of the expected calibration error of that class's probability, whether it is the largest or not.
 *
 * @param prediction probabilities [N, C] row major
 * @param labels [N], from 0 to C − 1
 * @throws as `calibrationCurve`
 * @see Kull et al. (2019), "Beyond temperature scaling", Section 2
 * @example
 * ```ts
 * import { classwiseCalibrationError } from '@subspace/metrics';
 *
 * classwiseCalibrationError({ classes: 2, probabilities: [0.9, 0.1, 0.3, 0.7] }, [0, 0]); // the mean of 0.4 and 0.4
 * ```
 */
export function classwiseCalibrationError(
  prediction: Probabilities,
  labels: ArrayLike<number>,
  options: CalibrationOptions = {},
): number {
  requireLabels('classwiseCalibrationError', prediction, labels);
  const { classes, probabilities } = prediction;
  let sum = 0;
  for (let c = 0; c < classes; c++) {
    const confidence = Float64Array.from(labels, (_, i) => probabilities[i * classes + c]);
    const correct = Uint8Array.from(labels, (label) => (label === c ? 1 : 0));
    sum += meanGap(binned('classwiseCalibrationError', confidence, correct, options), 1);
  }
  return sum / classes;
}

function meanGap({ count, confidence, accuracy, points }: CalibrationCurve, power: 1 | 2): number {
  return confidence.reduce((sum, value, b) => sum + (count[b] / points) * Math.abs(accuracy[b] - value) ** power, 0);
}

function curveOf(
  where: string,
  prediction: Probabilities,
  labels: ArrayLike<number>,
  options: CalibrationOptions,
): CalibrationCurve {
  requireLabels(where, prediction, labels);
  const best = Int32Array.from(labels, (_, i) => mostProbable(prediction, i));
  const confidence = Float64Array.from(best, (c, i) => prediction.probabilities[i * prediction.classes + c]);
  return binned(
    where,
    confidence,
    Uint8Array.from(best, (c, i) => (c === labels[i] ? 1 : 0)),
    options,
  );
}

function binned(
  where: string,
  confidence: Float64Array,
  correct: Uint8Array,
  options: CalibrationOptions,
): CalibrationCurve {
  const bin = binsOf(where, confidence, options);
  const { bins = DEFAULT_BINS } = options;
  const count = new Int32Array(bins);
  const meanConfidence = new Float64Array(bins);
  const accuracy = new Float64Array(bins);
  bin.forEach((b, i) => {
    if (b < 0) return;
    count[b]++;
    meanConfidence[b] += confidence[i];
    accuracy[b] += correct[i];
  });
  for (let b = 0; b < bins; b++) {
    if (count[b] === 0) continue;
    meanConfidence[b] /= count[b];
    accuracy[b] /= count[b];
  }
  return { count, confidence: meanConfidence, accuracy, points: confidence.length };
}

/** The bin of each point; −1 for none. */
function binsOf(where: string, confidence: Float64Array, options: CalibrationOptions): Int32Array {
  requireKnownOptions(where, options, ['bins', 'binning', 'paperCompat']);
  const { bins = DEFAULT_BINS, binning = 'equal-width', paperCompat = false } = options;
  requireCount(where, 'bins', bins);
  const n = confidence.length;
  const sorted = confidence.slice().sort();
  if (paperCompat) {
    if (options.binning !== undefined) {
      throw argumentError(where, 'binning and paperCompat are both given, expected one of them');
    }
    const step = Math.ceil(n / bins);
    const edges = sorted.filter((_, i) => i % step === 0);
    if (n % step !== 1) return strictlyBetween(confidence, Float64Array.of(...edges, sorted[n - 1]));
    return strictlyBetween(confidence, edges);
  }
  switch (binning) {
    case 'equal-width':
      return between(
        confidence,
        Float64Array.from({ length: bins + 1 }, (_, b) => b / bins),
      );
    case 'equal-mass': {
      const edges = Float64Array.from({ length: bins + 1 }, (_, b) => {
        const rank = (b * n) / bins;
        const below = Math.min(Math.floor(rank), n - 1);
        return sorted[below] + (rank - below) * (sorted[Math.min(below + 1, n - 1)] - sorted[below]);
      });
      return between(confidence, edges);
    }
    case 'equal-count': {
      const order = Array.from(confidence.keys()).sort((a, b) => confidence[a] - confidence[b]);
      const bin = new Int32Array(n);
      const [size, larger] = [Math.floor(n / bins), n % bins];
      order.forEach((i, rank) => {
        // The first n mod bins pieces have one more.
        const inLarger = larger * (size + 1);
        bin[i] = rank < inLarger ? Math.floor(rank / (size + 1)) : larger + Math.floor((rank - inLarger) / size);
      });
      return bin;
    }
    default:
      throw argumentError(where, `binning is ${show(binning)}, expected equal-width, equal-mass or equal-count`);
  }
}

/** Bins (edge, next edge]; the first takes what is below it too. */
function between(values: Float64Array, edges: Float64Array): Int32Array {
  return Int32Array.from(values, (value) => {
    let b = 0;
    while (b < edges.length - 2 && value > edges[b + 1]) b++;
    return b;
  });
}

function strictlyBetween(values: Float64Array, edges: Float64Array): Int32Array {
  return Int32Array.from(values, (value) => {
    for (let b = 0; b < edges.length - 1; b++) if (value > edges[b] && value < edges[b + 1]) return b;
    return -1;
  });
}
