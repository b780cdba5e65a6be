import { argumentError } from '@subspace/core/internals';
import type { ReadLimits } from './limits.ts';

/** Takes so many elements off what may be copied. A file may name one value again and again: it stays small, its copies do not. */
export type CopyBudget = (elements: number) => void;

/** Copies of one file, together. */
export function copyBudget(where: string, limits: Required<ReadLimits>): CopyBudget {
  let copied = 0;
  return (elements) => {
    copied += elements;
    if (copied <= limits.elements) return;
    throw argumentError(
      where,
      `the file asks for copies of ${copied} elements; limits.elements allows ${limits.elements}`,
    );
  };
}
