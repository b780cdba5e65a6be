import type { Evaluation, GradientAlgorithm, RandomSource, Vector } from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireKnownOptions,
  requireOptions,
  requirePositive,
} from '@subspace/core/internals';
import { TRAJECTORY_PACE } from './averaging-pace.ts';
import {
  type Divergence,
  divergenceWords,
  firstInverseMass,
  type HamiltonianState,
  type HamiltonianTarget,
  hamiltonianAdapted,
  hamiltonianStart,
  requireAcceptance,
  requireGradients,
  savedHamiltonian,
  stateAt,
} from './hamiltonian.ts';
import { leapfrogTo } from './leapfrog.ts';
import type { ScaleMatrixOption } from './scale-matrix.ts';
import { addState, begin, beginHalf, joinHalf, newTrajectory, type Trajectory } from './trajectory.ts';

export interface NutsOptions {
  /** The average acceptance that warmup adapts the step size to; higher: smaller steps, fewer divergences. Default 0.8. */
  readonly targetAcceptance?: number;
  /** A trajectory has at most 2^maxTreeDepth states. Default 10. */
  readonly maxTreeDepth?: number;
  /**
   * `'diagonal'` (the default) or `'dense'`: M⁻¹ is learnt in warmup. A Float64Array: M itself, its diagonal [K] or the whole [K·K], row major.
   */
  readonly massMatrix?: ScaleMatrixOption;
  /** ε, where its adaptation starts from; without warmup, what it is. Default: looked for at the start. */
  readonly stepSize?: number;
}

/** What a step has to tell. */
export interface NutsInfo {
  /** Mean over the trajectory of min(1, exp(−energy error)). */
  readonly acceptance: number;
  /** How often the trajectory was doubled, the last time included. */
  readonly depth: number;
  /** Leapfrog steps, each one evaluation. */
  readonly steps: number;
  readonly stepSize: number;
  /** −log p(z) + ½·pᵀ·M⁻¹·p at the new position. */
  readonly energy: number;
  /** Why the trajectory ended: it turned, it diverged, or it had `maxTreeDepth` doublings. */
  readonly stopped: 'turn' | 'divergence' | 'depth';
  /** Where it diverged, if it did. */
  readonly divergence?: Divergence;
}

/** Beyond this, states could not be counted in bits. */
const DEEPEST = 30;

/**
 * The No-U-Turn Sampler: Hamiltonian Monte Carlo that chooses the length of each trajectory itself. A momentum p ~ N(0, M) is drawn, the trajectory is
 * doubled forwards or backwards in time until it turns back on itself (the generalised criterion, for every piece of the binary tree of its states, and
 * for every two neighbouring pieces with each other's nearest state), and the next position is drawn from all its states by their weight
 * exp(−energy), favouring the later doublings.
 *
 * In warmup the step size is adapted by dual averaging, and the inverse mass matrix is set to the covariance of the draws in windows that double, by
 * Stan's schedule; half of `draws` is the default, 500 steps are plenty for most targets. A trajectory ends where its energy error is above 1000 or
 * NaN: a divergence, whose place is in the step's info and in the draws' `divergent`. Many of them say that the target has a region that is too sharp for the step size: raise
 * `targetAcceptance`, or distrust the draws there.
 *
 * @param target log density of z [K] with gradients; chains start from its `prior`, where it has one
 * @returns an algorithm for `sample`; it asks for values and gradients, once per leapfrog step
 * @throws on invalid options, or a target without gradients; while sampling: if the density or its gradient isn't finite at the start, if the
 * density is +∞, or if no step size is found
 * @see Hoffman & Gelman (2014), "The No-U-Turn Sampler"; Betancourt (2017), "A conceptual introduction to Hamiltonian Monte Carlo", Appendix A
 * @example
 * ```ts
 * import { logDensity, posterior, sample } from '@subspace/core';
 * import { nuts } from '@subspace/nuts';
 *
 * // One observation 2 ± 1 and a prior 0 ± 1: the posterior is N(1, ½).
 * const logLikelihood = logDensity(1, (z) => ({ value: -0.5 * (z[0] - 2) ** 2, gradient: z.map((x) => 2 - x) }));
 * const target = posterior({ logLikelihood, priorStd: 1 });
 * const draws = await sample(nuts(target), { draws: 500, warmup: 200, seed: 1 });
 * draws.divergent.flat().length; // how many trajectories diverged
 * ```
 */
