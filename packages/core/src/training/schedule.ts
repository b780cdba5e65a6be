import {
  argumentError,
  requireCount,
  requireKnownOptions,
  requireNonNegative,
  requireOptions,
  requirePositive,
} from '../argument.ts';

/** A learning rate for each epoch, counted from 0. */
export type Schedule = (epoch: number) => number;

/**
 * Linear decay: `learningRate` until `from`, `learningRate · factor` after `to`, linear between.
 *
 * The paper's regression runs use from = ½, to = 0.9 of the epochs, factor 0.05.
 *
 * @param options `from` and `to` as fractions of `epochs`
 * @see Izmailov et al. (2018), the schedule of their published code
 * @example
 * ```ts
 * import { linearDecay } from '@subspace/core';
 *
 * const rate = linearDecay({ learningRate: 0.1, epochs: 100, from: 0.5, to: 0.9, factor: 0.05 });
 * rate(0); // 0.1
 * rate(99); // 0.005
 * ```
 */
export function linearDecay(options: {
  learningRate: number;
  epochs: number;
  from?: number;
  to?: number;
  factor?: number;
}): Schedule {
  requireOptions('linearDecay', 'options', options);
  requireKnownOptions('linearDecay', options, ['learningRate', 'epochs', 'from', 'to', 'factor']);
  const { learningRate, epochs, from = 0.5, to = 0.9, factor = 0.05 } = options;
  requirePositive('linearDecay', 'learningRate', learningRate);
  requireCount('linearDecay', 'epochs', epochs);
  if (!(from >= 0 && from < to && to <= 1)) {
    throw argumentError('linearDecay', `from and to are ${from} and ${to}, expected 0 ≤ from < to ≤ 1`);
  }
  requireNonNegative('linearDecay', 'factor', factor);
  return (epoch) => {
    const t = epoch / epochs;
    if (t <= from) return learningRate;
    if (t >= to) return learningRate * factor;
    return learningRate * (1 - ((1 - factor) * (t - from)) / (to - from));
  };
}

/**
 * The SWAG schedule of the paper's image runs: constant to half of `swagStart`, linear down to `swagLearningRate` at 0.9 of it, constant from there on.
 *
 * @param options `swagStart` is the epoch at which collection starts; without SWAG give `epochs` only and the rate ends at 0.01 of its start
 * @see Izmailov et al. (2019), Supplement; Maddox et al. (2019)
 * @example
 * ```ts
 * import { swagSchedule } from '@subspace/core';
 *
 * const rate = swagSchedule({ learningRate: 0.05, swagLearningRate: 0.01, swagStart: 161, epochs: 300 });
 * rate(299); // 0.01
 * ```
 */
export function swagSchedule(options: {
  learningRate: number;
  epochs: number;
  swagLearningRate?: number;
  swagStart?: number;
}): Schedule {
  requireOptions('swagSchedule', 'options', options);
  requireKnownOptions('swagSchedule', options, ['learningRate', 'epochs', 'swagLearningRate', 'swagStart']);
  const { learningRate, epochs, swagLearningRate = 0.01 * learningRate, swagStart = epochs } = options;
  requirePositive('swagSchedule', 'learningRate', learningRate);
  requirePositive('swagSchedule', 'swagLearningRate', swagLearningRate);
  requireCount('swagSchedule', 'epochs', epochs);
  requireCount('swagSchedule', 'swagStart', swagStart);
  return linearDecay({ learningRate, epochs: swagStart, from: 0.5, to: 0.9, factor: swagLearningRate / learningRate });
}
