import { type Collector, type Subspace, subspace, type WeightLayout } from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireKnownOptions,
  requireLength,
  requireNonNegative,
} from '@subspace/core/internals';
import { combineRows } from './combine-rows.ts';
import { requireFiniteWeights } from './finite-weights.ts';
import { gramMatrix } from './gram-matrix.ts';
import { principalRows } from './principal-rows.ts';
import { requireSavedVectors, requireStateOf } from './saved-state.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

export interface FrequentDirectionsOptions {
  /** ℓ ≥ 2, the number of directions of the subspace. The sketch has up to 2ℓ rows: memory is D·(8 + 8·rank) bytes. Default 20. */
  readonly rank?: number;
}

/** Plain data: what a checkpoint keeps of a sketch. */
export interface FrequentDirectionsState {
  readonly kind: 'frequent-directions';
  readonly layout: WeightLayout['entries'];
  readonly rank: number;
  readonly collected: number;
  /** Σ of what the shrinking took off. */
  readonly errorBound: number;
  /** Mean of all snapshots [D]. */
  readonly mean: Float64Array;
  /** The sketch: at most 2·rank rows [D]. */
  readonly rows: readonly Float32Array[];
}

/** A sketch that collects snapshots: hand it to `fit` as `collect: { into: sketch, from }`. */
export interface FrequentDirections extends Collector {
  readonly layout: WeightLayout;
  readonly rank: number;
  /** The number of snapshots. */
  readonly collected: number;
  /** δ ≥ ‖AᵀA − BᵀB‖₂, with all deviations as rows of A and the sketch as rows of B. */
  readonly errorBound: number;
  /** Mean of all snapshots [D], a copy. */
  mean(): Float32Array;
  /** The sketch B, at most 2·rank rows [D]. Not to be written to; later snapshots leave them as they are. */
  rows(): readonly Float32Array[];
  /** The subspace of the sketch as it is now. */
  subspace(): Subspace;
  state(): FrequentDirectionsState & Readonly<Record<string, unknown>>;
}

/**
 * The principal directions of all deviations of a training run, however many, from a sketch of fixed size (Frequent Directions).
 *
 * Each snapshot adds its deviation from the running mean (its own weights included) as a row to the sketch B. When a row comes and there are 2ℓ, they
 * shrink to ℓ − 1 first: with B = U·diag(s)·Vᵀ, row k becomes √(s_k² − s_ℓ²)·v_k. Then 0 ≤ AᵀA − BᵀB ≤ δ·I, δ the sum of all s_ℓ². The subspace goes
 * through the mean of the snapshots; its basis is the first ℓ rows of diag(s)·Vᵀ of the sketch over √(collected − 1), longest first, each positive
 * at its entry of largest magnitude. No random numbers.
 *
 * Where `pcaSubspace` sees the last deviations only, this sees all of them.
 *
 * @param layout of the weights; snapshots have length D = layout.size
 * @returns a collector; `subspace()` has `rank` rows, or as many as the deviations span if they are fewer
 * @throws on invalid options. `collect` throws on another length, and on NaN or infinity, and then leaves the sketch as it was; `restore` on the state
 * of another layout or rank, and on a damaged one; `mean` before the first snapshot; `subspace` before the second, and if no snapshot differs
 * @see Ghashami, Liberty, Phillips & Woodruff (2016), "Frequent Directions: Simple and Deterministic Matrix Sketching"
 * @example
 * ```ts
 * import { weightLayout } from '@subspace/core';
 * import { frequentDirectionsSubspace } from '@subspace/swag';
 *
 * const sketch = frequentDirectionsSubspace(weightLayout([{ name: 'w', shape: [3] }]), { rank: 2 });
 * for (let epoch = 0; epoch < 100; epoch++) sketch.collect(Float32Array.of(epoch % 2, epoch % 3, 7));
 * sketch.rows().length; // at most 4
 * const subspace = sketch.subspace();
 * subspace.basis.length; // 2
 * ```
 */