export function nuts(
  target: HamiltonianTarget,
  options: NutsOptions = {},
): GradientAlgorithm<HamiltonianState, NutsInfo> {
  const dim = requireGradients('nuts', target);
  requireOptions('nuts', 'options', options);
  requireKnownOptions('nuts', options, ['targetAcceptance', 'maxTreeDepth', 'massMatrix', 'stepSize']);
  const { targetAcceptance = 0.8, maxTreeDepth = 10, massMatrix = 'diagonal', stepSize } = options;
  requireAcceptance('nuts', targetAcceptance);
  requireCount('nuts', 'maxTreeDepth', maxTreeDepth);
  if (maxTreeDepth > DEEPEST)
    throw argumentError('nuts', `maxTreeDepth is ${maxTreeDepth}, expected at most ${DEEPEST}`);
  if (stepSize !== undefined) requirePositive('nuts', 'stepSize', stepSize);
  const inverseMass = firstInverseMass('nuts', massMatrix, dim);
  const goal = {
    acceptance: targetAcceptance,
    pace: TRAJECTORY_PACE,
    learns: typeof massMatrix === 'string' ? massMatrix : undefined,
  };
  // One for each step under way: chains run in turns.
  const trajectories: Trajectory[] = [];

  function* step(
    random: RandomSource,
    state: HamiltonianState,
    at?: { readonly index: number; readonly of: number },
  ): Generator<Vector, { state: HamiltonianState; info: NutsInfo }, Evaluation> {
    const { stepSize, scale } = state.tuning;
    const trajectory = trajectories.pop() ?? newTrajectory(dim, maxTreeDepth);
    begin(trajectory, state, random);
    while (trajectory.depth < maxTreeDepth && !trajectory.stopped) {
      beginHalf(trajectory, stepSize, random);
      const { end, stepSize: signed } = trajectory;
      do leapfrogTo(end, signed);
      while (addState(trajectory, scale, yield end.position, random));
      joinHalf(trajectory, random);
    }
    const next = trajectory.moved ? stateAt(trajectory.chosen, state.tuning) : state;
    const info = infoOf(trajectory, stepSize);
    trajectories.push(trajectory);
    return { state: at ? yield* hamiltonianAdapted('nuts', random, next, goal, at, info.acceptance) : next, info };
  }

  return {
    name: 'NUTS',
    options: { targetAcceptance, maxTreeDepth, massMatrix, stepSize },
    needs: 'gradients',
    target,
    prior: target.prior,
    savedState: savedHamiltonian(dim),
    position: (state) => state.position,
    init: (random, position) => hamiltonianStart('nuts', random, position, inverseMass, stepSize, dim),
    step: (random, state) => step(random, state),
    warmupStep: step,
    tally: ({ acceptance, divergence, depth }) => ({ acceptance, divergences: divergence ? 1 : 0, depth }),
    describe: (_info, sums) => `${divergenceWords(sums)}, tree depth ${(sums.depth / sums.steps).toFixed(1)}`,
  };
}

function infoOf(trajectory: Trajectory, stepSize: number): NutsInfo {
  const { acceptance, depth, steps, energy, stopped = 'depth', divergence } = trajectory;
  const info: NutsInfo = { acceptance: acceptance / steps, depth, steps, stepSize, energy, stopped };
  return divergence ? { ...info, divergence } : info;
}
