import {
  type CheckpointStore,
  type DifferentiableLogDensity,
  logDensity,
  type Posterior,
  posterior,
} from '@subspace/core';
import {
  type Approximation,
  fullRank,
  type GaussianVariationalOptions,
  inverseAutoregressive,
  meanField,
  realNvp,
  type VariationalFit,
  type VariationalOptions,
} from '@subspace/vi';

/** A bent target of two coordinates that may take its time. */
export function slowTarget(milliseconds = 0, bend = 1): Posterior<DifferentiableLogDensity> {
  const logLikelihood = logDensity(2, ([x, y]) => {
    const until = performance.now() + milliseconds;
    while (performance.now() < until);
    const residual = y - bend * x * x;
    return {
      value: -0.5 * (x * x + 9 * residual ** 2),
      gradient: Float64Array.of(-x + 18 * bend * x * residual, -9 * residual),
    };
  });
  return posterior({ logLikelihood, priorStd: 2 });
}

type Method = (
  target: Posterior<DifferentiableLogDensity>,
  options: VariationalOptions,
) => Promise<Approximation & VariationalFit>;

/** Every method that a checkpoint must go on with. */
export const METHODS: Readonly<Record<string, Method>> = {
  meanField,
  fullRank,
  realNvp: (target, options) => realNvp(target, { layers: 2, hidden: 4, ...options }),
  inverseAutoregressive: (target, options) => inverseAutoregressive(target, { layers: 2, hidden: 4, ...options }),
};

export const OPTIONS: VariationalOptions = {
  iterations: 120,
  samplesPerIteration: 3,
  starts: 2,
  evaluationDraws: 40,
  seed: 'resume',
};

/** A fit from and into a store. */
export function fit(
  method: string,
  store?: CheckpointStore,
  changes: Partial<GaussianVariationalOptions> = {},
  delay = 0,
): Promise<Approximation & VariationalFit> {
  return METHODS[method](slowTarget(delay), {
    ...OPTIONS,
    ...(store && { checkpoint: { store, every: 5, resume: true } }),
    ...changes,
  });
}
