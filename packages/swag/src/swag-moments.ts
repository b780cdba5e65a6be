import type { Collector, WeightLayout } from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireKnownOptions,
  requireLength,
  requirePositive,
} from '@subspace/core/internals';
import { requireFiniteWeights } from './finite-weights.ts';
import { requireSavedVectors, requireStateOf } from './saved-state.ts';
import { updateMoments } from './update-moments.ts';

export interface SwagMomentsOptions {
  /** How many deviations are kept, the newest: M ≤ rank. Memory is D·(16 + 4·rank) bytes. Default 20, the paper's. */
  readonly rank?: number;
  /**
   * What deviations are taken from. `'running-mean'` (the default, the paper's and the original code's): from the mean at the time of
   * collection, new weights included, so that the first deviation is exactly zero. `'final-mean'`: from the mean of all snapshots, which moves with
   * each: `deviations()` then makes them anew, another D·4·rank bytes.
   */
  readonly deviationsFrom?: 'running-mean' | 'final-mean';
  /** The least variance of a weight: those that never moved get this. Default 1e-6, the original's. */
  readonly varianceClamp?: number;
}

/** The moments of a trajectory, whoever collected them: what SWAG and its subspaces are built from. */
export interface WeightMoments {
  readonly layout: WeightLayout;
  /** The number of snapshots. */
  readonly collected: number;
  /** Mean of all snapshots [D], a copy. */
  mean(): Float32Array;
  /** Variance of each weight over all snapshots (divided by their number), clamped from below, [D], a copy. */
  variance(): Float32Array;
  /** The newest M = min(rank, collected) deviations, newest last, [D] each. Not to be written to; later snapshots leave them as they are. */
  deviations(): readonly Float32Array[];
}

/** Plain data: what a checkpoint keeps of moments. */
export interface SwagState {
  readonly kind: 'swag-moments';
  readonly layout: WeightLayout['entries'];
  readonly rank: number;
  readonly deviationsFrom: 'running-mean' | 'final-mean';
  readonly collected: number;
  /** Mean of all snapshots [D]. */
  readonly mean: Float64Array;
  /** Σ (w − mean)² over all snapshots [D]. */
  readonly squares: Float64Array;
  /** min(rank, collected) rows [D], newest last: deviations from the running mean; with `'final-mean'` the snapshots themselves. */
  readonly rows: readonly Float32Array[];
}

/** Moments that collect snapshots: hand them to `fit` as `collect: { into: moments, from }`. */
export interface SwagMoments extends WeightMoments, Collector {
  readonly rank: number;
  state(): SwagState & Readonly<Record<string, unknown>>;
}

/**
 * Running moments of weights along a training run: mean, variance, and the last `rank` deviations from the mean.
 *
 * With the n-th snapshot w: mean ← mean + (w − mean)/n, squares ← squares + (w − mean before)·(w − mean after), deviation = w − mean after
 * (Welford's recurrences, in float64: no variance comes out negative, however many snapshots). The deviation is the paper's: it is taken from the
 * mean that already includes the new weights. One pass over the weights and no temporaries: the oldest row becomes the newest, unless it was handed out.
 *
 * Mean and squares are float64, 16 bytes of the 96 that a weight takes at rank 20. In float32 the variance of weights that move by 1e-5 of their size
 * and less comes out wrong by a thousandth after a thousand snapshots, and by more than half where they move by a few units in the last place.
 *
 * Unlike the original code, which keeps E[w²] in float32 and gets variances of ±1e-8 for weights that never moved.
 *
 * @param layout of the weights; snapshots have length D = layout.size
 * @throws on invalid options. `collect` throws on another length, and on NaN or infinity, and then leaves the moments as they were; `restore` on
 * the state of another layout, rank or kind of deviation, and on a damaged one; `mean`, `variance` and `deviations` before the first snapshot.
 * @see Maddox et al. (2019), "A Simple Baseline for Bayesian Uncertainty in Deep Learning", Algorithm 1; Izmailov et al. (2019), Section 3.2
 * @example
 * ```ts
 * import { weightLayout } from '@subspace/core';
 * import { swagMoments } from '@subspace/swag';
 *
 * const moments = swagMoments(weightLayout([{ name: 'w', shape: [2] }]), { rank: 5 });
 * moments.collect(Float32Array.of(0, 1));
 * moments.collect(Float32Array.of(2, 1));
 * moments.mean(); // [1, 1]
 * moments.variance(); // [1, 1e-6]
 * moments.deviations(); // [[0, 0], [1, 0]]
 * ```
 */
