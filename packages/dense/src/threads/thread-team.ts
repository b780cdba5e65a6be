import type { KernelBuild } from '../kernels/kernel-build.ts';
import { copyingTeam } from './copying-team.ts';
import { sharedTeam } from './shared-team.ts';
import { canShareMemory, processors } from './start-worker.ts';
import type { Team } from './team.ts';
import { soloCrew } from './workforce.ts';

const MOST_THREADS = 8;
/** Threads where nobody says how many processors there are: which is faster, one or both, is measured. */
const THREADS = 2;
/** Milliseconds without an answer, beyond what the work may take, after which a worker counts as lost. */
const PATIENCE = 30_000;

/**
 * This thread and, for compiled kernels, workers: they start when there is enough to do, keep no process alive, and end with the team. Where memory
 * can't be shared, they have copies; where none can be started, this thread does everything, which is said once.
 *
 * Which thread does which part never matters: parts are cut without regard to threads, and their results are put together in order.
 *
 * @param threads how many; by default as there are processors, at most 8
 */
export function threadTeam(
  build: KernelBuild,
  threads: number = Math.min(processors() ?? THREADS, MOST_THREADS),
  patience: number = PATIENCE,
): Team {
  if (threads === 1 || build.module === undefined) return soloTeam();
  return canShareMemory() ? sharedTeam(build.module, threads, patience) : copyingTeam(build.module, threads, patience);
}

/** This thread alone. */
export function soloTeam(): Team {
  return {
    threads: 1,
    shared: false,
    active: 1,
    turn: (task) => task(),
    join: (space, [scratch]) => soloCrew(space, scratch),
    dispose() {},
  };
}
