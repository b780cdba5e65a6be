import type { MaybePromise } from '@subspace/core';
import { messageOf } from '@subspace/core/internals';
import type { Workspace } from '../kernels/workspace.ts';
import { warnOnce } from '../warn-once.ts';
import { pace } from './pace.ts';
import { processors, startWorker, type ThreadWorker } from './start-worker.ts';
import type { Crew, Exchange } from './team.ts';

/** Workers that start when there is enough to do, and end together. */
export interface Workforce {
  readonly workers: readonly ThreadWorker[];
  readonly over: boolean;
  /** This thread spent so many milliseconds on work that is worth sharing. */
  spent(milliseconds: number): void;
  /** Ends the workers, because of a problem that the next `check` tells. */
  fail(problem: string): void;
  /** Ends the workers, because none could be started: that is said once, and is no error. */
  goOnAlone(problem: string): void;
  /** @throws what a worker failed of, once: from then on this thread is alone */
  check(): void;
  dispose(): void;
}

export interface WorkforceParts {
  readonly count: number;
  readonly program: string;
  /** Whether a worker has been heard of. Where none ever is, this platform starts none: one thread goes on then, and it is no error. */
  heard(): boolean;
  /** The workers are made, and can be sent messages. */
  started(): void;
  said(message: unknown): void;
  /** Nobody must wait for workers any longer. */
  ended(): void;
}

/** Milliseconds of work worth sharing after which workers are started: a short program is over before one is up. */
const START_AFTER = 5;

export function workforce({ count, program, heard, started, said, ended }: WorkforceParts): Workforce {
  const workers: ThreadWorker[] = [];
  let busy = 0;
  let over = false;
  let problem: string | undefined;

  const dispose = () => {
    over = true;
    for (const worker of workers.splice(0)) worker.terminate();
    ended();
  };
  const fail = (what: string) => {
    if (over) return;
    problem = what;
    dispose();
  };
  const goOnAlone = (what: string) => {
    if (over) return;
    dispose();
    sayAlone(what);
  };
  const start = () => {
    const broken = (what: string) => (heard() ? fail(what) : goOnAlone(what));
    const hear = (message: unknown) => {
      if (!over) said(message);
    };
    try {
      for (let i = 0; i < count; i++) workers.push(startWorker(program, broken, hear));
      started();
    } catch (error) {
      // A security policy that forbids it, say.
      goOnAlone(messageOf(error));
    }
  };

  return {
    get workers() {
      return workers;
    },
    get over() {
      return over;
    },
    spent(milliseconds) {
      busy += milliseconds;
      if (busy > START_AFTER && workers.length === 0 && !over) start();
    },
    fail,
    goOnAlone,
    check() {
      if (problem === undefined) return;
      const error = new Error(`denseNetwork: a worker failed: ${problem}`);
      problem = undefined;
      throw Object.assign(error, { code: 'WORKER_FAILED' });
    },
    dispose,
  };
}

export interface SharingParts {
  readonly force: Workforce;
  readonly space: Workspace;
  readonly scratch: number;
  /** Multiply-adds below which it costs more than it gains to share them. */
  readonly worth: number;
  /** Whether workers are ready to take part. */
  ready(exchange: Exchange | undefined): boolean;
  together(section: number, parts: number, work: number, exchange: Exchange | undefined): MaybePromise<void>;
}

/** Performs sections by this thread alone or by all, whichever is faster. */
export function sharing({ force, space, scratch, worth, ready, together }: SharingParts): Crew['perform'] {
  const speed = pace();
  return (section, parts, work, exchange) => {
    force.check();
    if (force.over || work < worth) return alone(space, section, scratch, parts);
    const before = performance.now();
    if (!ready(exchange) || parts === 1 || !speed.together(work)) {
      alone(space, section, scratch, parts);
      const spent = performance.now() - before;
      speed.took(work, false, spent);
      force.spent(spent);
      return;
    }
    const finish = () => {
      speed.took(work, true, performance.now() - before);
      force.check();
      if (force.over) throw new Error('denseNetwork: the network was disposed while it was at work');
    };
    const waited = together(section, parts, work, exchange);
    return waited ? waited.then(finish) : finish();
  };
}

/** This thread on a memory that it shares with nobody. */
export function soloCrew(space: Workspace, scratch: number): Crew {
  return {
    threads: 1,
    perform: (section, parts) => alone(space, section, scratch, parts),
    changed() {},
    leave() {},
  };
}

function alone({ kernels }: Workspace, section: number, scratch: number, parts: number): void {
  for (let part = 0; part < parts; part++) kernels.perform(section, scratch, part);
}

/** On one processor, workers would not have been of use. */
function sayAlone(problem: string): void {
  if (processors() === 1) return;
  warnOnce(
    'one thread',
    `one thread does all the work, because no workers can be started (${problem}): they need Node 20.16 or later or, ` +
      'under a content-security policy, worker-src blob: (threads: 1 asks for one thread, without this warning).',
  );
}

/** Milliseconds that so many multiply-adds take at the slowest. */
export function atTheSlowest(work: number): number {
  return work / 1e6;
}
