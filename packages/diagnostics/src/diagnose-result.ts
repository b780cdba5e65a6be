import type { CoordinateSampler } from '@subspace/core';
import { diagnoseMoves, type StageOfMoves } from './diagnose-moves.ts';
import { diagnoseNonFinite } from './diagnose-steps.ts';
import type { Diagnosis } from './diagnosis.ts';

/** The largest k̂ that importance weights can cope with: Vehtari et al. (2024). */
const GOOD_K = 0.7;

/** What results that are no chains tell of themselves, each what it has. */
export interface SamplerResult extends CoordinateSampler {
  readonly converged?: boolean;
  readonly nonFinite?: number;
  readonly paretoK?: number;
  readonly paretoKError?: number;
  readonly stages?: readonly StageOfMoves[];
}

/** Whether an approximation may stand for its target, by what it tells of itself. */
export function diagnoseResult({
  converged,
  nonFinite = 0,
  paretoK = 0,
  paretoKError = 0,
  stages = [],
}: SamplerResult): readonly Diagnosis[] {
  const found: Diagnosis[] = [];
  if (paretoK + paretoKError > GOOD_K) {
    const error = paretoKError > 0 ? ` ± ${paretoKError.toFixed(2)}` : '';
    found.push({
      code: 'pareto-k',
      problem: `Pareto k̂ of the importance weights is ${paretoK.toFixed(2)}${error}, where ${GOOD_K} is allowed: ${
        paretoK > GOOD_K ? 'the approximation misses' : 'the approximation may miss'
      } too much of the target, and importance resampling can't mend it.`,
      advice:
        'Take a richer approximation (a full-rank one, a flow), more draws of it to estimate k̂ from, or a sampler: chains, sequential Monte Carlo.',
    });
  }
  if (converged === false) {
    found.push({
      code: 'not-converged',
      problem: 'The fit ended before it had converged.',
      advice: 'Take more iterations; look whether the ELBO still rises, and whether the density has a maximum at all.',
    });
  }
  return [...found, ...diagnoseMoves(stages), ...diagnoseNonFinite(nonFinite)];
}
