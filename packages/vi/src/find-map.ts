import type { CancelSignal } from '@subspace/core';
import { requireKnownOptions, requireOptions } from '@subspace/core/internals';
import type { MapEstimate } from './ascend.ts';
import { highestMode, type ModeOptions } from './highest-mode.ts';
import { type ApproximationTarget, evaluator, requireTarget } from './target.ts';

export interface FindMapOptions extends ModeOptions {
  readonly signal?: CancelSignal;
}

/**
 * Maximum a posteriori: the highest of the maxima of log p(z) that ascents by L-BFGS from several starts find.
 *
 * Directions come from the last 20 steps, on the metric of the curvature at the start (Gauss–Newton, or differences of the gradient), so that
 * ill-scaled coordinates do not matter. Steps satisfy the weak Wolfe conditions by bisection, which also works across the kinks of ReLU networks.
 *
 * Where an ascent comes to rest the Hessian is looked at, by differences of the gradient: from a saddle or a minimum it goes on.
 *
 * A density that rises without end, such as a likelihood without a prior, is climbed as far as `maxIterations` go or numbers reach (steps double: 10¹⁷ and
 * more): look at `converged`, which is then false, before the position is used.
 *
 * @param posterior a differentiable log density; its own values are climbed: log p(D | z) / T + log N(z | prior)
 * @throws if the log density is not finite at any start; when cancelled, an error with `code: 'ABORTED'`
 * @see Nocedal & Wright (2006), Algorithm 7.4; Lewis & Overton (2013), "Nonsmooth optimization via quasi-Newton methods", for the line search
 * @example
 * ```ts
 * import { logDensity, posterior } from '@subspace/core';
 * import { findMap } from '@subspace/vi';
 *
 * // One observation 2 ± 1 and a prior 0 ± 1: the posterior is N(1, ½).
 * const logLikelihood = logDensity(1, (z) => ({ value: -0.5 * (z[0] - 2) ** 2, gradient: Float64Array.of(2 - z[0]) }));
 * const { position } = await findMap(posterior({ logLikelihood, priorStd: 1 })); // [1]
 * ```
 */
export async function findMap(posterior: ApproximationTarget, options: FindMapOptions = {}): Promise<MapEstimate> {
  requireTarget('findMap', posterior);
  requireOptions('findMap', 'options', options);
  requireKnownOptions('findMap', options, [
    'initial',
    'starts',
    'seed',
    'maxIterations',
    'tolerance',
    'signal',
    'onProgress',
  ]);
  return highestMode('findMap', posterior, evaluator('findMap', posterior, options.signal), options);
}
