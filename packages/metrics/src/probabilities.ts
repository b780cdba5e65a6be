import { argumentError, requireCount, requireOptions } from '@subspace/core/internals';
import { requireNumbers } from './numbers.ts';

/** Probabilities [N, C] row major, as `predictClassification` gives them. */
export interface Probabilities {
  readonly classes: number;
  readonly probabilities: ArrayLike<number>;
}

/** Rows of probabilities, checked: float64, within [0, 1]. */
export interface ProbabilityRows {
  readonly classes: number;
  readonly probabilities: Float64Array;
  /** N. */
  readonly rows: number;
  /** Whether a row has a NaN or an infinity: a score of all rows is then NaN. */
  readonly broken: boolean;
}

/** How far the sum of a row may be from 1, and an entry outside [0, 1]: what float16 and sums of many classes round to. */
const [SUM_ROUNDING, ENTRY_ROUNDING] = [1e-3, 1e-6];

/**
 * What every score of probabilities goes by. A row with a number that isn't finite becomes NaN as a whole; others have to sum to 1; what rounding has left
 * outside [0, 1] is brought back.
 *
 * @throws on what is not a list of numbers, a length that isn't a multiple of `classes`, or rows that aren't probabilities
 */
export function readProbabilities(where: string, prediction: Probabilities, name = 'probabilities'): ProbabilityRows {
  requireOptions(where, 'prediction', prediction);
  const { classes, probabilities: given } = prediction;
  requireCount(where, 'classes', classes, 2);
  requireNumbers(where, name, given);
  if (given.length % classes !== 0) {
    throw argumentError(where, `${name} have length ${given.length}, expected a multiple of ${classes} classes`);
  }
  const rows = given.length / classes;
  const probabilities = Float64Array.from(given);
  let broken = false;
  for (let row = 0; row < rows; row++) {
    const own = probabilities.subarray(row * classes, (row + 1) * classes);
    if (!own.every(Number.isFinite)) {
      own.fill(Number.NaN);
      broken = true;
      continue;
    }
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      if (own[c] < -ENTRY_ROUNDING || own[c] > 1 + ENTRY_ROUNDING) {
        const expected = 'from 0 to 1: logits? Their softmax gives probabilities';
        throw argumentError(where, `${name}[${row * classes + c}] is ${own[c]}, expected a number ${expected}`);
      }
      sum += own[c];
      own[c] = Math.min(1, Math.max(0, own[c]));
    }
    if (Math.abs(sum - 1) > SUM_ROUNDING) {
      throw argumentError(where, `row ${row} of ${name} sums to ${sum}, expected 1: logits, or independent outputs?`);
    }
  }
  return { classes, probabilities, rows, broken };
}

/** Rows of probabilities, as `readProbabilities` has them, with a label for each. */
export function readLabelled(where: string, prediction: Probabilities, labels: ArrayLike<number>): ProbabilityRows {
  requireOptions(where, 'prediction', prediction);
  const { classes, probabilities } = prediction;
  requireCount(where, 'classes', classes, 2);
  requireNumbers(where, 'probabilities', probabilities);
  requireLabels(where, 'probabilities', probabilities.length, classes, labels);
  return readProbabilities(where, prediction);
}

/** Throws unless there is a label from 0 to C − 1 for each row of a matrix with `length` numbers in rows of C. */
export function requireLabels(
  where: string,
  matrix: string,
  length: number,
  classes: number,
  labels: ArrayLike<number>,
): void {
  requireNumbers(where, 'labels', labels, ': one-hot? give class numbers');
  if (labels.length === 0) throw argumentError(where, 'labels are empty, expected at least one');
  if (length !== labels.length * classes) {
    const hint = length === labels.length ? ': labels one-hot? give class numbers' : '';
    throw argumentError(where, `${matrix} have length ${length}, expected ${labels.length} × ${classes}${hint}`);
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
