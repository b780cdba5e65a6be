import { argumentError, requireCount, show } from '../argument.ts';

/** Where each named tensor of a network lies in the flat vector of its trainable weights, row major. */
export interface WeightLayout {
  /** D, the number of weights. */
  readonly size: number;
  readonly entries: readonly { readonly name: string; readonly shape: readonly number[]; readonly offset: number }[];
}

/**
 * A layout from names and shapes, in order.
 *
 * @param tensors at least one; names must differ
 * @throws on an empty list, a repeated name, or a size that is not a positive integer
 * @example
 * ```ts
 * import { weightLayout } from '@subspace/core';
 *
 * const layout = weightLayout([{ name: 'dense/kernel', shape: [2, 3] }, { name: 'dense/bias', shape: [3] }]);
 * layout.size; // 9
 * layout.entries[1].offset; // 6
 * ```
 */
export function weightLayout(
  tensors: readonly { readonly name: string; readonly shape: readonly number[] }[],
): WeightLayout {
  if (tensors.length === 0) throw argumentError('weightLayout', 'tensors is empty, expected at least one');
  const names = new Set<string>();
  let size = 0;
  const entries = tensors.map(({ name, shape }) => {
    if (names.has(name)) throw argumentError('weightLayout', `name ${show(name)} appears twice, expected unique names`);
    names.add(name);
    for (const length of shape) requireCount('weightLayout', `shape of ${name}`, length);
    const offset = size;
    size += shape.reduce((product, length) => product * length, 1);
    return { name, shape: [...shape], offset };
  });
  return { size, entries };
}

/** Throws unless both layouts have the same names, shapes and order; the message names the first difference. */
export function requireSameLayout(where: string, name: string, layout: WeightLayout, expected: WeightLayout): void {
  if (layout === expected) return;
  const describe = (entry: WeightLayout['entries'][number] | undefined) =>
    entry ? `${entry.name} [${entry.shape.join(', ')}]` : 'nothing';
  for (let i = 0; i < Math.max(layout.entries.length, expected.entries.length); i++) {
    const came = describe(layout.entries[i]);
    const wanted = describe(expected.entries[i]);
    if (came !== wanted) throw argumentError(where, `${name} has ${came} as tensor ${i}, expected ${wanted}`);
  }
}
