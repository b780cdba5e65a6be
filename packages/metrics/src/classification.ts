import { requireCount, requireKnownOptions } from '@subspace/core/internals';
import { type Probabilities, readLabelled } from './probabilities.ts';

/**
 * Share of points whose label is among the most probable classes.
 *
 * @param prediction probabilities [N, C] row major, as `predictClassification` gives them
 * @param labels [N], from 0 to C − 1
 * @param options `top`: how many classes count; default 1
 * @throws on different lengths, no labels, a label out of range, or rows that are not probabilities
 * @example
 * ```ts
 * import { accuracy } from '@subspace/metrics';
 *
 * accuracy({ classes: 2, probabilities: [0.9, 0.1, 0.4, 0.6] }, [0, 0]); // 0.5
 * ```
 */
export function accuracy(
  prediction: Probabilities,
  labels: ArrayLike<number>,
  options: { readonly top?: number } = {},
): number {
  requireKnownOptions('accuracy', options, ['top']);
  const { top = 1 } = options;
  requireCount('accuracy', 'top', top);
  const { classes, probabilities, broken } = readLabelled('accuracy', prediction, labels);
  if (broken) return Number.NaN;
  let right = 0;
  for (let i = 0; i < labels.length; i++) {
    const own = probabilities[i * classes + labels[i]];
    let before = 0;
    for (let c = 0; c < classes; c++) {
      const other = probabilities[i * classes + c];
      if (other > own || (other === own && c < labels[i])) before++;
    }
    if (before < top) right++;
  }
  return right / labels.length;
}

/**
 * Mean −log p(label) in nats.
 *
 * @param prediction probabilities [N, C] row major
 * @param labels [N], from 0 to C − 1
 * @throws on different lengths, no labels, a label out of range, or rows that are not probabilities
 * @example
 * ```ts
 * import { categoricalNll } from '@subspace/metrics';
 *
 * categoricalNll({ classes: 2, probabilities: [0.5, 0.5] }, [1]); // log 2 = 0.6931…
 * ```
 */
export function categoricalNll(prediction: Probabilities, labels: ArrayLike<number>): number {
  const { classes, probabilities } = readLabelled('categoricalNll', prediction, labels);
  let sum = 0;
  for (let i = 0; i < labels.length; i++) sum -= Math.log(probabilities[i * classes + labels[i]]);
  return sum / labels.length;
}
