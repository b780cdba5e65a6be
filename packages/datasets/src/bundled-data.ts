import type { FloatArrays } from '@subspace/core';

/** A data set that this package has in it, as it comes: not standardised. */
export interface BundledData {
  /** [N, features], columns as in `featureNames`. */
  readonly inputs: FloatArrays;
  /** [N, 1], `targetName`. */
  readonly targets: FloatArrays;
  readonly featureNames: readonly string[];
  readonly targetName: string;
  /** Whom to cite. */
  readonly attribution: string;
}

/** A line of a bundled table: numbers with a blank between two. */
export function numbers(line: string): number[] {
  return line.split(' ').map(Number);
}
