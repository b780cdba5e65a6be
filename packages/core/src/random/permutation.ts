import { requireCount } from '../argument.ts';
import type { RandomSource } from './random-source.ts';

/**
 * The numbers 0 … size−1 in random order (Fisher and Yates).
 *
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { permutation } from '@subspace/core/internals';
 *
 * permutation(4, randomSource(1)); // Int32Array of 0, 1, 2, 3 in some order
 * ```
 */
export function permutation(size: number, random: RandomSource): Int32Array {
  requireCount('permutation', 'size', size, 0);
  const order = new Int32Array(size);
  for (let i = 0; i < size; i++) order[i] = i;
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1));
    const swapped = order[i];
    order[i] = order[j];
    order[j] = swapped;
  }
  return order;
}
