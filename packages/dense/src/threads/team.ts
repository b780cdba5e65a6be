import type { MaybePromise } from '@subspace/core';
import type { Workspace } from '../kernels/workspace.ts';

/** Threads that work on the memories of one network. */
export interface Team {
  /** How many threads a memory needs scratch for. */
  readonly threads: number;
  /** Whether memories are to be shared. */
  readonly shared: boolean;
  /** Lets the team work on a memory; `scratches`: one per thread. */
  join(space: Workspace, scratches: readonly number[]): Crew;
  dispose(): void;
}

/** The team on one memory. */
export interface Crew {
  /** How many threads would take part in a section now. */
  readonly threads: number;
  /** Performs all parts of a section, by as many threads as there are; `work`: multiply-adds of all parts. */
  perform(section: number, parts: number, work: number): MaybePromise<void>;
  leave(): void;
}

/** A team of this thread only. */
export function soloTeam(): Team {
  return {
    threads: 1,
    shared: false,
    join: ({ kernels }, [scratch]) => ({
      threads: 1,
      perform(section, parts) {
        for (let part = 0; part < parts; part++) kernels.perform(section, scratch, part);
      },
      leave() {},
    }),
    dispose() {},
  };
}
