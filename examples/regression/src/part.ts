import type { CancelSignal } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';
import type { Crew } from './crew.ts';
import type { Engine } from './engine.ts';
import type { Figure } from './figures.ts';
import type { MethodResult } from './method.ts';
import type { OursResult } from './ours-part.ts';
import type { Problem } from './problem.ts';
import type { Effort } from './settings.ts';
import type { Solutions } from './solutions.ts';

/** A part of the study: what `--only=` picks, a progress line, and a result that is stored. Parts are begun all at once, and take turns. */
export interface Part {
  /** Words with dashes between them: `pca-ess`. */
  readonly name: string;
  /** Heading of the page that its figures stand under, beside those of other parts with the same. */
  readonly section: string;
  /** Not run unless the first of its words is asked for, or all of them. */
  readonly onlyAsked?: boolean;
  run(context: PartContext): Promise<PartResult>;
}

export interface PartContext {
  readonly engine: Engine;
  readonly problem: Problem;
  readonly effort: Effort;
  readonly seed: number | string;
  /** Where predictions are drawn. */
  readonly grid: Float64Array;
  /** Variance of the noise in posteriors, in the network's units. */
  readonly noiseVariance: () => Promise<number>;
  /** What training gives; trained once, by the first part that asks. */
  readonly solutions: Solutions;
  /** Does a job on a thread of its own. */
  readonly crew: Crew;
  readonly signal?: CancelSignal;
  /** A folder of this part alone for what is saved on the way. Its result is stored by the study. */
  readonly checkpoint?: PartCheckpoint;
  readonly onProgress?: (progress: StudyProgress) => void;
}

export interface PartCheckpoint {
  readonly folder: string;
  /** Whether to go on from what is there. */
  readonly resume: boolean;
}

/** How far a stage has come, and how many seconds it still needs. */
export interface StudyProgress {
  readonly stage: string;
  readonly done: number;
  readonly of: number;
  readonly secondsLeft: number;
  /** How it fares. */
  readonly note?: string;
}

/** Plain data, as it is stored. */
export interface PartResult {
  /** Rows of the table; a section's are drawn side by side. */
  readonly methods: readonly MethodResult[];
  /** What else there is to look at. */
  readonly figures: readonly Figure[];
  /** Rows of a table of their own. */
  readonly ours?: readonly OursResult[];
  /** What is not as it was asked for. */
  readonly notes: readonly string[];
}

/** The parts that have one of the words in their names, of words parted by commas; all where nothing is asked for. */
export function pickParts(parts: readonly Part[], only?: string): readonly Part[] {
  if (only === undefined) return parts.filter(({ onlyAsked }) => !onlyAsked);
  const words = only.split(',').map((word) => word.trim());
  const has = ({ name, onlyAsked }: Part, word: string) =>
    name === word ||
    name
      .split('-')
      .slice(0, onlyAsked ? 1 : undefined)
      .includes(word);
  for (const word of words) {
    if (parts.some((part) => has(part, word))) continue;
    const known = [...new Set(parts.flatMap(({ name }) => name.split('-')))].join(', ');
    throw argumentError('--only', `has ${JSON.stringify(word)}, expected ${known}; or a part: ${parts[0].name}, say`);
  }
  return parts.filter((part) => words.some((word) => has(part, word)));
}
