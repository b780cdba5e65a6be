import {
  argumentError,
  logSumExp,
  requireCount,
  requireFinite,
  requireOptions,
  requirePositive,
} from '@subspace/core/internals';
import { requireNumbers } from './numbers.ts';
import { type Probabilities, readProbabilities, requireLabels } from './probabilities.ts';

/** Logits [N, C] row major, or probabilities, whose logarithms will do. */
export type LogitsOrProbabilities = { readonly classes: number; readonly logits: ArrayLike<number> } | Probabilities;

/** Temperatures outside are not looked for: 0 and ∞ would be optimal where all labels, or fewer than chance, have the largest logit. */
const [LOWEST, HIGHEST] = [0.01, 100];

/**
 * Temperature scaling: the T that minimises the mean −log softmax(logits / T) of the labels. One number, found on validation data, that repairs
 * over- or underconfidence and changes no answer.
 *
 * The loss is convex in 1/T; Newton steps within a bracket find its minimum to the last digits (the original's LBFGS never clears its gradient and can diverge).
 *
 * @param prediction logits [N, C] row major, or probabilities [N, C] of a model average (their logarithms are taken for logits)
 * @param labels [N], from 0 to C − 1
 * @returns T within [0.01, 100], and the mean −log p in nats at T
 * @throws on different lengths, no labels, a label out of range, rows that are not probabilities, or a number that is NaN or ∞
 * @see Guo, Pleiss, Sun & Weinberger (2017), "On calibration of modern neural networks", Section 4.2
 * @example
 * ```ts
 * import { scaleTemperature, temperatureScaling } from '@subspace/metrics';
 *
 * // Sure with odds of e⁴, right three times of four: odds of 3 = e^(4/T) would be honest.
 * const prediction = { classes: 2, logits: [4, 0, 4, 0, 4, 0, 4, 0] };
 * const { temperature } = temperatureScaling(prediction, [0, 0, 0, 1]); // 4 / log 3 = 3.64…
 * scaleTemperature(prediction, temperature).probabilities; // [0.75, 0.25, …]
 * ```
 */
export function temperatureScaling(
  prediction: LogitsOrProbabilities,
  labels: ArrayLike<number>,
): { readonly temperature: number; readonly nll: number } {
  const logits = readLogits('temperatureScaling', prediction);
  const { classes } = prediction;
  requireLabels(
    'temperatureScaling',
    'logits' in prediction ? 'logits' : 'probabilities',
    logits.length,
    classes,
    labels,
  );

  /** Mean −log p at β = 1/T, and its first two derivatives: E[ℓ] − ℓ of the label, and Var[ℓ], under softmax(β·ℓ). */
  const loss = (beta: number): { nll: number; slope: number; curvature: number } => {
    let [nll, slope, curvature] = [0, 0, 0];
    const row = new Float64Array(classes);
    for (let i = 0; i < labels.length; i++) {
      for (let c = 0; c < classes; c++) row[c] = beta * logits[i * classes + c];
      const normaliser = logSumExp(row);
      let [first, second] = [0, 0];
      const own = logits[i * classes + labels[i]];
      for (let c = 0; c < classes; c++) {
        const weight = Math.exp(row[c] - normaliser);
        if (weight === 0) continue;
        const difference = logits[i * classes + c] - own;
        first += weight * difference;
        second += weight * difference ** 2;
      }
      nll += normaliser - row[labels[i]];
      slope += first;
      curvature += second - first ** 2;
    }
    return { nll: nll / labels.length, slope, curvature };
  };

  let [low, high] = [1 / HIGHEST, 1 / LOWEST];
  let beta = 1;
  // Each step halves log(high / low) at worst: 200 are far more than doubles can use.
  for (let i = 0; i < 200; i++) {
    const { slope, curvature } = loss(beta);
    if (slope > 0) high = beta;
    else low = beta;
    let next = beta - slope / curvature;
    if (!(next > low && next < high)) next = Math.sqrt(low * high);
    if (Math.abs(next - beta) <= 4 * Number.EPSILON * beta) break;
    beta = next;
  }
  return { temperature: 1 / beta, nll: loss(beta).nll };
}

/**
 * Probabilities softmax(logits / T).
 *
 * @param prediction logits [N, C] row major, or probabilities [N, C], whose logarithms are taken for logits
 * @param temperature T > 0, as `temperatureScaling` finds it
 * @returns a prediction that the classification metrics take
 * @throws on a temperature that isn't positive, rows that are not probabilities, or a number that is NaN or ∞
 * @example
 * ```ts
 * import { scaleTemperature } from '@subspace/metrics';
 *
 * scaleTemperature({ classes: 2, logits: [Math.log(9), 0] }, 2).probabilities; // [0.75, 0.25], not [0.9, 0.1]
 * ```
 */
export function scaleTemperature(
  prediction: LogitsOrProbabilities,
  temperature: number,
): { readonly classes: number; readonly probabilities: Float64Array } {
  requirePositive('scaleTemperature', 'temperature', temperature);
  const { classes } = prediction;
  const probabilities = readLogits('scaleTemperature', prediction).map((logit) => logit / temperature);
  for (let start = 0; start < probabilities.length; start += classes) {
    const row = probabilities.subarray(start, start + classes);
    const normaliser = logSumExp(row);
    for (let c = 0; c < classes; c++) row[c] = Math.exp(row[c] - normaliser);
  }
  return { classes, probabilities };
}

function readLogits(where: string, prediction: LogitsOrProbabilities): Float64Array {
  requireOptions(where, 'prediction', prediction);
  if (!('logits' in prediction)) {
    const { probabilities } = readProbabilities(where, prediction);
    requireFinite(where, 'probabilities', prediction.probabilities);
    return probabilities.map((probability) => Math.log(Math.max(probability, SMALLEST)));
  }
  const { classes, logits } = prediction;
  requireCount(where, 'classes', classes, 2);
  requireNumbers(where, 'logits', logits);
  requireFinite(where, 'logits', logits);
  if (logits.length % classes !== 0) {
    throw argumentError(where, `logits have length ${logits.length}, expected a multiple of ${classes} classes`);
  }
  return Float64Array.from(logits);
}

/** In place of a probability that has underflowed: the smallest normal double. */
const SMALLEST = 2 ** -1022;
