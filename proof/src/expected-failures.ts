import type { Draws } from '@subspace/core';
import { type Diagnosis, diagnose } from '@subspace/diagnostics';
import { hmc, mala, nuts } from '@subspace/nuts';
import type { Sampler } from './samplers.ts';
import type { Target } from './target.ts';
import { modesFarApart, shapedTargets } from './targets.ts';

/** A sampler that fails on a target, as it should: what `diagnose` says of its draws, and what helps each, if anything does. */
export interface ExpectedFailure {
  readonly samplers: readonly string[];
  readonly target: Target;
  readonly diagnosis: Diagnosis['code'];
  readonly remedies?: readonly Remedy[];
}

/** What the advice of the diagnosis makes of a sampler. */
export interface Remedy extends Sampler {
  /** Of `samplers`. */
  readonly of: string;
}

const { banana, funnel1, funnel3 } = shapedTargets;

/**
 * - The bend of the banana is sharper far out than the step size learnt at its middle allows: smaller steps are the remedy. (NumPyro's NUTS diverges there as often.)
 *   Hamiltonian Monte Carlo, which does not choose the length of its trajectories, needs more of them too. All steps have one size, and from draws three or four standard deviations
 *   out even small ones may diverge, about one in a thousand or fewer: the longer the run, the likelier it is told of a few.
 * - No step size serves both the neck and the mouth of Neal's funnel.
 * - Langevin proposals are not geometrically ergodic where the gradient grows faster than linearly (Roberts & Tweedie, 1996): chains stick in the neck of even the mild funnel.
 * - No local step leads from one mode to another twenty units away.
 */
export const expectedFailures: readonly ExpectedFailure[] = [
  {
    samplers: ['nuts', 'nuts, dense', 'hmc'],
    target: banana,
    diagnosis: 'divergences',
    remedies: [
      {
        of: 'nuts',
        name: 'nuts with targetAcceptance 0.95',
        needs: 'density',
        thin: 3,
        create: (target) => nuts(target, { targetAcceptance: 0.95 }),
      },
      {
        of: 'nuts, dense',
        name: 'nuts, dense, with targetAcceptance 0.95',
        needs: 'density',
        thin: 3,
        create: (target) => nuts(target, { targetAcceptance: 0.95, massMatrix: 'dense' }),
      },
      {
        of: 'hmc',
        name: 'hmc with targetAcceptance 0.99 and long trajectories',
        needs: 'density',
        thin: 3,
        create: (target) =>
          hmc(target, { stepSize: 0.1, steps: [25, 75], massMatrix: 'diagonal', targetAcceptance: 0.99 }),
      },
    ],
  },
  {
    samplers: ['mala'],
    target: banana,
    diagnosis: 'overshooting',
    remedies: [
      {
        of: 'mala',
        name: 'mala with targetAcceptance 0.95',
        needs: 'density',
        thin: 30,
        create: (target) => mala(target, { targetAcceptance: 0.95 }),
      },
    ],
  },
  { samplers: ['nuts', 'nuts, dense', 'hmc'], target: funnel3, diagnosis: 'divergences' },
  { samplers: ['mala'], target: funnel3, diagnosis: 'overshooting' },
  { samplers: ['mala'], target: funnel1, diagnosis: 'overshooting' },
  {
    samplers: ['sliceWithinGibbs', 'nuts', 'nuts, dense', 'hmc', 'mala', 'randomWalk', 'adjustedMclmc'],
    target: modesFarApart,
    diagnosis: 'separate-modes',
  },
  { samplers: ['randomWalk'], target: funnel3, diagnosis: 'r-hat' },
  { samplers: ['adjustedMclmc'], target: funnel3, diagnosis: 'ess-bulk' },
];

/** What draws must not be said of that are to be trusted: that chains disagree, or that there are too few of them. */
const GRAVE: readonly Diagnosis['code'][] = ['stuck-chain', 'separate-modes', 'r-hat', 'ess-bulk', 'ess-tail'];

export function graveDiagnoses(draws: Draws): readonly Diagnosis[] {
  return diagnose(draws).filter(({ code }) => GRAVE.includes(code));
}