export function frequentDirectionsSubspace(
  layout: WeightLayout,
  options: FrequentDirectionsOptions = {},
): FrequentDirections {
  const name = 'frequentDirectionsSubspace';
  requireKnownOptions(name, options, ['rank']);
  const { rank = 20 } = options;
  const size = layout?.size;
  requireCount(name, 'layout.size', size);
  requireCount(name, 'rank', rank, 2);

  const mean = new Float64Array(size);
  let rows: readonly Float32Array[] = [];
  // Rows that were handed out stay as they are: the next shrinking then makes new ones.
  let lent = false;
  let collected = 0;
  let errorBound = 0;

  return {
    layout,
    rank,
    get collected() {
      return collected;
    },
    get errorBound() {
      return errorBound;
    },

    collect(weights) {
      requireLength(`${name}.collect`, 'weights', weights, size);
      requireFiniteWeights(`${name}.collect`, weights);
      if (rows.length === 2 * rank) {
        const shrunk = shrink(rows, rank, lent);
        rows = shrunk.rows;
        errorBound += shrunk.taken;
        lent = false;
      }
      collected++;
      rows = [...rows, deviation(weights, mean, collected)];
    },

    mean() {
      if (collected === 0) throw argumentError(`${name}.mean`, 'collected is 0, expected at least one snapshot');
      return Float32Array.from(mean);
    },

    rows() {
      lent = true;
      return rows;
    },

    subspace() {
      if (collected < 2) {
        throw argumentError(`${name}.subspace`, `collected is ${collected}, expected at least two snapshots`);
      }
      const shift = Float32Array.from(mean);
      const principal = principalRows(rows, 1 / Math.sqrt(collected - 1), shift);
      if (principal.directions === 0) {
        throw argumentError(`${name}.subspace`, `${collected} snapshots are all the same, expected different ones`);
      }
      return subspace({ layout, shift, basis: principal.rows(Math.min(rank, principal.directions)) });
    },

    state() {
      lent = true;
      return {
        kind: 'frequent-directions',
        layout: layout.entries,
        rank,
        collected,
        errorBound,
        mean: mean.slice(),
        rows,
      };
    },

    restore(saved) {
      const state = checkedState(saved, layout, rank);
      mean.set(state.mean);
      rows = state.rows.map((row) => row.slice());
      lent = false;
      collected = state.collected;
      errorBound = state.errorBound;
    },
  };
}

/** Takes w into the mean of n snapshots; w − mean after, as a new row. */
function deviation(weights: Float32Array, mean: Float64Array, n: number): Float32Array {
  const row = new Float32Array(weights.length);
  for (let i = 0; i < row.length; i++) {
    mean[i] += (weights[i] - mean[i]) / n;
    row[i] = weights[i] - mean[i];
  }
  return row;
}

/** To rank − 1 rows √(s_k² − s_ℓ²)·v_k, and s_ℓ²: in place, or as new rows. */
function shrink(
  rows: readonly Float32Array[],
  rank: number,
  keep: boolean,
): { rows: readonly Float32Array[]; taken: number } {
  const { values, vectors } = symmetricEigen(gramMatrix(rows), rows.length);
  const taken = Math.max(0, values[rank - 1]);
  const coefficients = vectors.slice(0, rank - 1).map((u, k) => {
    const left = values[k] > taken ? Math.sqrt(1 - taken / values[k]) : 0;
    return u.map((x) => left * x);
  });
  const into = coefficients.map((_, k) => (keep ? new Float32Array(rows[k].length) : rows[k]));
  return { rows: combineRows(coefficients, rows, into), taken };
}

function checkedState(
  saved: Readonly<Record<string, unknown>>,
  layout: WeightLayout,
  rank: number,
): FrequentDirectionsState {
  const where = 'frequentDirectionsSubspace.restore';
  requireStateOf(where, saved, 'frequent-directions', layout, { rank });
  const state = saved as unknown as FrequentDirectionsState;
  const { mean, rows } = state;
  requireSavedVectors(where, { mean }, rows, layout.size);
  requireLength(where, 'state.rows', rows, sketchRows(state.collected, rank));
  requireNonNegative(where, 'state.errorBound', state.errorBound);
  return state;
}

/** Rows of a sketch after so many snapshots: up to 2ℓ, then from ℓ to 2ℓ again and again. */
function sketchRows(collected: number, rank: number): number {
  if (collected <= 2 * rank) return collected;
  return rank + ((collected - 2 * rank - 1) % (rank + 1));
}
