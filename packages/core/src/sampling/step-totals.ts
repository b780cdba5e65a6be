import { aCount, aNumber, objectOf, type Schema } from '../storage/schema.ts';
import { stepReport } from './step-report.ts';

/**
 * What the steps of a chain after warmup add up to, those that `thin` leaves out too: as much as `diagnose` needs of them, in a few numbers
 * that a checkpoint carries on.
 */
export interface StepTotals {
  readonly steps: number;
  /** Evaluations that were NaN, and taken for −∞. */
  readonly nonFinite: number;
  /** Proposals that were rejected because a single step led far too low. */
  readonly overshot: number;
  /** Trajectories that ended because their tree had as many doublings as are allowed. */
  readonly deep: number;
  /** Steps that report an acceptance, and the sum of what they report. */
  readonly proposals: number;
  readonly acceptance: number;
  /** Steps that report an energy E, in nats; the last one, their mean, Σ(E − mean)², and Σ(Eₜ − Eₜ₋₁)². */
  readonly energies: number;
  readonly lastEnergy: number;
  readonly meanEnergy: number;
  readonly energySquares: number;
  readonly energyJumps: number;
}

/** A step whose trajectory diverged. */
export interface DivergentStep<I = unknown> {
  /** The draw it was on the way to; with `thin`, one of several steps. */
  readonly draw: number;
  readonly info: I;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export function noSteps(): Mutable<StepTotals> {
  return {
    ...{ steps: 0, nonFinite: 0, overshot: 0, deep: 0, proposals: 0, acceptance: 0 },
    ...{ energies: 0, lastEnergy: 0, meanEnergy: 0, energySquares: 0, energyJumps: 0 },
  };
}

/** Adds what a step had to tell. (In place: it is called at every step of the fastest samplers.) */
export function addStep(totals: Mutable<StepTotals>, info: unknown): void {
  const { nonFinite = 0, overshot = 0, stopped, acceptance, energy } = stepReport(info);
  totals.steps++;
  totals.nonFinite += nonFinite;
  totals.overshot += overshot;
  if (stopped === 'depth') totals.deep++;
  if (acceptance !== undefined) {
    totals.proposals++;
    totals.acceptance += acceptance;
  }
  if (energy === undefined) return;
  const jump = totals.energies++ > 0 ? energy - totals.lastEnergy : 0;
  totals.energyJumps += jump * jump;
  totals.lastEnergy = energy;
  // Welford's recurrence.
  const off = energy - totals.meanEnergy;
  totals.meanEnergy += off / totals.energies;
  totals.energySquares += off * (energy - totals.meanEnergy);
}

export function isDivergent(info: unknown): boolean {
  return stepReport(info).divergence !== undefined;
}

/** What saved ones look like. */
export const savedTotals: Schema = objectOf(Object.fromEntries(Object.keys(noSteps()).map((name) => [name, aNumber])));
export const savedDivergence: Schema = objectOf({ draw: aCount });
