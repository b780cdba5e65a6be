import { aCount, aNumber, objectOf, type Schema } from '@subspace/core/internals';

/**
 * Where dual averaging of a log step size stands: log ε moves so that the average of what is wanted less the acceptance goes to zero, and is averaged on the way.
 *
 * @see Hoffman & Gelman (2014), "The No-U-Turn Sampler", Section 3.2.1
 */
export interface DualAveraging {
  readonly count: number;
  /** log ε₀, that log ε is drawn back to. */
  readonly centre: number;
  readonly error: number;
  /** log ε, to be used next. */
  readonly log: number;
  /** To be kept at the end. */
  readonly average: number;
}

/** γ, wide enough for acceptances of single proposals; t₀ and κ as in the paper. */
const [GAMMA, DELAY, DECAY] = [0.2, 10, 0.75];

export function dualAveraging(stepSize: number): DualAveraging {
  return { count: 0, centre: Math.log(stepSize), error: 0, log: Math.log(stepSize), average: Math.log(stepSize) };
}

export function averaged(
  { count: before, centre, error: last, average }: DualAveraging,
  acceptance: number,
  wanted: number,
): DualAveraging {
  const count = before + 1;
  const weight = 1 / (count + DELAY);
  const error = (1 - weight) * last + weight * (wanted - acceptance);
  const log = centre - (Math.sqrt(count) / GAMMA) * error;
  const share = Math.exp(-DECAY * Math.log(count));
  return { count, centre, error, log, average: (1 - share) * average + share * log };
}

export const savedAveraging: Schema = objectOf({
  count: aCount,
  centre: aNumber,
  error: aNumber,
  log: aNumber,
  average: aNumber,
});
