import type { Vector } from '@subspace/core';
import { isTurning, type TrajectoryEnd } from './u-turn.ts';

/** A piece of a trajectory: its first and its last state, and the sum ρ of the momenta of all of them. */
export interface TrajectoryPiece {
  readonly first: TrajectoryEnd;
  readonly last: TrajectoryEnd;
  readonly sum: Vector;
}

export function trajectoryEnd(dim: number): TrajectoryEnd {
  return { momentum: new Float64Array(dim), velocity: new Float64Array(dim) };
}

export function copyEnd(from: TrajectoryEnd, to: TrajectoryEnd): void {
  copyVector(from.momentum, to.momentum);
  copyVector(from.velocity, to.velocity);
}

/** For a handful of numbers a loop is faster than `set`. */
export function copyVector(from: Vector, to: Vector): void {
  for (let k = 0; k < to.length; k++) to[k] = from[k];
}

/**
 * Whether a trajectory made of two pieces, one behind the other, turns: all of it, or, where a piece is more than one state, one of them with the
 * nearest state of the other. Without the last two, a trajectory whose pieces are half turns each would go on.
 *
 * @see Stan's pull request 2800 (2019), https://discourse.mc-stan.org/t/9727
 */
export function joinTurns(one: TrajectoryPiece, two: TrajectoryPiece, single: boolean): boolean {
  if (isTurning(one.first, two.last, one.sum, two.sum)) return true;
  if (single) return false;
  return (
    isTurning(one.first, two.first, one.sum, two.first.momentum) ||
    isTurning(one.last, two.last, two.sum, one.last.momentum)
  );
}

/** A balanced binary tree over states that come one by one. Of its pieces, only those are kept whose other half is still to come. */
export interface TrajectoryTree {
  /**
   * Adds the next state.
   *
   * @param index of the state, from 0
   * @returns whether a piece that is now complete turns
   */
  add(index: number, state: TrajectoryEnd): boolean;
  /** The piece of all 2^depth states, once they are there. */
  whole(depth: number): TrajectoryPiece;
}

export function trajectoryTree(dim: number, depths: number): TrajectoryTree {
  // levels[d]: the last piece of 2^d states. A single state is its own first, last and sum.
  const single = trajectoryEnd(dim);
  const levels: TrajectoryPiece[] = [{ first: single, last: single, sum: single.momentum }];
  while (levels.length < depths) {
    levels.push({ first: trajectoryEnd(dim), last: trajectoryEnd(dim), sum: new Float64Array(dim) });
  }
  const joined = new Float64Array(dim);
  return {
    add(index, state) {
      let level = 0;
      let first = state;
      let sum = state.momentum;
      for (; (index >> level) & 1; level++) {
        const other = levels[level];
        if (joinTurns(other, { first, last: state, sum }, level === 0)) return true;
        first = other.first;
        for (let k = 0; k < dim; k++) joined[k] = other.sum[k] + sum[k];
        sum = joined;
      }
      const piece = levels[level];
      copyEnd(first, piece.first);
      if (level > 0) {
        copyEnd(state, piece.last);
        copyVector(sum, piece.sum);
      }
      return false;
    },
    whole: (depth) => levels[depth],
  };
}
