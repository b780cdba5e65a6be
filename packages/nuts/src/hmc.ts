import type { GradientAlgorithm } from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireKnownOptions,
  requireNonNegative,
  requireOptions,
  requirePositive,
} from '@subspace/core/internals';
import { PROPOSAL_PACE } from './averaging-pace.ts';
import {
  firstInverseMass,
  type HamiltonianState,
  type HamiltonianTarget,
  requireAcceptance,
  requireGradients,
} from './hamiltonian.ts';
import { type HmcInfo, metropolisHamiltonian } from './metropolis-hamiltonian.ts';
import type { ScaleMatrixOption } from './scale-matrix.ts';

export interface HmcOptions {
  /** ε. Where warmup adapts it, where it starts from. */
  readonly stepSize: number;
  /** Leapfrog steps L of a trajectory, or the least and the most: each trajectory then draws its own number, all equally likely. */
  readonly steps: number | readonly [least: number, most: number];
  /** Each trajectory's step size is uniform on ε·(1 ± jitter); from 0 (the default) to below 1. */
  readonly jitter?: number;
  /**
   * `'diagonal'` or `'dense'`: warmup learns it from the draws, and adapts the step size. A Float64Array: the mass matrix M itself, its diagonal [K] or
   * the whole [K·K], row major. Default: the identity.
   */
  readonly massMatrix?: ScaleMatrixOption;
  /** If given, warmup adapts the step size towards this average acceptance. Default: only where the mass matrix is learnt, 0.8. */
  readonly targetAcceptance?: number;
}

/**
 * Hamiltonian Monte Carlo: a momentum p ~ N(0, M) is drawn, L leapfrog steps of size ε follow the dynamics of the energy −log p(z) + ½·pᵀ·M⁻¹·p, and the
 * end is accepted with probability min(1, exp(−energy error)).
 *
 * With a fixed length a trajectory may come back to where it began, again and again; jitter in `steps` or in the step size prevents that. `nuts`
 * chooses the length itself.
 *
 * A trajectory whose energy error is above 1000 or NaN is a divergence: its place is in the step's info. NaN anywhere rejects the proposal.
 *
 * @param target log density of z [K] with gradients; chains start from its `prior`, where it has one
 * @returns an algorithm for `sample`; it asks for values and gradients, once per leapfrog step
 * @throws on invalid options, or a target without gradients; while sampling: if the density or its gradient isn't finite at the start, if the
 * density is +∞, or if warmup finds no step size
 * @see Neal (2011), "MCMC using Hamiltonian dynamics"; Duane et al. (1987)
 * @example
 * ```ts
 * import { isotropicGaussian, logDensity, sample } from '@subspace/core';
 * import { hmc } from '@subspace/nuts';
 *
 * const normal = logDensity(2, (z) => ({ value: -0.5 * (z[0] ** 2 + z[1] ** 2), gradient: z.map((x) => -x) }));
 * const target = { ...normal, prior: isotropicGaussian(2, 1) };
 * const draws = await sample(hmc(target, { stepSize: 0.3, steps: [3, 8] }), { draws: 200, warmup: 20, seed: 1 });
 * draws.infos[0][0]; // { acceptance, accepted, steps, stepSize, energy }
 * ```
 */
export function hmc(target: HamiltonianTarget, options: HmcOptions): GradientAlgorithm<HamiltonianState, HmcInfo> {
  const dim = requireGradients('hmc', target);
  requireOptions('hmc', 'options', options);
  requireKnownOptions('hmc', options, ['stepSize', 'steps', 'jitter', 'massMatrix', 'targetAcceptance']);
  const { stepSize, steps, jitter = 0, massMatrix } = options;
  requirePositive('hmc', 'stepSize', stepSize);
  const [least, most]: readonly unknown[] = Array.isArray(steps) ? steps : [steps, steps];
  requireCount('hmc', 'steps', least);
  requireCount('hmc', 'steps[1]', most, least);
  requireNonNegative('hmc', 'jitter', jitter);
  if (jitter >= 1) throw argumentError('hmc', `jitter is ${jitter}, expected from 0 to below 1`);
  const learns = massMatrix === 'diagonal' || massMatrix === 'dense' ? massMatrix : undefined;
  const { targetAcceptance = learns && 0.8 } = options;
  if (targetAcceptance !== undefined) requireAcceptance('hmc', targetAcceptance);
  return metropolisHamiltonian(target, {
    where: 'hmc',
    name: 'Hamiltonian Monte Carlo',
    options: { stepSize, steps: [least, most], jitter, massMatrix, targetAcceptance },
    stepSize,
    inverseMass: firstInverseMass('hmc', massMatrix ?? new Float64Array(dim).fill(1), dim),
    goal: targetAcceptance === undefined ? undefined : { acceptance: targetAcceptance, pace: PROPOSAL_PACE, learns },
    steps: least === most ? () => least : (random) => least + Math.floor(random.uniform() * (most - least + 1)),
    jitter: jitter === 0 ? () => 1 : (random) => 1 + jitter * (2 * random.uniform() - 1),
    diverges: true,
  });
}
