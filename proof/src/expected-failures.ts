import { coordinateChains, type Draws, rHat } from '@subspace/core';
import { nuts } from '@subspace/nuts';
import type { Sampler } from './samplers.ts';
import type { Target } from './target.ts';
import { modesFarApart, shapedTargets } from './targets.ts';

/** What tells a user that draws are not to be trusted. */
export type Symptom = 'R̂' | 'divergences';

/** A sampler that fails on a target, as it should; and what its user can do, if there is something. */
export interface ExpectedFailure {
  readonly samplers: readonly string[];
  readonly target: Target;
  readonly symptom: Symptom;
  readonly remedy?: Sampler;
}

const { banana, funnel3 } = shapedTargets;

/**
 * - The bend of the banana is sharper far out than the step size learnt at its middle allows: smaller steps are the remedy. (NumPyro's NUTS diverges there as often.)
 * - No step size serves both the neck and the mouth of Neal's funnel.
 * - No local step leads from one mode to another twenty units away.
 */
export const expectedFailures: readonly ExpectedFailure[] = [
  {
    samplers: ['nuts', 'nuts, dense'],
    target: banana,
    symptom: 'divergences',
    remedy: {
      name: 'nuts with targetAcceptance 0.95',
      needs: 'density',
      thin: 3,
      create: (target) => nuts(target, { targetAcceptance: 0.95 }),
    },
  },
  { samplers: ['nuts', 'nuts, dense', 'hmc', 'mala'], target: funnel3, symptom: 'divergences' },
  { samplers: ['randomWalk'], target: funnel3, symptom: 'R̂' },
  { samplers: ['nuts', 'nuts, dense', 'hmc', 'mala', 'randomWalk'], target: modesFarApart, symptom: 'R̂' },
];

/** The largest R̂ of the coordinates, or how many draws ended a trajectory that diverged. */
export function measured(symptom: Symptom, draws: Draws): number {
  if (symptom === 'R̂') {
    return Math.max(...Array.from({ length: draws.dim }, (_, k) => rHat(coordinateChains(draws, k))));
  }
  return (draws as Draws<{ divergence?: object }>).infos.flat().filter(({ divergence }) => divergence).length;
}
