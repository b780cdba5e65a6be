import type { Split } from '../splits.ts';
import type { TableFinding } from '../tabular/finding.ts';
import type { InputsAndTargets } from '../tabular/inputs-and-targets.ts';

/** A data set with its splits, in its own units. */
export interface UciData extends InputsAndTargets {
  readonly name: string;
  /** The splits that come with the data, in the order of the files; none where there are none: `paperSplits` and `splits` make some. */
  readonly splits: readonly Split[];
  /** The file it was read from, or `'bundled'`. */
  readonly source: string;
  /** What was left out, and what to know: rows that are there twice, features that are constant, … */
  readonly findings: readonly TableFinding[];
}
