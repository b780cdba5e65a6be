import type { MaybePromise } from '@subspace/core';
import type { KernelBuild } from '../kernels/kernel-build.ts';
import type { MemoryPlan, Workspace } from '../kernels/workspace.ts';
import { pace } from './pace.ts';
import { canShareMemory, canSleep, processors, startWorker, type ThreadWorker } from './start-worker.ts';
import { AWAKE, control } from './worker-program.ts';

/** Threads that work on the memories of one network. */
export interface Team {
  /** How many threads a memory needs scratch for. */
  readonly threads: number;
  /** Whether memories are to be shared. */
  readonly shared: boolean;
  /** This thread and the workers that are up. */
  readonly active: number;
  /** Lets the team work on a memory. `scratches`: one per thread; `members`: a word that counts the workers that know the memory. */
  join(space: Workspace, scratches: readonly number[], members: number): Crew;
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

/** Multiply-adds below which waking another thread costs more than it gains: about 2 µs. */
const WORTH_A_THREAD = 1e5;
/** Milliseconds of work worth sharing after which workers are started: a short program is over before one is up. */
const START_AFTER = 5;
/** Milliseconds without a part done after which a worker counts as lost. */
const PATIENCE = 30_000;
const MOST_THREADS = 8;

/** Room for the word that counts a memory's members. */
export function planMembers(plan: MemoryPlan): number {
  return plan.words(16);
}

/**
 * This thread and, where memory can be shared, workers: they start when there is enough to do, keep no process alive, and end with the team.
 *
 * Which thread does which part never matters: parts are cut without regard to threads, and their results are put together in order.
 *
 * @param threads how many; by default as there are processors, at most 8
 */
export function threadTeam(build: KernelBuild, threads: number = Math.min(processors(), MOST_THREADS)): Team {
  const many = threads > 1 && build.module !== undefined && canShareMemory();
  return many ? workerTeam(build, threads) : soloTeam();
}

function soloTeam(): Team {
  return {
    threads: 1,
    shared: false,
    active: 1,
    join: (space, [scratch]) => soloCrew(space, scratch),
    dispose() {},
  };
}

function soloCrew(space: Workspace, scratch: number): Crew {
  return { threads: 1, perform: (section, parts) => alone(space, section, scratch, parts), leave() {} };
}

function workerTeam(build: KernelBuild, threads: number): Team {
  const words = new Int32Array(new SharedArrayBuffer(4 * control.words));
  const arenas = new Map<number, { space: Workspace; scratches: readonly number[]; members: number }>();
  let workers: ThreadWorker[] = [];
  let nextArena = 1;
  let busy = 0;
  let over = false;
  let broken: string | undefined;

  const dispose = () => {
    over = true;
    for (const worker of workers.splice(0)) worker.terminate();
  };
  const announce = () => {
    Atomics.add(words, control.signal, 1);
    if (Atomics.load(words, control.asleep) > 0) Atomics.notify(words, control.signal);
  };
  const post = (message: (worker: number) => object) => {
    if (workers.length === 0) return;
    workers.forEach((worker, i) => {
      worker.postMessage(message(i));
    });
    Atomics.add(words, control.mail, 1);
    announce();
  };
  const introduce = (id: number) => {
    const { space, scratches, members } = arenas.get(id)!;
    const { memory } = space.kernels;
    post((i) => ({ join: id, module: build.module!(true), memory, scratch: scratches[i + 1], members: members / 4 }));
  };
  const start = () => {
    workers = Array.from({ length: threads - 1 }, () =>
      startWorker((problem) => {
        if (over) return;
        broken ??= problem;
        dispose();
      }),
    );
    for (const worker of workers) worker.postMessage({ control: words });
    for (const id of arenas.keys()) introduce(id);
  };

  /** The error of a worker that failed in this section, if one did; the team is over then, and its network goes on with one thread. */
  const failure = (): Error | undefined => {
    const length = Atomics.load(words, control.failed);
    if (length > 0) {
      broken ??= String.fromCharCode(...words.subarray(control.text, control.text + length));
      Atomics.store(words, control.failed, 0);
    } else if (broken === undefined) return undefined;
    const error = new Error(`denseNetwork: a worker failed: ${broken}`);
    broken = undefined;
    dispose();
    return Object.assign(error, { code: 'WORKER_FAILED' });
  };

  /** Waits until workers have done `parts`. */
  const wait = (parts: number): MaybePromise<void> => {
    const since = performance.now();
    while (Atomics.load(words, control.done) < parts && performance.now() - since < AWAKE);
    if (Atomics.load(words, control.done) === parts) return;
    if (!canSleep()) return waitForMessages(parts, since);
    Atomics.store(words, control.waiting, 1);
    for (let lastDone = -1, lastChange = since; ; ) {
      const done = Atomics.load(words, control.done);
      if (done === parts) break;
      if (done !== lastDone) [lastDone, lastChange] = [done, performance.now()];
      else if (performance.now() - lastChange > PATIENCE) {
        broken = `it did not answer for ${PATIENCE / 1000} s`;
        break;
      }
      Atomics.wait(words, control.done, done, 1000);
    }
    Atomics.store(words, control.waiting, 0);
  };
  /** The same on a thread that must not sleep. */
  const waitForMessages = async (parts: number, since: number): Promise<void> => {
    while (Atomics.load(words, control.done) < parts) {
      if (performance.now() - since > PATIENCE) {
        broken = `it did not answer for ${PATIENCE / 1000} s`;
        return;
      }
      await new Promise<void>((resolve) => {
        const { port1, port2 } = new MessageChannel();
        Object.assign(port1, {
          onmessage: () => {
            port1.close();
            resolve();
          },
        });
        port2.postMessage(undefined);
      });
    }
  };

  return {
    threads,
    shared: true,
    get active() {
      return 1 + workers.length;
    },
    join(space, scratches, members) {
      if (!space.shared) return soloCrew(space, scratches[0]);
      const id = nextArena++;
      arenas.set(id, { space, scratches, members });
      introduce(id);
      const { kernels } = space;
      const [scratch] = scratches;
      const speed = pace();
      const present = () => workers.length > 0 && Atomics.load(space.words, members / 4) > 0;
      return {
        get threads() {
          return present() ? threads : 1;
        },
        perform(section, parts, work) {
          if (broken !== undefined) throw failure();
          const worth = !over && work >= WORTH_A_THREAD;
          const before = performance.now();
          if (parts === 1 || !worth || !present() || !speed.together(work)) {
            alone(space, section, scratch, parts);
            if (!worth) return;
            const spent = performance.now() - before;
            speed.took(work, false, spent);
            if (workers.length > 0) return;
            busy += spent;
            if (busy > START_AFTER) start();
            return;
          }
          Atomics.store(words, control.arena, id);
          Atomics.store(words, control.section, section);
          Atomics.store(words, control.done, 0);
          Atomics.store(words, control.left, parts);
          announce();
          let own = 0;
          for (let left = parts; left > 0; ) {
            const found = Atomics.compareExchange(words, control.left, left, left - 1);
            if (found === left) {
              kernels.perform(section, scratch, left - 1);
              own++;
              left--;
            } else left = found;
          }
          const finish = () => {
            speed.took(work, true, performance.now() - before);
            const error = failure();
            if (error) throw error;
          };
          const waited = wait(parts - own);
          return waited ? waited.then(finish) : finish();
        },
        leave() {
          if (!arenas.delete(id)) return;
          post(() => ({ leave: id }));
        },
      };
    },
    dispose,
  };
}

function alone({ kernels }: Workspace, section: number, scratch: number, parts: number): void {
  for (let part = 0; part < parts; part++) kernels.perform(section, scratch, part);
}
