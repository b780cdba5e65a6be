import { argumentError, requireList, show } from '@subspace/core/internals';

/** Throws unless `values` is a list of numbers, NaN and infinities among them: of any typed array but those of bigints, or a plain array. */
export function requireNumbers(where: string, name: string, values: ArrayLike<number>, hint = ''): void {
  requireList(where, name, values);
  for (let i = 0; i < values.length; i++) {
    if (typeof values[i] !== 'number') {
      throw argumentError(where, `${name}[${i}] is ${show(values[i])}, expected a number${hint}`);
    }
  }
}

/** Whether no number of these lists is NaN or infinite. */
export function areFinite(...lists: readonly ArrayLike<number>[]): boolean {
  return lists.every((values) => {
    for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
    return true;
  });
}

/** Whether a number of the list is NaN. */
export function hasNaN(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) return true;
  return false;
}
