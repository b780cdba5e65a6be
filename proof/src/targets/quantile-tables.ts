import { normalQuantile } from '@subspace/core/internals';
import { LEVELS } from '../expectation.ts';

/** Of N(0, 1), at `LEVELS`. */
export const NORMAL_QUANTILES: readonly number[] = LEVELS.map(normalQuantile);

/** Of Student's t with 5 degrees of freedom, at `LEVELS` (scipy.stats.t(5).ppf). */
export const STUDENT_T5_QUANTILES: readonly number[] = [
  -2.0150483733330233, -0.7266868438004227, 0, 0.7266868438004227, 2.0150483733330233,
];
