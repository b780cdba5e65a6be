import type { RandomSource } from '@subspace/core';
import { permutation } from '@subspace/core/internals';

/** Row numbers of an inner part of the training rows, and of the rest. */
export interface InnerSplit {
  readonly train: Int32Array;
  readonly heldOut: Int32Array;
}

/** So many held-out rows, of all splits together, tell one temperature from another. */
const ENOUGH_ROWS = 100;
const MOST_SPLITS = 5;

/** How many splits are needed, so that what is chosen on the held-out rows is no accident. */
export function splitsNeeded(rows: number, fraction: number): number {
  return Math.min(MOST_SPLITS, Math.ceil(ENOUGH_ROWS / heldOutRows(rows, fraction)));
}

/**
 * Random inner parts of rows 0 … rows − 1. Classes are held out in proportion: of parts of less than a half, at least one row of each class stays for training.
 *
 * @param classes the class of each row; without them, rows are all of one kind
 */
export function innerSplits(
  rows: number,
  options: { readonly fraction: number; readonly splits: number },
  random: RandomSource,
  classes?: Int32Array,
): readonly InnerSplit[] {
  const heldOut = heldOutRows(rows, options.fraction);
  return Array.from({ length: options.splits }, (_, k) => {
    const order = permutation(rows, random.fork(`inner split ${k}`));
    const mixed = classes ? inTurns(order, classes) : order;
    return { train: mixed.slice(heldOut), heldOut: mixed.slice(0, heldOut) };
  });
}

function heldOutRows(rows: number, fraction: number): number {
  return Math.min(rows - 1, Math.max(1, Math.round(fraction * rows)));
}

/** The same order, but so that each beginning of it has the classes in proportion: the j-th of a class's n rows stands at (j + ½)/n. */
function inTurns(order: Int32Array, classes: Int32Array): Int32Array {
  const size = new Map<number, number>();
  for (const c of classes) size.set(c, (size.get(c) ?? 0) + 1);
  const seen = new Map<number, number>();
  const placed = Array.from(order, (row) => {
    const j = seen.get(classes[row]) ?? 0;
    seen.set(classes[row], j + 1);
    return { row, at: (j + 0.5) / size.get(classes[row])! };
  });
  return Int32Array.from(
    placed.sort((a, b) => a.at - b.at),
    ({ row }) => row,
  );
}
