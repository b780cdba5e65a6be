import { argumentError, requireList, show } from '@subspace/core/internals';
import { isMissing } from './table.ts';

/** What a class is called. */
export type Label = string | number | boolean;

/** Labels as numbers of classes. */
export interface Labels {
  /** In order: numbers by size, words by their letters, false before true. */
  readonly classes: readonly Label[];
  /** The class of each row, from 0: [N]. */
  readonly indices: Int32Array;
}

/**
 * The classes that labels name, and which of them each row is.
 *
 * @param classes those that there are, where they are known; default: those that occur
 * @throws on a missing label, labels of different types, a class that is not known, or fewer than two of them
 */
export function readLabels(where: string, name: string, labels: ArrayLike<Label>, classes?: readonly Label[]): Labels {
  requireList(where, name, labels, 'labels');
  const values = Array.from(labels);
  if (values.length === 0) throw argumentError(where, `${name} is empty, expected at least one label`);
  values.forEach((label, i) => {
    if (isMissing(label)) {
      throw argumentError(where, `${name}[${i}] is missing (${show(label)}), expected a class: leave the row out`);
    }
    if (!['string', 'number', 'boolean'].includes(typeof label)) {
      throw argumentError(where, `${name}[${i}] is ${show(label)}, expected a string, a number or a boolean`);
    }
    if (typeof label !== typeof values[0]) {
      throw argumentError(where, `${name}[${i}] is ${show(label)}, expected a ${typeof values[0]} as the first label`);
    }
  });
  const found = classes ?? [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  if (found.length < 2) {
    throw argumentError(where, `${name} has one class only (${show(found[0])}), expected at least two`);
  }
  const index = new Map(found.map((label, i) => [label, i]));
  const indices = Int32Array.from(values, (label, i) => {
    const at = index.get(label);
    if (at !== undefined) return at;
    throw argumentError(
      where,
      `${name}[${i}] is ${show(label)}, expected one of the classes ${found.map(show).join(', ')}`,
    );
  });
  return { classes: found, indices };
}
