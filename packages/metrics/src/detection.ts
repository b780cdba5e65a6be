import { argumentError, requireKnownOptions, requireLength, requireOptions, show } from '@subspace/core/internals';
import { hasNaN, requireNumbers } from './numbers.ts';

/**
 * Area under the receiver operating characteristic: the probability that a positive scores above a negative, ties counting half.
 *
 * For out-of-distribution detection: scores such as the entropy, positives the points from outside.
 *
 * @param scores [N], larger means more positive
 * @param positive [N], 1 or true for the positives
 * @returns NaN where a score is
 * @throws on different lengths, or unless there are both positives and negatives
 * @see Hanley & McNeil (1982); Hendrycks & Gimpel (2017) for detection
 * @example
 * ```ts
 * import { auroc } from '@subspace/metrics';
 *
 * auroc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]); // 0.75
 * ```
 */
export function auroc(scores: ArrayLike<number>, positive: ArrayLike<number | boolean>): number {
  const { steps, positives, negatives } = thresholds('auroc', scores, positive);
  if (hasNaN(scores)) return Number.NaN;
  let area = 0;
  let [right, wrong] = [0, 0];
  for (const step of steps) {
    area += ((step.wrong - wrong) * (step.right + right)) / 2;
    ({ right, wrong } = step);
  }
  return area / positives / negatives;
}

/**
 * Area under the precision–recall curve, as the average precision Σ (Rₖ − Rₖ₋₁)·Pₖ over the thresholds.
 *
 * @param scores [N], larger means more positive
 * @param positive [N], 1 or true for the positives
 * @throws as `auroc`
 * @see Davis & Goadrich (2006); equal to scikit-learn's average_precision_score
 * @example
 * ```ts
 * import { aupr } from '@subspace/metrics';
 *
 * aupr([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]); // 0.8333…
 * ```
 */
export function aupr(scores: ArrayLike<number>, positive: ArrayLike<number | boolean>): number {
  const { steps, positives } = thresholds('aupr', scores, positive);
  if (hasNaN(scores)) return Number.NaN;
  let area = 0;
  let before = 0;
  for (const { right, wrong } of steps) {
    area += (right - before) * (right / (right + wrong));
    before = right;
  }
  // No term rounds above its whole number of positives, so the area is at most 1.
  return area / positives;
}

/**
 * False positive rate at the highest threshold that finds a share `tpr` of the positives: FPR95 by default.
 *
 * @param scores [N], larger means more positive
 * @param positive [N], 1 or true for the positives
 * @param options `tpr` in (0, 1]; default 0.95
 * @throws as `auroc`
 * @see Liang, Li & Srikant (2018), "Enhancing the reliability of out-of-distribution image detection"
 * @example
 * ```ts
 * import { fprAtTpr } from '@subspace/metrics';
 *
 * fprAtTpr([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]); // 0.5: to find both positives, one of two negatives is taken along
 * ```
 */
export function fprAtTpr(
  scores: ArrayLike<number>,
  positive: ArrayLike<number | boolean>,
  options: { readonly tpr?: number } = {},
): number {
  requireKnownOptions('fprAtTpr', options, ['tpr']);
  const { tpr = 0.95 } = options;
  if (!(tpr > 0 && tpr <= 1)) throw argumentError('fprAtTpr', `tpr is ${tpr}, expected a number above 0, at most 1`);
  const { steps, positives, negatives } = thresholds('fprAtTpr', scores, positive);
  if (hasNaN(scores)) return Number.NaN;
  return steps.find(({ right }) => right / positives >= tpr)!.wrong / negatives;
}

/** How many positives and negatives score at least each distinct score, from the highest down. */
function thresholds(
  where: string,
  scores: ArrayLike<number>,
  positive: ArrayLike<number | boolean>,
): { steps: readonly { right: number; wrong: number }[]; positives: number; negatives: number } {
  requireNumbers(where, 'scores', scores);
  requireOptions(where, 'positive', positive);
  requireLength(where, 'positive', positive, scores.length);
  for (let i = 0; i < positive.length; i++) {
    if (![0, 1, false, true].includes(positive[i])) {
      throw argumentError(where, `positive[${i}] is ${show(positive[i])}, expected 0, 1, false or true`);
    }
  }
  const values = Float64Array.from(scores);
  const order = Array.from(values.keys()).sort((a, b) => values[b] - values[a]);
  const steps: { right: number; wrong: number }[] = [];
  let [right, wrong] = [0, 0];
  order.forEach((i, rank) => {
    if (positive[i]) right++;
    else wrong++;
    if (rank === order.length - 1 || values[order[rank + 1]] !== values[i]) steps.push({ right, wrong });
  });
  if (right === 0 || wrong === 0) {
    throw argumentError(where, `there are ${right} positives and ${wrong} negatives, expected both`);
  }
  return { steps, positives: right, negatives: wrong };
}
