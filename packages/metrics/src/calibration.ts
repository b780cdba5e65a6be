import { requireKnownOptions } from '@subspace/core/internals';
import { binned, type CalibrationOptions } from './bins.ts';
import { hasNaN } from './numbers.ts';
import { mostProbable, type Probabilities, readLabelled } from './probabilities.ts';

/** A reliability diagram: per bin, how sure and how right. */
export interface CalibrationCurve {
  /** Points of each bin [bins]. */
  readonly count: Int32Array;
  /** Mean confidence [bins]; 0 where the bin is empty. NaN, as `accuracy`, in every bin where a probability is not finite: no point is then counted. */
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
 * @throws on different lengths, no labels, a label out of range, or rows that are not probabilities
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
  const { classes, probabilities } = readLabelled('classwiseCalibrationError', prediction, labels);
  let sum = 0;
  for (let c = 0; c < classes; c++) {
    const confidence = Float64Array.from(labels, (_, i) => probabilities[i * classes + c]);
    const correct = Uint8Array.from(labels, (label) => (label === c ? 1 : 0));
    sum += meanGap(curveOfPoints('classwiseCalibrationError', confidence, correct, options), 1);
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
  const read = readLabelled(where, prediction, labels);
  const best = Int32Array.from(labels, (_, i) => mostProbable(read, i));
  const confidence = Float64Array.from(best, (c, i) => read.probabilities[i * read.classes + c]);
  return curveOfPoints(
    where,
    confidence,
    Uint8Array.from(best, (c, i) => (c === labels[i] ? 1 : 0)),
    options,
  );
}

function curveOfPoints(
  where: string,
  confidence: Float64Array,
  correct: Uint8Array,
  options: CalibrationOptions,
): CalibrationCurve {
  const { bins, bin } = binned(where, confidence, options);
  const count = new Int32Array(bins);
  const meanConfidence = new Float64Array(bins);
  const accuracy = new Float64Array(bins);
  if (hasNaN(confidence)) {
    return {
      count,
      confidence: meanConfidence.fill(Number.NaN),
      accuracy: accuracy.fill(Number.NaN),
      points: confidence.length,
    };
  }
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
