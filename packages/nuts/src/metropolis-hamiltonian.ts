import type { Evaluation, GradientAlgorithm, RandomSource, Vector } from '@subspace/core';
import {
  acceptanceWords,
  type Divergence,
  divergenceOf,
  divergenceWords,
  type HamiltonianState,
  type HamiltonianTarget,
  hamiltonianAdapted,
  hamiltonianStart,
  MOST_ENERGY_ERROR,
  savedHamiltonian,
  setOff,
  stateAt,
} from './hamiltonian.ts';
import { leapfrogOn, leapfrogTo, type PhasePoint, phasePoint } from './leapfrog.ts';
import type { ScaleMatrix } from './scale-matrix.ts';
import type { TuningGoal } from './tuning.ts';

/** What a step of HMC or MALA has to tell. */
export interface HmcInfo {
  /** min(1, exp(−energy error at the end of the trajectory)): the probability with which it was accepted. */
  readonly acceptance: number;
  readonly accepted: boolean;
  /** Leapfrog steps taken, each one evaluation. */
  readonly steps: number;
  /** ε of this trajectory, jitter included. */
  readonly stepSize: number;
  /** −log p(z) + ½·pᵀ·M⁻¹·p of the trajectory. */
  readonly energy: number;
  /** Of HMC: the first place, if any, where the energy error was above 1000 or NaN. */
  readonly divergence?: Divergence;
  /** Of MALA: 1 where the proposal was rejected with an energy error above 1000; else 0. */
  readonly overshot?: number;
  /** Of MALA: 1 where the proposal's energy was NaN, which rejects it; else 0. */
  readonly nonFinite?: number;
}

/** How a method that proposes the end of a leapfrog trajectory differs from another. */
interface MetropolisHamiltonian {
  /** The public function, for errors. */
  readonly where: string;
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Looked for if undefined. */
  readonly stepSize: number | undefined;
  readonly inverseMass: ScaleMatrix;
  /** Undefined: nothing is adapted. */
  readonly goal: TuningGoal | undefined;
  readonly steps: (random: RandomSource) => number;
  /** What the step size is multiplied by. */
  readonly jitter: (random: RandomSource) => number;
  /** Whether an energy error above 1000 is a divergence of a trajectory; that of a single step is a proposal that went too far. */
  readonly diverges: boolean;
}

/**
 * Hamiltonian dynamics for some leapfrog steps, and Metropolis' decision about the end.
 *
 * A trajectory through an energy error above 1000 is a divergence, but goes on to its end, because to give it up would favour one direction of
 * time; only at an energy that is NaN or infinite, from where nothing comes back, it ends and is rejected.
 */
export function metropolisHamiltonian(
  target: HamiltonianTarget,
  method: MetropolisHamiltonian,
): GradientAlgorithm<HamiltonianState, HmcInfo> {
  const { where, name, options, stepSize, inverseMass, goal, steps, jitter, diverges } = method;
  const { dim, prior } = target;
  // One for each step under way: chains run in turns.
  const points: PhasePoint[] = [];

  function* step(
    random: RandomSource,
    state: HamiltonianState,
    at?: { readonly index: number; readonly of: number },
  ): Generator<Vector, { state: HamiltonianState; info: HmcInfo }, Evaluation> {
    const { scale } = state.tuning;
    const point = points.pop() ?? phasePoint(dim);
    const energy = setOff(point, state, random);
    const stepSize = state.tuning.stepSize * jitter(random);
    const length = steps(random);
    let error = 0;
    let divergence: Divergence | undefined;
    let taken = 0;
    while (taken < length) {
      leapfrogTo(point, stepSize);
      error = leapfrogOn(where, point, scale, stepSize, yield point.position) - energy;
      taken++;
      if (diverges && !(error <= MOST_ENERGY_ERROR)) divergence ??= divergenceOf(point, error);
      if (!Number.isFinite(error)) break;
    }
    const acceptance = Number.isNaN(error) ? 0 : Math.min(1, Math.exp(-error));
    const accepted = random.uniform() < acceptance;
    const moved = accepted ? stateAt(point, state.tuning) : state;
    points.push(point);
    const told = { acceptance, accepted, steps: taken, stepSize, energy: accepted ? energy + error : energy };
    const info = diverges
      ? told
      : { ...told, overshot: error > MOST_ENERGY_ERROR ? 1 : 0, nonFinite: Number.isNaN(error) ? 1 : 0 };
    return {
      state: goal && at ? yield* hamiltonianAdapted(where, random, moved, goal, at, acceptance) : moved,
      info: divergence ? { ...info, divergence } : info,
    };
  }

  return {
    name,
    options,
    needs: 'gradients',
    target,
    prior,
    savedState: savedHamiltonian(dim),
    position: (state) => state.position,
    init: (random, position) => hamiltonianStart(where, random, position, inverseMass, stepSize, dim),
    step: (random, state) => step(random, state),
    ...(goal && { warmupStep: step }),
    tally: ({ acceptance, divergence }) => ({ acceptance, divergences: divergence ? 1 : 0 }),
    describe: (_info, sums) => (diverges ? divergenceWords(sums) : acceptanceWords(sums)),
  };
}
