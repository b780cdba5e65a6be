import { argumentError, requireCount } from '../argument.ts';

/** Probabilities [N, C] row major. */
export interface Probabilities {
  readonly classes: number;
  readonly probabilities: ArrayLike<number>;
}

/**
 * Share of points whose most probable class is the label.
 *
 * @param prediction probabilities [N, C] row major, as `predictClassification` gives them
 * @param labels [N], from 0 to C − 1
 * @throws on different lengths, no labels, or a label out of range
 * @example
 * ```ts
 * import { accuracy } from '@subspace/core';
 *
 * accuracy({ classes: 2, probabilities: [0.9, 0.1, 0.4, 0.6] }, [0, 0]); // 0.5
 * ```
 */
export function accuracy(prediction: Probabilities, labels: ArrayLike<number>): number {
  const { classes, probabilities } = prediction;
  requireLabels('accuracy', prediction, labels);
  let right = 0;
  for (let i = 0; i < labels.length; i++) {
    let best = 0;
    for (let c = 1; c < classes; c++) if (probabilities[i * classes + c] > probabilities[i * classes + best]) best = c;
    if (best === labels[i]) right++;
  }
  return right / labels.length;
}

/**
 * Mean −log p(label) in nats.
 *
 * @param prediction probabilities [N, C] row major
 * @param labels [N], from 0 to C − 1
 * @throws on different lengths, no labels, or a label out of range
 * @example
 * ```ts
 * import { categoricalNll } from '@subspace/core';
 *
 * categoricalNll({ classes: 2, probabilities: [0.5, 0.5] }, [1]); // log 2 = 0.6931…
 * ```
 */
export function categoricalNll(prediction: Probabilities, labels: ArrayLike<number>): number {
  const { classes, probabilities } = prediction;
  requireLabels('categoricalNll', prediction, labels);
  let sum = 0;
  for (let i = 0; i < labels.length; i++) sum -= Math.log(probabilities[i * classes + labels[i]]);
  return sum / labels.length;
}

function requireLabels(where: string, { classes, probabilities }: Probabilities, labels: ArrayLike<number>): void {
  requireCount(where, 'classes', classes, 2);
  if (labels.length === 0) throw argumentError(where, 'labels are empty, expected at least one');
  if (probabilities.length !== labels.length * classes) {
    throw argumentError(
      where,
      `probabilities have length ${probabilities.length}, expected ${labels.length} × ${classes}`,
    );
  }
  for (let i = 0; i < labels.length; i++) {
    if (!(Number.isInteger(labels[i]) && labels[i] >= 0 && labels[i] < classes)) {
      throw argumentError(where, `labels[${i}] is ${labels[i]}, expected an integer from 0 to ${classes - 1}`);
    }
  }
}
