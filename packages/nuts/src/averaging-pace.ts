import type { AveragingPace } from '@subspace/core/internals';

/** As in the paper and in Stan: for acceptances that are averages over trajectories. */
export const TRAJECTORY_PACE: AveragingPace = { gamma: 0.05, eagerness: 10, eagernessInBrief: 0.5 };

/**
 * For acceptances of single proposals, which are mostly near 0 or near 1: at the pace of trajectories they would throw the step size about by several
 * powers of e, and what 50 steps average of that is far from the best (on a 10-dimensional Gaussian it costs half of MALA's effective draws).
 */
export const PROPOSAL_PACE: AveragingPace = { gamma: 0.5, eagerness: 1, eagernessInBrief: 1 };
