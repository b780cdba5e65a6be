import { argumentError } from '../argument.ts';

/**
 * Where the batch ends that begins at row `start`: after `batchSize` rows, or with the last one. A rest of fewer than `least` rows joins the batch before it:
 * batch norm needs two, because a row less its own mean is nothing.
 */
export function batchEnd(start: number, rows: number, batchSize: number, least = 1): number {
  const end = start + batchSize;
  return rows - end < least ? rows : end;
}

/** Throws at a single row, of which batch norm has no statistics. */
export function requireTwoRows(where: string, name: string, rows: number): void {
  if (rows >= 2) return;
  throw argumentError(where, `${name} is ${rows}, expected at least 2: batch norm has no statistics of a single row`);
}
