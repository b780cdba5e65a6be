import type { DifferentiableLogDensity, Evaluation, Gaussian, RandomSource, Vector } from '@subspace/core';
import {
  aNumber,
  argumentError,
  floats,
  isBrief,
  objectOf,
  requireFinite,
  requireLength,
  requireOptions,
  requirePositive,
  type Schema,
} from '@subspace/core/internals';
import { climbed } from './climb.ts';
import { kineticEnergy, leapfrogOn, leapfrogTo, type PhasePoint, type Place, phasePoint } from './leapfrog.ts';
import {
  drawInverselyScaled,
  inverseOf,
  multiply,
  requireScaleMatrixOption,
  type ScaleMatrix,
  type ScaleMatrixOption,
  unitScale,
} from './scale-matrix.ts';
import { requireBelowInfinity, requireFiniteStart, startPosition } from './start.ts';
import {
  adapted,
  LARGEST_STEP,
  restarted,
  SMALLEST_STEP,
  savedTuning,
  type Tuning,
  type TuningGoal,
} from './tuning.ts';

/** What the next step of a Hamiltonian method (NUTS, HMC, MALA) needs. */
export interface HamiltonianState {
  /** z [K]. */
  readonly position: Vector;
  readonly logDensity: number;
  /** ∇ log p at `position`, [K]. */
  readonly gradient: Vector;
  /** Step size and inverse mass matrix, and in warmup where their adaptation stands. */
  readonly tuning: Tuning;
}

/** Where a trajectory left the energy it should keep: the step size is too large there, and draws near it are not to be trusted. */
export interface Divergence {
  /** The last place before [K]: divergences that lie close together show where the target is too sharp. */
  readonly from: Vector;
  /** Where the leapfrog step from there led [K]. */
  readonly position: Vector;
  /** The momentum there [K]. */
  readonly momentum: Vector;
  /** Energy there less that of the trajectory's start: above 1000, or NaN. */
  readonly energyError: number;
}

/** A target whose prior, if it has one, is where chains start. */
export type HamiltonianTarget = DifferentiableLogDensity & { readonly prior?: Gaussian };

/** An energy error above this is a divergence, as in Stan. */
export const MOST_ENERGY_ERROR = 1000;

/** The target's dimension. Throws unless it gives gradients. */
export function requireGradients(where: string, target: HamiltonianTarget): number {
  requireOptions(where, 'target', target);
  if (typeof target.valuesAndGradients !== 'function' || !(target.dim >= 1)) {
    throw argumentError(where, 'target has no valuesAndGradients, expected a differentiable log density');
  }
  return target.dim;
}

/** Throws unless it is a probability that is neither 0 nor 1. */
export function requireAcceptance(where: string, acceptance: unknown): void {
  requirePositive(where, 'targetAcceptance', acceptance);
  if (acceptance >= 1)
    throw argumentError(where, `targetAcceptance is ${acceptance}, expected a number between 0 and 1`);
}

/** What both a matrix to be learnt and a given mass matrix are in the beginning. */
export function firstInverseMass(where: string, massMatrix: ScaleMatrixOption, dim: number): ScaleMatrix {
  requireScaleMatrixOption(where, 'massMatrix', massMatrix, dim);
  return typeof massMatrix === 'string' ? unitScale(dim, massMatrix) : inverseOf(massMatrix, dim);
}

/**
 * The state at a start, or uphill of one that is far out, with the step size that is given, or one that is found. Throws where the density or its gradient
 * isn't finite.
 */
export function* hamiltonianStart(
  where: string,
  random: RandomSource,
  start: Vector,
  inverseMass: ScaleMatrix,
  stepSize: number | undefined,
  dim: number,
): Generator<Vector, HamiltonianState, Evaluation> {
  const position = startPosition(where, start, dim);
  const { value, gradient } = yield position;
  requireFiniteStart(where, value, position);
  requireLength(where, 'the gradient at the start', gradient, dim);
  requireFinite(where, 'the gradient at the start', gradient);
  const place = yield* climbed({ position, value, gradient: Float64Array.from(gradient) });
  requireBelowInfinity(where, place.value, place.position);
  const state = stateAt(place, { stepSize: stepSize ?? 1, scale: inverseMass, adaptation: undefined });
  if (stepSize !== undefined) return state;
  const found = yield* stepSizeFound(where, random, state);
  return retuned(state, { stepSize: found, scale: inverseMass, adaptation: undefined });
}

