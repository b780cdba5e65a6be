import type { GradientAlgorithm } from '@subspace/core';
import { requireKnownOptions, requireOptions, requirePositive } from '@subspace/core/internals';
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

export interface MalaOptions {
  /** ε, where its adaptation starts from; without warmup, what it is. Default: looked for at the start. */
  readonly stepSize?: number;
  /** The average acceptance that warmup adapts the step size to. Default 0.574, the best in many dimensions. */
  readonly targetAcceptance?: number;
  /**
   * `'diagonal'` (the default) or `'dense'`: M⁻¹ is learnt in warmup. A Float64Array: M itself, its diagonal [K] or the whole [K·K], row major.
   */
  readonly massMatrix?: ScaleMatrixOption;
}

/**
 * The Metropolis-adjusted Langevin algorithm: proposes z + ½ε²·M⁻¹·∇log p(z) + ε·M^(−½)·ξ with ξ ~ N(0, I), and accepts by Metropolis and Hastings.
 * It is Hamiltonian Monte Carlo with one leapfrog step, and is computed as that: one evaluation a step. A proposal whose energy error is above 1000 or NaN is
 * rejected and counted in the step's info (`overshot`, `nonFinite`): it is no divergence, as that of a trajectory would be.
 *
 * @param target log density of z [K] with gradients; chains start from its `prior`, where it has one
 * @returns an algorithm for `sample`; it asks for values and gradients
 * @throws as `hmc`
 * @see Roberts & Tweedie (1996); Roberts & Rosenthal (1998) for the acceptance 0.574
 * @example
 * ```ts
 * import { isotropicGaussian, logDensity, sample } from '@subspace/core';
 * import { mala } from '@subspace/nuts';
 *
 * const normal = logDensity(2, (z) => ({ value: -0.5 * (z[0] ** 2 + z[1] ** 2), gradient: z.map((x) => -x) }));
 * const target = { ...normal, prior: isotropicGaussian(2, 1) };
 * const draws = await sample(mala(target), { draws: 200, warmup: 200, seed: 1 });
 * draws.infos[0][0].accepted; // true or false
 * ```
 */
export function mala(
  target: HamiltonianTarget,
  options: MalaOptions = {},
): GradientAlgorithm<HamiltonianState, HmcInfo> {
  const dim = requireGradients('mala', target);
  requireOptions('mala', 'options', options);
  requireKnownOptions('mala', options, ['stepSize', 'targetAcceptance', 'massMatrix']);
  const { stepSize, targetAcceptance = 0.574, massMatrix = 'diagonal' } = options;
  if (stepSize !== undefined) requirePositive('mala', 'stepSize', stepSize);
  requireAcceptance('mala', targetAcceptance);
  return metropolisHamiltonian(target, {
    where: 'mala',
    name: 'Metropolis-adjusted Langevin',
    options: { stepSize, targetAcceptance, massMatrix },
    stepSize,
    inverseMass: firstInverseMass('mala', massMatrix, dim),
    goal: {
      acceptance: targetAcceptance,
      pace: PROPOSAL_PACE,
      learns: typeof massMatrix === 'string' ? massMatrix : undefined,
    },
    steps: () => 1,
    jitter: () => 1,
    diverges: false,
  });
}
