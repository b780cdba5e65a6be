/**
 * Where dual averaging of a log step size stands. The log step size moves so that the average of target − acceptance goes to zero:
 * H̄ₜ = (1 − 1/(t + t₀))·H̄ₜ₋₁ + (δ − αₜ)/(t + t₀), log εₜ = μ − √t/γ·H̄ₜ, and log ε̄ₜ is its weighted average, weight t^−κ.
 *
 * @see Hoffman & Gelman (2014), "The No-U-Turn Sampler", Section 3.2.1
 */
export interface DualAveraging {
  /** t. */
  readonly count: number;
  /** μ = log(10·ε₀): step sizes are tried from the large side. */
  readonly centre: number;
  /** H̄. */
  readonly error: number;
  /** log ε, to be used next. */
  readonly log: number;
  /** log ε̄, to be kept at the end. */
  readonly average: number;
}

/** γ, t₀ and κ, as in the paper and in Stan. */
const [GAMMA, DELAY, DECAY] = [0.05, 10, 0.75];

export function dualAveraging(stepSize: number): DualAveraging {
  return { count: 0, centre: Math.log(10) + Math.log(stepSize), error: 0, log: Math.log(stepSize), average: 0 };
}

/** After a step whose acceptance probability was `acceptance`, where `target` (δ) is wanted. */
export function averaged(state: DualAveraging, acceptance: number, target: number): DualAveraging {
  const count = state.count + 1;
  const weight = 1 / (count + DELAY);
  const error = (1 - weight) * state.error + weight * (target - acceptance);
  const log = state.centre - (Math.sqrt(count) / GAMMA) * error;
  const share = count ** -DECAY;
  return { count, centre: state.centre, error, log, average: (1 - share) * state.average + share * log };
}