/** The same place with another tuning. (Not a spread: states of one shape keep the compiler's assumptions.) */
function retuned({ position, logDensity, gradient }: HamiltonianState, tuning: Tuning): HamiltonianState {
  return { position, logDensity, gradient, tuning };
}

/**
 * The power of two times the state's step size at which the acceptance of one leapfrog step crosses 0.8.
 *
 * @see Hoffman & Gelman (2014), Algorithm 4; the 0.8 and a new momentum at each try are Stan's
 */
function* stepSizeFound(
  where: string,
  random: RandomSource,
  state: HamiltonianState,
): Generator<Vector, number, Evaluation> {
  const { scale } = state.tuning;
  const point = phasePoint(state.position.length);
  let { stepSize } = state.tuning;
  let grows: boolean | undefined;
  while (stepSize >= SMALLEST_STEP && stepSize <= LARGEST_STEP) {
    const energy = setOff(point, state, random);
    leapfrogTo(point, stepSize);
    const error = leapfrogOn(where, point, scale, stepSize, yield point.position) - energy;
    const accepted = error < -Math.log(0.8);
    if (grows !== undefined && grows !== accepted) return stepSize;
    grows = accepted;
    stepSize *= grows ? 2 : 0.5;
  }
  throw argumentError(
    where,
    `at [${state.position.join(', ')}] leapfrog steps of size ${stepSize} are still ${grows ? 'accepted' : 'rejected'}, expected that to change; ` +
      `is the density ${grows ? 'proper, and not constant' : 'continuous, and the gradient that of the density'}?`,
  );
}

/**
 * A step size that is accepted nine times in ten where the scale is the target's covariance: K^(−1/4).
 *
 * @see Beskos et al. (2013), "Optimal tuning of the hybrid Monte Carlo algorithm", for the power
 */
function safeStepSize(dim: number): number {
  return 1 / Math.sqrt(Math.sqrt(dim));
}

/** Puts a point at a state with a new momentum; its energy. */
export function setOff(point: PhasePoint, state: HamiltonianState, random: RandomSource): number {
  point.position.set(state.position);
  point.gradient.set(state.gradient);
  drawInverselyScaled(state.tuning.scale, random, point.momentum);
  multiply(state.tuning.scale, point.momentum, point.velocity);
  multiply(state.tuning.scale, point.gradient, point.acceleration);
  return kineticEnergy(point) - state.logDensity;
}

/** A state at a place, in arrays of its own. */
export function stateAt({ position, value, gradient }: Place, tuning: Tuning): HamiltonianState {
  return { position: position.slice(), logDensity: value, gradient: gradient.slice(), tuning };
}

/** A state one step of warmup later: tuned, and where the mass matrix is new, with a step size found anew. */
export function* hamiltonianAdapted(
  where: string,
  random: RandomSource,
  state: HamiltonianState,
  goal: TuningGoal,
  at: { readonly index: number; readonly of: number },
  acceptance: number,
): Generator<Vector, HamiltonianState, Evaluation> {
  const { tuning, rescaled } = adapted(state.tuning, goal, at, state.position, acceptance);
  const next = retuned(state, tuning);
  if (!rescaled) return next;
  const left = at.of - 1 - at.index;
  // A size found with a momentum or two may be several times too large, which few steps can't mend.
  const found = yield* stepSizeFound(where, random, next);
  const stepSize = isBrief(left) ? Math.min(found, safeStepSize(state.position.length)) : found;
  return retuned(next, restarted(tuning, stepSize, goal, left));
}

export function divergenceOf(point: PhasePoint, energyError: number): Divergence {
  return {
    from: point.before.slice(),
    position: point.position.slice(),
    momentum: point.momentum.slice(),
    energyError,
  };
}

/** The part of a progress line that all methods share: `'acceptance 0.83'`. */
export function acceptanceWords({ steps, acceptance }: Readonly<Record<string, number>>): string {
  return `acceptance ${(acceptance / steps).toFixed(2)}`;
}

/** The same with divergences: `'acceptance 0.83, 2 divergences'`. */
export function divergenceWords(sums: Readonly<Record<string, number>>): string {
  const { divergences } = sums;
  return `${acceptanceWords(sums)}, ${divergences} ${divergences === 1 ? 'divergence' : 'divergences'}`;
}

/** What a saved state looks like. */
export function savedHamiltonian(dim: number): Schema {
  return objectOf({ position: floats(dim), logDensity: aNumber, gradient: floats(dim), tuning: savedTuning(dim) });
}
