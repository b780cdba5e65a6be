import type { WeightLayout } from '@subspace/core';
import {
  aCount,
  argumentError,
  aText,
  listOf,
  objectOf,
  requireCount,
  requireFinite,
  requireLength,
  requireSameLayout,
  requireSchema,
  show,
} from '@subspace/core/internals';

/** Throws unless a saved state is of this kind, of this layout, and agrees in each of `expected`. */
export function requireStateOf(
  where: string,
  saved: Readonly<Record<string, unknown>>,
  kind: string,
  layout: WeightLayout,
  expected: Readonly<Record<string, number | string>>,
): void {
  if (saved?.kind !== kind) {
    throw argumentError(where, `state.kind is ${JSON.stringify(saved?.kind)}, expected "${kind}"`);
  }
  requireSchema(where, 'state.layout', saved.layout, listOf(objectOf({ name: aText, shape: listOf(aCount) })));
  requireSameLayout(where, 'state', { size: layout.size, entries: saved.layout as WeightLayout['entries'] }, layout);
  for (const [name, value] of Object.entries(expected)) {
    if (saved[name] !== value) throw argumentError(where, `state.${name} is ${saved[name]}, expected ${value}`);
  }
  requireCount(where, 'state.collected', saved.collected, 0);
}

/** Throws unless the named vectors, and all rows, are there with `size` finite entries. */
export function requireSavedVectors(
  where: string,
  vectors: Readonly<Record<string, ArrayLike<number> | undefined>>,
  rows: readonly ArrayLike<number>[],
  size: number,
): void {
  const names = Object.keys(vectors);
  if (names.some((name) => !vectors[name]) || !Array.isArray(rows)) {
    throw argumentError(where, `state has no ${names.join(', ')} or rows, expected what state() returned`);
  }
  const check = (name: string, values: ArrayLike<number>) => {
    if (!ArrayBuffer.isView(values)) {
      throw argumentError(where, `state.${name} is ${show(values)}, expected an array of numbers`);
    }
    requireLength(where, `state.${name}`, values, size);
    requireFinite(where, `state.${name}`, values);
  };
  for (const name of names) check(name, vectors[name] as ArrayLike<number>);
  rows.forEach((row, k) => {
    check(`rows[${k}]`, row);
  });
}
