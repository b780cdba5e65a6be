import type { DivergentStep, StepTotals } from '@subspace/core';
import { apart, type Diagnosis, times } from './diagnosis.ts';

/** Betancourt (2016). */
const BFMI = 0.3;

/** Of each chain. */
type Totals = readonly StepTotals[];

/** Evaluations that were NaN. */
export function diagnoseNonFinite(count: number): readonly Diagnosis[] {
  if (count === 0) return [];
  return [
    {
      code: 'non-finite',
      problem: `${times(count, 'evaluation')} of the log density ${count === 1 ? 'was' : 'were'} NaN and taken for −∞.`,
      advice:
        'Look for overflow in the model, and for a prior so wide that the network leaves the range it can be evaluated in.',
    },
  ];
}

/** Divergences, energies and tree depth of Hamiltonian Monte Carlo. */
export function diagnoseTrajectories(
  totals: Totals,
  divergent: readonly (readonly DivergentStep[])[],
): readonly Diagnosis[] {
  const steps = sum(totals, (chain) => chain.steps);
  const found: Diagnosis[] = [];
  const diverged = divergent.flat().length;
  if (diverged > 0) {
    found.push({
      code: 'divergences',
      problem: `${times(diverged, 'trajectory', 'trajectories')} of ${steps} diverged: the step is too long where the posterior is most curved, and the draws are biased away from there.`,
      advice:
        'Raise the target acceptance (0.9, 0.99), and look where they are: draws.divergent. If they stay, the posterior has a neck: another prior or parametrisation is needed.',
    });
  }
  const fractions = totals.map((chain) =>
    chain.energies === chain.steps ? chain.energyJumps / chain.energySquares : Number.NaN,
  );
  const poor = fractions.flatMap((fraction, c) => (fraction < BFMI ? [c] : []));
  if (poor.length > 0) {
    found.push({
      code: 'bfmi',
      problem: `The Bayesian fraction of missing information is ${apart(Math.min(...poor.map((c) => fractions[c])), BFMI, 2)} (chains ${poor.join(', ')}), where ${BFMI} is needed: energies are explored slowly, and tails may be missed.`,
      advice:
        'Take a longer warmup and more draws. If it stays, the posterior has heavy tails or a neck: another prior or parametrisation is needed.',
      chains: poor,
    });
  }
  const deep = sum(totals, (chain) => chain.deep);
  if (deep > 0.01 * steps) {
    found.push({
      code: 'tree-depth',
      problem: `${times(deep, 'trajectory', 'trajectories')} of ${steps} ended because they had as many doublings as are allowed, before they turned: draws are right, but dear and correlated.`,
      advice: 'Raise maxTreeDepth, or improve the scales: a dense mass matrix, a longer warmup.',
    });
  }
  return found;
}

/** Proposals that went far too low. */
export function diagnoseOvershooting(totals: Totals): readonly Diagnosis[] {
  const count = sum(totals, ({ overshot }) => overshot);
  if (count === 0) return [];
  const steps = sum(totals, (chain) => chain.steps);
  return [
    {
      code: 'overshooting',
      problem: `${times(count, 'proposal')} of ${steps} overshot: the log density fell by more than a thousand, and ${count === 1 ? 'it was' : 'they were'} rejected. That is no error by itself, but chains stay long where the posterior is that sharp, and come there seldom.`,
      advice:
        'Compare with longer chains and with smaller steps (a target acceptance of 0.9), or use NUTS, which looks for other ways out.',
    },
  ];
}

/** Proposals that are hardly ever accepted. */
export function diagnoseAcceptance(totals: Totals): readonly Diagnosis[] {
  const rate = sum(totals, ({ acceptance }) => acceptance) / sum(totals, ({ proposals }) => proposals);
  if (!(rate < 0.1)) return [];
  return [
    {
      code: 'acceptance',
      problem: `Proposals were accepted with a probability of ${rate.toPrecision(2)} only.`,
      advice: 'Take smaller steps, or a warmup long enough to find their size.',
    },
  ];
}

function sum(totals: Totals, of: (chain: StepTotals) => number): number {
  return totals.reduce((total, chain) => total + of(chain), 0);
}
