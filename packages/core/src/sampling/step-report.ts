/**
 * What `diagnose` and `toInferenceData` look for in a step's info. An algorithm reports what it has; fields of other names are its own.
 */
export interface StepReport {
  /** Probability with which the proposal was accepted, or its mean over a trajectory. */
  readonly acceptance?: number;
  /** Hamiltonian of the trajectory, in nats. */
  readonly energy?: number;
  /** Where the trajectory diverged; absent if it didn't. */
  readonly divergence?: unknown;
  /** Why the trajectory ended: `'depth'` if its tree had as many doublings as are allowed. */
  readonly stopped?: string;
  /** Doublings of the trajectory. */
  readonly depth?: number;
  /** Leapfrog steps of the trajectory. */
  readonly steps?: number;
  readonly stepSize?: number;
  /** Proposals of a single step that were rejected because it led far too low: MALA's, with an energy error above 1000. */
  readonly overshot?: number;
  /** Evaluations of the step that were NaN, and taken for −∞. */
  readonly nonFinite?: number;
}

const NOTHING: StepReport = {};

/** An info as a report: nothing but objects has anything to tell. */
export function stepReport(info: unknown): StepReport {
  return typeof info === 'object' && info !== null ? info : NOTHING;
}
