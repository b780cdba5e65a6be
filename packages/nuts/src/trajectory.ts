import type { Evaluation, RandomSource, Vector } from '@subspace/core';
import { type Divergence, divergenceOf, type HamiltonianState, MOST_ENERGY_ERROR, setOff } from './hamiltonian.ts';
import { leapfrogOn, type PhasePoint, type Place, phasePoint } from './leapfrog.ts';
import type { ScaleMatrix } from './scale-matrix.ts';
import {
  copyEnd,
  copyVector,
  joinTurns,
  type TrajectoryTree,
  trajectoryEnd,
  trajectoryTree,
} from './trajectory-tree.ts';
import type { TrajectoryEnd } from './u-turn.ts';

/**
 * A trajectory of NUTS under way, doubled again and again. All is overwritten in place: of the states, only the two ends are kept, what the tree needs, and
 * two that may become the next position.
 */
export interface Trajectory {
  readonly left: PhasePoint;
  readonly right: PhasePoint;
  /** Energy at the start. */
  start: number;
  /** Doublings, the one under way included. */
  depth: number;
  /** Leapfrog steps. */
  steps: number;
  /** Sum over the steps of min(1, exp(−energy error)). */
  acceptance: number;
  /** ρ: sum of all momenta but those of the half that is being added. */
  readonly sum: Vector;
  /** log Σ exp(−energy error), likewise. */
  logWeight: number;
  /** The state that is drawn so far, where `moved`; else it is the start. */
  chosen: Place;
  /** Its energy. */
  energy: number;
  moved: boolean;
  stopped: 'turn' | 'divergence' | undefined;
  divergence: Divergence | undefined;

  // The half that is being added.
  /** The end that is being extended, the other one, and the former as it was before. */
  end: PhasePoint;
  far: PhasePoint;
  readonly near: TrajectoryEnd;
  /** ε, negative backwards in time. */
  stepSize: number;
  readonly tree: TrajectoryTree;
  /** States so far. */
  added: number;
  addedLogWeight: number;
  candidate: Place;
  candidateEnergy: number;
}

export function newTrajectory(dim: number, depths: number): Trajectory {
  const place = () => ({ position: new Float64Array(dim), gradient: new Float64Array(dim), value: Number.NaN });
  const [left, right] = [phasePoint(dim), phasePoint(dim)];
  // Numbers that are no integers from the first: the compiler counts on it.
  const none = Number.NaN;
  return {
    left,
    right,
    start: none,
    depth: 0,
    steps: 0,
    acceptance: none,
    sum: new Float64Array(dim),
    logWeight: none,
    chosen: place(),
    energy: none,
    moved: false,
    stopped: undefined,
    divergence: undefined,
    end: right,
    far: left,
    near: trajectoryEnd(dim),
    stepSize: none,
    tree: trajectoryTree(dim, depths),
    added: 0,
    addedLogWeight: none,
    candidate: place(),
    candidateEnergy: none,
  };
}

/** From a state, with a new momentum. */
export function begin(trajectory: Trajectory, state: HamiltonianState, random: RandomSource): void {
  const { left, right, sum } = trajectory;
  trajectory.start = setOff(left, state, random);
  copyVector(left.position, right.position);
  copyVector(left.gradient, right.gradient);
  copyVector(left.acceleration, right.acceleration);
  copyEnd(left, right);
  copyVector(left.momentum, sum);
  trajectory.depth = 0;
  trajectory.steps = 0;
  trajectory.acceptance = 0;
  trajectory.logWeight = 0;
  trajectory.energy = trajectory.start;
  trajectory.moved = false;
  trajectory.stopped = undefined;
  trajectory.divergence = undefined;
}

/** Forwards or backwards in time. */
export function beginHalf(trajectory: Trajectory, stepSize: number, random: RandomSource): void {
  const { left, right, near } = trajectory;
  const forwards = random.uniform() < 0.5;
  trajectory.end = forwards ? right : left;
  trajectory.far = forwards ? left : right;
  trajectory.stepSize = forwards ? stepSize : -stepSize;
  copyEnd(trajectory.end, near);
  trajectory.depth++;
  trajectory.added = 0;
  trajectory.addedLogWeight = -Infinity;
}

/**
 * The end has been moved on by half a leapfrog step, and this is the density there.
 *
 * @returns whether the half goes on: it isn't full yet, nor has it turned or diverged
 */
export function addState(
  trajectory: Trajectory,
  inverseMass: ScaleMatrix,
  answer: Evaluation,
  random: RandomSource,
): boolean {
  const { end, candidate, tree, start, addedLogWeight } = trajectory;
  const error = leapfrogOn('nuts', end, inverseMass, trajectory.stepSize, answer) - start;
  trajectory.steps++;
  if (!(error <= MOST_ENERGY_ERROR)) {
    trajectory.divergence = divergenceOf(end, error);
    trajectory.stopped = 'divergence';
    return false;
  }
  trajectory.acceptance += error <= 0 ? 1 : Math.exp(-error);
  // Each state of the half is its candidate with a probability in proportion to its weight exp(−error).
  const logWeight = logSum(addedLogWeight, -error);
  if (trajectory.added === 0 || random.uniform() < Math.exp(-error - logWeight)) {
    copyVector(end.position, candidate.position);
    copyVector(end.gradient, candidate.gradient);
    candidate.value = end.value;
    trajectory.candidateEnergy = start + error;
  }
  trajectory.addedLogWeight = logWeight;
  if (tree.add(trajectory.added, end)) {
    trajectory.stopped = 'turn';
    return false;
  }
  trajectory.added++;
  return trajectory.added < 2 ** (trajectory.depth - 1);
}

/** Joins the half, unless the trajectory has stopped within it. */
export function joinHalf(trajectory: Trajectory, random: RandomSource): void {
  if (trajectory.stopped) return;
  const { far, near, sum, logWeight, addedLogWeight, depth, chosen, candidate } = trajectory;
  // The new half against all of the old one: later doublings are favoured.
  if (random.uniform() < Math.exp(addedLogWeight - logWeight)) {
    trajectory.chosen = candidate;
    trajectory.candidate = chosen;
    trajectory.energy = trajectory.candidateEnergy;
    trajectory.moved = true;
  }
  trajectory.logWeight = logSum(logWeight, addedLogWeight);
  const half = trajectory.tree.whole(depth - 1);
  if (joinTurns({ first: far, last: near, sum }, half, depth === 1)) trajectory.stopped = 'turn';
  for (let k = 0; k < sum.length; k++) sum[k] += half.sum[k];
}

/** log(eᵃ + eᵇ), for b that is not −∞. */
function logSum(a: number, b: number): number {
  return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}
