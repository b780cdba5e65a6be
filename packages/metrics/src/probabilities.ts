import { argumentError, requireCount } from '@subspace/core/internals';

/** Probabilities [N, C] row major, as `predictClassification` gives them. */
export interface Probabilities {
  readonly classes: number;
  readonly probabilities: ArrayLike<number>;
}

/** Throws unless there is a label from 0 to C − 1 for each row of probabilities. */
export function requireLabels(
  where: string,
  { classes, probabilities }: Probabilities,
  labels: ArrayLike<number>,
): void {
  requireCount(where, 'classes', classes, 2);
  if (labels.length === 0) throw argumentError(where, 'labels are empty, expected at least one');
  if (probabilities.length !== labels.length * classes) {
    throw argumentError(
      where,
      `probabilities have length ${probabilities.length}, expected ${labels.length} × ${classes}`,
    );
  }
  for (let i = 0; i < labels.length; i++) {
    if (!(Number.isInteger(labels[i]) && labels[i] >= 0 && labels[i] < classes)) {
      throw argumentError(where, `labels[${i}] is ${labels[i]}, expected an integer from 0 to ${classes - 1}`);
    }
  }
}

/** The most probable class of a row; the first of several. */
export function mostProbable({ classes, probabilities }: Probabilities, row: number): number {
  let best = 0;
  for (let c = 1; c < classes; c++) {
    if (probabilities[row * classes + c] > probabilities[row * classes + best]) best = c;
  }
  return best;
}
