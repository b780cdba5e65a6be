import { aCount, aNumber, objectOf, type Schema } from '../storage/schema.ts';

/**
 * Where dual averaging of a log step size stands. The log step size moves so that the average of target − acceptance goes to zero:
 * H̄ₜ = (1 − 1/(t + t₀))·H̄ₜ₋₁ + (δ − αₜ)/(t + t₀), log εₜ = μ − √t/γ·H̄ₜ, and log ε̄ₜ is its weighted average, weight t^−κ.
 *
 * @see Hoffman & Gelman (2014), "The No-U-Turn Sampler", Section 3.2.1
 */
export interface DualAveraging {
  /** t. */
  readonly count: number;
  /** μ, that log ε is drawn back to. */
  readonly centre: number;
  /** H̄. */
  readonly error: number;
  /** log ε, to be used next. */
  readonly log: number;
  /** log ε̄, to be kept at the end. */
  readonly average: number;
}

/** How a step size follows the acceptance. */
export interface AveragingPace {
  /** γ: the larger, the less a single acceptance moves the step size. */
  readonly gamma: number;
  /** μ = log(eagerness·ε₀): above 1, step sizes are tried from the large side. */
  readonly eagerness: number;
  /** The same where fewer than t₀ steps are left, from which a step size tried from the large side would not come back. */
  readonly eagernessInBrief: number;
}

/** t₀ and κ, as in the paper and in Stan. */
const [DELAY, DECAY] = [10, 0.75];

/** Whether steps are too few for the average to forget where it began: fewer than t₀. */
export function isBrief(steps: number): boolean {
  return steps < DELAY;
}

/** Begins at a step size, to be averaged over that many steps. */
export function dualAveraging(stepSize: number, pace: AveragingPace, steps: number): DualAveraging {
  const eagerness = isBrief(steps) ? pace.eagernessInBrief : pace.eagerness;
  return { count: 0, centre: Math.log(eagerness) + Math.log(stepSize), error: 0, log: Math.log(stepSize), average: 0 };
}

/** After a step whose acceptance probability was `acceptance`, where `target` (δ) is wanted. */
export function averaged(
  state: DualAveraging,
  acceptance: number,
  target: number,
  { gamma }: AveragingPace,
): DualAveraging {
  const count = state.count + 1;
  const weight = 1 / (count + DELAY);
  const error = (1 - weight) * state.error + weight * (target - acceptance);
  const log = state.centre - (Math.sqrt(count) / gamma) * error;
  const share = Math.exp(-DECAY * Math.log(count));
  return { count, centre: state.centre, error, log, average: (1 - share) * state.average + share * log };
}

/** What a saved one looks like. */
export const savedAveraging: Schema = objectOf({
  count: aCount,
  centre: aNumber,
  error: aNumber,
  log: aNumber,
  average: aNumber,
});
