import { argumentError, requireLength } from '@subspace/core/internals';
import { hasNaN, requireNumbers } from './numbers.ts';

/** How the error falls when the least confident points are left unanswered. */
export interface RiskCoverage {
  /** Mean loss of the k most confident points, for k = 1 … N: at coverage k/N. */
  readonly risk: Float64Array;
  /** Area under the curve (AURC): the mean of the N risks. */
  readonly area: number;
  /** `area` less that of the best possible order (E-AURC): 0 if every error is less confident than every right answer. */
  readonly excessArea: number;
}

/**
 * Risk–coverage curve of selective prediction, and the area under it.
 *
 * @param confidence [N], larger means more sure: the largest probability, or minus an entropy or a variance
 * @param losses [N]: 1 for a wrong answer and 0 for a right one, or any loss
 * @returns points of equal confidence in the order given; NaN throughout where a confidence or a loss is
 * @throws on different lengths or no points
 * @see Geifman & El-Yaniv (2017); Geifman, Uziel & El-Yaniv (2019) for the excess area
 * @example
 * ```ts
 * import { riskCoverage } from '@subspace/metrics';
 *
 * riskCoverage([0.9, 0.8, 0.6], [0, 0, 1]); // risk [0, 0, 1/3], area 1/9, excessArea 0
 * ```
 */
export function riskCoverage(confidence: ArrayLike<number>, losses: ArrayLike<number>): RiskCoverage {
  const where = 'riskCoverage';
  requireNumbers(where, 'confidence', confidence);
  requireNumbers(where, 'losses', losses);
  if (confidence.length === 0) throw argumentError(where, 'confidence is empty, expected at least one point');
  requireLength(where, 'losses', losses, confidence.length);
  if (hasNaN(confidence) || hasNaN(losses)) {
    // A NaN has no place in the order of the others.
    return { risk: new Float64Array(losses.length).fill(Number.NaN), area: Number.NaN, excessArea: Number.NaN };
  }
  const order = Array.from({ length: confidence.length }, (_, i) => i).sort((a, b) => confidence[b] - confidence[a]);
  const risk = runningMeans(order.map((i) => losses[i]));
  const area = risk.reduce((sum, value) => sum + value, 0) / risk.length;
  const best = runningMeans(Float64Array.from(losses).sort());
  return { risk, area, excessArea: area - best.reduce((sum, value) => sum + value, 0) / best.length };
}

function runningMeans(values: ArrayLike<number>): Float64Array {
  let sum = 0;
  return Float64Array.from(values, (value, i) => {
    sum += value;
    return sum / (i + 1);
  });
}