export function swagMoments(layout: WeightLayout, options: SwagMomentsOptions = {}): SwagMoments {
  requireKnownOptions('swagMoments', options, ['rank', 'deviationsFrom', 'varianceClamp']);
  const { rank = 20, deviationsFrom = 'running-mean', varianceClamp = 1e-6 } = options;
  const size = layout?.size;
  requireCount('swagMoments', 'layout.size', size);
  requireCount('swagMoments', 'rank', rank);
  requirePositive('swagMoments', 'varianceClamp', varianceClamp);
  if (deviationsFrom !== 'running-mean' && deviationsFrom !== 'final-mean') {
    throw argumentError('swagMoments', `deviationsFrom is ${deviationsFrom}, expected 'running-mean' or 'final-mean'`);
  }

  const mean = new Float64Array(size);
  const squares = new Float64Array(size);
  let rows: readonly Float32Array[] = [];
  // The oldest `lent` rows were handed out and stay as they are. The others are written again once they are too old: at 36 million weights a new row
  // for each snapshot would leave gigabytes to the garbage collector.
  let lent = 0;
  let collected = 0;

  const requireSnapshots = (where: string) => {
    if (collected === 0) throw argumentError(where, 'collected is 0, expected at least one snapshot');
  };

  return {
    layout,
    rank,
    get collected() {
      return collected;
    },

    collect(weights) {
      requireLength('swagMoments.collect', 'weights', weights, size);
      requireFiniteWeights('swagMoments.collect', weights);
      collected++;
      const full = rows.length === rank;
      const row = full && lent === 0 ? rows[0] : new Float32Array(size);
      if (full && lent > 0) lent--;
      updateMoments(weights, collected, mean, squares, row);
      if (deviationsFrom === 'final-mean') row.set(weights);
      rows = [...rows.slice(full ? 1 : 0), row];
    },

    mean() {
      requireSnapshots('swagMoments.mean');
      return Float32Array.from(mean);
    },

    variance() {
      requireSnapshots('swagMoments.variance');
      const variance = new Float32Array(size);
      for (let i = 0; i < size; i++) variance[i] = Math.max(squares[i] / collected, varianceClamp);
      return variance;
    },

    deviations() {
      requireSnapshots('swagMoments.deviations');
      if (deviationsFrom === 'final-mean') return rows.map((row) => difference(row, mean));
      lent = rows.length;
      return rows;
    },

    state() {
      lent = rows.length;
      return {
        kind: 'swag-moments',
        layout: layout.entries,
        rank,
        deviationsFrom,
        collected,
        mean: mean.slice(),
        squares: squares.slice(),
        rows,
      };
    },

    restore(saved) {
      const state = checkedState(saved, layout, rank, deviationsFrom);
      mean.set(state.mean);
      squares.set(state.squares);
      rows = state.rows.map((row) => row.slice());
      lent = 0;
      collected = state.collected;
    },
  };
}

function difference(row: Float32Array, mean: Float64Array): Float32Array {
  const deviation = new Float32Array(row.length);
  for (let i = 0; i < row.length; i++) deviation[i] = row[i] - mean[i];
  return deviation;
}

function checkedState(
  saved: Readonly<Record<string, unknown>>,
  layout: WeightLayout,
  rank: number,
  deviationsFrom: string,
): SwagState {
  const where = 'swagMoments.restore';
  requireStateOf(where, saved, 'swag-moments', layout, { rank, deviationsFrom });
  const state = saved as unknown as SwagState;
  const { mean, squares, rows } = state;
  requireSavedVectors(where, { mean, squares }, rows, layout.size);
  requireLength(where, 'state.rows', rows, Math.min(rank, state.collected));
  const negative = squares.findIndex((value) => value < 0);
  if (negative >= 0)
    throw argumentError(where, `state.squares[${negative}] is ${squares[negative]}, expected at least 0`);
  return state;
}
