import type { DifferentiableLogDensity, RandomSource, Vector } from '@subspace/core';
import { kineticEnergy, type PhasePoint } from '../src/leapfrog.ts';
import type { ScaleMatrix } from '../src/scale-matrix.ts';
import { at, leap } from './phase.ts';

interface PlainState {
  readonly position: readonly number[];
  readonly momentum: readonly number[];
  readonly velocity: readonly number[];
  readonly error: number;
}

export interface PlainStep {
  readonly position: readonly number[];
  readonly depth: number;
  readonly steps: number;
  readonly acceptance: number;
  readonly stopped: 'turn' | 'divergence' | 'depth';
}

/**
 * The No-U-Turn Sampler said plainly: all states of the trajectory in one list in order of time, and the criterion applied by recursion to every
 * piece of every half. Slow, and without a trick; it draws from `random` what `nuts` draws, in the same order.
 */
export function plainNuts(
  target: DifferentiableLogDensity,
  inverseMass: ScaleMatrix,
  start: { readonly position: Vector; readonly momentum: Vector },
  stepSize: number,
  maxTreeDepth: number,
  random: RandomSource,
): PlainStep {
  const first = at(target, inverseMass, start.position, start.momentum);
  const energy = kineticEnergy(first) - first.value;
  const stateOf = (point: PhasePoint, error: number): PlainState => ({
    position: [...point.position],
    momentum: [...point.momentum],
    velocity: [...point.velocity],
    error,
  });
  let trajectory = [stateOf(first, 0)];
  let chosen = trajectory[0];
  let acceptance = 0;
  let steps = 0;
  for (let depth = 1; depth <= maxTreeDepth; depth++) {
    const forwards = random.uniform() < 0.5;
    const edge = forwards ? trajectory[trajectory.length - 1] : trajectory[0];
    const point = at(target, inverseMass, edge.position, edge.momentum);
    // In the order they are reached.
    const half: PlainState[] = [];
    let candidate: PlainState | undefined;
    const finish = (stopped: PlainStep['stopped']): PlainStep => ({
      position: chosen.position,
      depth,
      steps,
      acceptance: acceptance / steps,
      stopped,
    });
    for (let i = 0; i < 2 ** (depth - 1); i++) {
      const error = leap(target, inverseMass, point, forwards ? stepSize : -stepSize) - energy;
      steps++;
      if (!(error <= 1000)) return finish('divergence');
      acceptance += Math.min(1, Math.exp(-error));
      const state = stateOf(point, error);
      half.push(state);
      if (i === 0 || random.uniform() < Math.exp(-error) / weight(half)) candidate = state;
      // Every piece that this state completes.
      for (let size = 2; (i + 1) % size === 0; size *= 2) {
        if (turns(half.slice(i + 1 - size, i + 1))) return finish('turn');
      }
    }
    if (random.uniform() < weight(half) / weight(trajectory)) chosen = candidate!;
    trajectory = forwards ? [...trajectory, ...half] : [...half.reverse(), ...trajectory];
    if (turns(trajectory)) return finish('turn');
    if (depth === maxTreeDepth) return finish('depth');
  }
  throw new Error('maxTreeDepth is less than 1');
}

function weight(states: readonly PlainState[]): number {
  return states.reduce((sum, { error }) => sum + Math.exp(-error), 0);
}

/** The criterion for a piece of 2ⁿ states, made of two halves: all of it, and each half with the nearest state of the other. */
function turns(states: readonly PlainState[]): boolean {
  const half = states.length / 2;
  return spanTurns(states) || (half > 1 && (spanTurns(states.slice(0, half + 1)) || spanTurns(states.slice(half - 1))));
}

/** The way gone is the trapezoidal rule over the momenta. */
function spanTurns(states: readonly PlainState[]): boolean {
  const [one, other] = [states[0], states[states.length - 1]];
  const way = one.momentum.map(
    (_, k) => states.reduce((sum, { momentum }) => sum + momentum[k], 0) - (one.momentum[k] + other.momentum[k]) / 2,
  );
  const along = ({ velocity }: PlainState) => velocity.reduce((sum, v, k) => sum + v * way[k], 0);
  return along(one) <= 0 || along(other) <= 0;
}
