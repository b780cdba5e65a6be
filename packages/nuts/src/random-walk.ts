import type { Gaussian, LogDensity, RandomSource, ValueAlgorithm, Vector } from '@subspace/core';
import {
  aNumber,
  argumentError,
  floats,
  objectOf,
  requireKnownOptions,
  requireOptions,
  requirePositive,
} from '@subspace/core/internals';
import { PROPOSAL_PACE } from './averaging-pace.ts';
import { requireAcceptance } from './hamiltonian.ts';
import {
  drawScaled,
  requireScaleMatrixOption,
  type ScaleMatrixOption,
  scaleMatrix,
  unitScale,
} from './scale-matrix.ts';
import { requireBelowInfinity, requireFiniteStart, startPosition } from './start.ts';
import { adapted, restarted, savedTuning, type Tuning } from './tuning.ts';

export interface RandomWalkOptions {
  /** s: proposals are N(z, s²·C). Its adaptation starts from it; without warmup, what it is. Default 2.38/√K. */
  readonly stepSize?: number;
  /** The average acceptance that warmup adapts the step size to. Default 0.44 for K = 1, else 0.234. */
  readonly targetAcceptance?: number;
  /**
   * C. `'diagonal'` (the default) or `'dense'`: learnt in warmup; dense needs one that is long beside the correlation of the draws. A Float64Array: the
   * variances [K], or the covariance [K·K], row major.
   */
  readonly covariance?: ScaleMatrixOption;
}

/** What the next step needs. */
export interface RandomWalkState {
  /** z [K]. */
  readonly position: Vector;
  readonly logDensity: number;
  /** Step size and covariance of the proposals, and in warmup where their adaptation stands. */
  readonly tuning: Tuning;
}

/** What a step has to tell. */
export interface RandomWalkInfo {
  /** min(1, p(proposal)/p(z)). */
  readonly acceptance: number;
  readonly accepted: boolean;
  readonly stepSize: number;
  /** 1 where the proposal's log density was NaN, which is taken for −∞; else 0. */
  readonly nonFinite: number;
}

/**
 * Random-walk Metropolis: proposes N(z, s²·C), accepts with probability min(1, p(proposal)/p(z)). Warmup adapts s to an acceptance and learns C in the
 * windows of `nuts`. It needs no gradients and one evaluation a step, and many steps.
 *
 * @param target log density of z [K]; chains start from its `prior`, where it has one
 * @returns an algorithm for `sample`; it asks for values
 * @throws on invalid options; while sampling: if the log density is not finite at the start, or +∞ anywhere
 * @see Metropolis et al. (1953); Roberts, Gelman & Gilks (1997) for 0.234 and 2.38/√K; Haario, Saksman & Tamminen (2001) for the covariance
 * @example
 * ```ts
 * import { isotropicGaussian, logDensity, sample } from '@subspace/core';
 * import { randomWalk } from '@subspace/nuts';
 *
 * const target = { ...logDensity(2, (z) => -0.5 * (z[0] ** 2 + z[1] ** 2)), prior: isotropicGaussian(2, 1) };
 * const draws = await sample(randomWalk(target), { draws: 1000, warmup: 500, seed: 1 });
 * draws.infos[0][0]; // { acceptance, accepted, stepSize, nonFinite }
 * ```
 */
export function randomWalk(
  target: LogDensity & { readonly prior?: Gaussian },
  options: RandomWalkOptions = {},
): ValueAlgorithm<RandomWalkState, RandomWalkInfo> {
  requireOptions('randomWalk', 'target', target);
  if (typeof target.values !== 'function' || !(target.dim >= 1)) {
    throw argumentError('randomWalk', 'target has no values, expected a log density');
  }
  const { dim, prior } = target;
  requireOptions('randomWalk', 'options', options);
  requireKnownOptions('randomWalk', options, ['stepSize', 'targetAcceptance', 'covariance']);
  const best = 2.38 / Math.sqrt(dim);
  const { stepSize: first = best, targetAcceptance = dim === 1 ? 0.44 : 0.234, covariance = 'diagonal' } = options;
  requirePositive('randomWalk', 'stepSize', first);
  requireAcceptance('randomWalk', targetAcceptance);
  requireScaleMatrixOption('randomWalk', 'covariance', covariance, dim);
  const learns = typeof covariance === 'string' ? covariance : undefined;
  const goal = { acceptance: targetAcceptance, pace: PROPOSAL_PACE, learns };
  const scale = typeof covariance === 'string' ? unitScale(dim, covariance) : scaleMatrix(covariance.slice(), dim)!;

  function* step(
    random: RandomSource,
    state: RandomWalkState,
    at?: { readonly index: number; readonly of: number },
  ): Generator<Vector, { state: RandomWalkState; info: RandomWalkInfo }, number> {
    const { stepSize, scale } = state.tuning;
    const proposal = new Float64Array(dim);
    drawScaled(scale, random, proposal);
    for (let k = 0; k < dim; k++) proposal[k] = state.position[k] + stepSize * proposal[k];
    const value = yield proposal;
    requireBelowInfinity('randomWalk', value, proposal);
    const nonFinite = Number.isNaN(value) ? 1 : 0;
    const acceptance = nonFinite ? 0 : Math.min(1, Math.exp(value - state.logDensity));
    const accepted = random.uniform() < acceptance;
    let next = accepted ? { position: proposal, logDensity: value, tuning: state.tuning } : state;
    if (at) {
      const { tuning, rescaled } = adapted(state.tuning, goal, at, next.position, acceptance);
      const { position, logDensity } = next;
      next = { position, logDensity, tuning: rescaled ? restarted(tuning, best, goal, at.of - 1 - at.index) : tuning };
    }
    return { state: next, info: { acceptance, accepted, stepSize, nonFinite } };
  }

  return {
    name: 'random-walk Metropolis',
    options: { stepSize: first, targetAcceptance, covariance },
    needs: 'values',
    target,
    prior,
    savedState: objectOf({ position: floats(dim), logDensity: aNumber, tuning: savedTuning(dim) }),
    position: (state) => state.position,
    *init(_random, start) {
      const position = startPosition('randomWalk', start, dim);
      const logDensity = yield position;
      requireFiniteStart('randomWalk', logDensity, position);
      return { position, logDensity, tuning: { stepSize: first, scale, adaptation: undefined } };
    },
    step: (random, state) => step(random, state),
    warmupStep: step,
    tally: ({ acceptance, nonFinite }) => ({ acceptance, nonFinite }),
    describe: (_info, { steps, acceptance }) => `acceptance ${(acceptance / steps).toFixed(2)}`,
  };
}
