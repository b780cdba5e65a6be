import { argumentError, requireCount, show } from '../argument.ts';

/**
 * Where each named tensor of a network lies in the flat vector of its trainable weights, row major.
 *
 * Two layouts are of one network if order, shapes and names are the same; numbers that TensorFlow.js gives to layers without a name of their own
 * (`dense_Dense3`) do not count, so that a model may be built again.
 */
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
