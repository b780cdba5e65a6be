import type { MaybePromise } from '@subspace/core';
import type { MemoryPlan, Workspace } from '../kernels/workspace.ts';

/** Threads that work on the memories of one network. */
export interface Team {
  /** How many threads a memory needs scratch for. */
  readonly threads: number;
  /** Whether memories are to be shared. */
  readonly shared: boolean;
  /** This thread and the workers that were started. */
  readonly active: number;
  /** Lets a task have the team and its memories to itself: at once, or after the tasks before it whose answers are still promises. */
  turn<T>(task: () => MaybePromise<T>): MaybePromise<T>;
  /** Lets the team work on a memory. `scratches`: one per thread; `members`: a word that counts the workers that know a shared memory. */
  join(space: Workspace, scratches: readonly number[], members: number): Crew;
  dispose(): void;
}

/** The team on one memory. */
export interface Crew {
  /** How many threads would take part in a section now. */
  readonly threads: number;
  /**
   * Performs all parts of a section, by as many threads as there are; `work`: multiply-adds of all parts. Without an exchange, a section is not for
   * threads that have copies of the memory.
   */
  perform(section: number, parts: number, work: number, exchange?: Exchange): MaybePromise<void>;
  /** Tells that the memory was written outside of what sections exchange. */
  changed(): void;
  leave(): void;
}

/** What travels between this memory and its copies for a section. */
export interface Exchange {
  /** Bytes that were written since the last section: from `start` to `end`. */
  readonly start: number;
  readonly end: number;
  /** Bytes that each part writes, those of one part after those of another. */
  readonly results: readonly { readonly address: number; readonly bytes: number }[];
}

/** Room for the word that counts a memory's members. */
export function planMembers(plan: MemoryPlan): number {
  return plan.words(16);
}
