import { bfmi } from './bfmi.ts';
import { type Diagnosis, times } from './diagnosis.ts';
import type { StepReport } from './step-report.ts';

/** Betancourt (2016). */
const BFMI = 0.3;

/** What the steps of each chain report. */
type Reports = readonly (readonly StepReport[])[];

/** Evaluations that were NaN. */
export function diagnoseNonFinite(reports: Reports): readonly Diagnosis[] {
  const count = reports.flat().reduce((sum, { nonFinite = 0 }) => sum + nonFinite, 0);
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

/** Divergences, energies and tree depth of Hamiltonian Monte Carlo; `length` is that of the shortest chain. */
export function diagnoseTrajectories(reports: Reports, length: number): readonly Diagnosis[] {
  const steps = reports.flat();
  const found: Diagnosis[] = [];
  const divergent = steps.filter(({ divergence }) => divergence !== undefined).length;
  if (divergent > 0) {
    found.push({
      code: 'divergences',
      problem: `${times(divergent, 'trajectory', 'trajectories')} of ${steps.length} diverged: the step is too long where the posterior is most curved, and the draws are biased away from there.`,
      advice:
        'Raise the target acceptance (0.9, 0.99), and look where they are: info.divergence. If they stay, the posterior has a neck: another prior or parametrisation is needed.',
    });
  }
  const energies = reports.map((chain) => chain.slice(0, length).map(({ energy }) => energy ?? Number.NaN));
  const fractions = energies.map((energy) => (energy.length === length ? bfmi([energy])[0] : Number.NaN));
  const poor = fractions.flatMap((fraction, c) => (fraction < BFMI ? [c] : []));
  if (poor.length > 0) {
    found.push({
      code: 'bfmi',
      problem: `The Bayesian fraction of missing information is ${Math.min(...poor.map((c) => fractions[c])).toFixed(2)} (chains ${poor.join(', ')}), where ${BFMI} is needed: energies are explored slowly, and tails may be missed.`,
      advice:
        'Take a longer warmup and more draws. If it stays, the posterior has heavy tails or a neck: another prior or parametrisation is needed.',
      chains: poor,
    });
  }
  const deep = steps.filter(({ stopped }) => stopped === 'depth').length;
  if (deep > 0.01 * steps.length) {
    found.push({
      code: 'tree-depth',
      problem: `${times(deep, 'trajectory', 'trajectories')} of ${steps.length} ended because they had as many doublings as are allowed, before they turned: draws are right, but dear and correlated.`,
      advice: 'Raise maxTreeDepth, or improve the scales: a dense mass matrix, a longer warmup.',
    });
  }
  return found;
}

/** Proposals that are hardly ever accepted. */
export function diagnoseAcceptance(reports: Reports): readonly Diagnosis[] {
  const rates = reports.flat().flatMap(({ acceptance }) => (acceptance === undefined ? [] : [acceptance]));
  const rate = rates.reduce((sum, value) => sum + value, 0) / rates.length;
  if (!(rate < 0.1)) return [];
  return [
    {
      code: 'acceptance',
      problem: `Proposals were accepted with a probability of ${rate.toPrecision(2)} only.`,
      advice: 'Take smaller steps, or a warmup long enough to find their size.',
    },
  ];
}
