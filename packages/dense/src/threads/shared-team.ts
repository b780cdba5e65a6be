import type { MaybePromise } from '@subspace/core';
import type { WasmModule } from '../kernels/web-assembly.ts';
import type { Workspace } from '../kernels/workspace.ts';
import { AWAKE, control, sharedProgram } from './shared-program.ts';
import { canSleep } from './start-worker.ts';
import type { Team } from './team.ts';
import { turns } from './turns.ts';
import { atTheSlowest, sharing, soloCrew, workforce } from './workforce.ts';

/** Multiply-adds below which waking another thread costs more than it gains: about 2 µs. */
const WORTH_A_THREAD = 1e5;
/** Milliseconds beyond what a part may take for which this thread sleeps: a sleeper does not hear that a worker has ended. */
const ASLEEP = 50;

interface WaitAsync {
  waitAsync?(words: Int32Array, index: number, value: number): { async: boolean; value: string | Promise<string> };
}

/** Threads over shared memory: a section is announced there, and its parts are taken by whoever is free. */
export function sharedTeam(module: (shared: boolean) => WasmModule, threads: number, patience: number): Team {
  const words = new Int32Array(new SharedArrayBuffer(4 * control.words));
  const arenas = new Map<number, { space: Workspace; scratches: readonly number[]; members: number }>();
  const sleeps = canSleep();
  let nextArena = 1;
  let wake = () => {};

  const announce = () => {
    Atomics.add(words, control.signal, 1);
    if (Atomics.load(words, control.asleep) > 0) Atomics.notify(words, control.signal);
  };
  const post = (message: (worker: number) => object) => {
    if (force.workers.length === 0) return;
    force.workers.forEach((worker, i) => {
      worker.postMessage(message(i));
    });
    Atomics.add(words, control.mail, 1);
    announce();
  };
  const introduce = (id: number) => {
    const { space, scratches, members } = arenas.get(id)!;
    const { memory } = space.kernels;
    post((i) => ({ join: id, module: module(true), memory, scratch: scratches[i + 1], members: members / 4 }));
  };
  const force = workforce({
    count: threads - 1,
    program: sharedProgram,
    heard: () => Atomics.load(words, control.up) > 0,
    started() {
      for (const worker of force.workers) worker.postMessage({ control: words });
      for (const id of arenas.keys()) introduce(id);
    },
    said: () => wake(),
    ended: () => wake(),
  });

  /** Waits until workers have done `parts`, each of which may take so many milliseconds. */
  const wait = (parts: number, each: number): MaybePromise<void> => {
    const since = performance.now();
    while (Atomics.load(words, control.done) < parts && performance.now() - since < AWAKE);
    if (Atomics.load(words, control.done) === parts) return;
    const lost = lateness(each + patience);
    if (!sleeps) return waitInTurns(parts, lost);
    Atomics.store(words, control.waiting, 1);
    let done = Atomics.load(words, control.done);
    while (done < parts && Atomics.wait(words, control.done, done, each + ASLEEP) !== 'timed-out') {
      done = Atomics.load(words, control.done);
    }
    Atomics.store(words, control.waiting, 0);
    if (Atomics.load(words, control.done) < parts) return waitInTurns(parts, lost);
  };
  /** The same on a thread that must not sleep, or has slept long: it goes on with other things until it is called. */
  const waitInTurns = async (parts: number, lost: (done: number) => boolean): Promise<void> => {
    const { waitAsync } = Atomics as WaitAsync;
    Atomics.store(words, control.waiting, waitAsync ? 1 : 2);
    for (let done = 0; ; ) {
      done = Atomics.load(words, control.done);
      if (done === parts || force.over || lost(done)) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(1000, patience));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        const called = waitAsync?.call(Atomics, words, control.done, done);
        if (called) Promise.resolve(called.value).then(wake);
      });
    }
    wake = () => {};
    Atomics.store(words, control.waiting, 0);
  };
  /** Tells when a worker is lost: nothing more was done for so many milliseconds. */
  const lateness = (most: number) => {
    let [lastDone, lastChange] = [-1, 0];
    return (done: number): boolean => {
      const now = performance.now();
      if (done !== lastDone) [lastDone, lastChange] = [done, now];
      if (now - lastChange < most) return false;
      force.fail(`it did not answer for ${Math.round(most) / 1000} s`);
      return true;
    };
  };

  return {
    threads,
    shared: true,
    get active() {
      return 1 + force.workers.length;
    },
    turn: turns(),
    join(space, scratches, members) {
      const [scratch] = scratches;
      if (!space.shared) return soloCrew(space, scratch);
      const id = nextArena++;
      arenas.set(id, { space, scratches, members });
      introduce(id);
      const { kernels } = space;
      // A call that waited for its turn may come after the memory was left.
      const ready = () => arenas.has(id) && force.workers.length > 0 && Atomics.load(space.words, members / 4) > 0;
      const together = (section: number, parts: number, work: number): MaybePromise<void> => {
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
        const told = () => {
          const length = Atomics.load(words, control.failed);
          if (length > 0) force.fail(String.fromCharCode(...words.subarray(control.text, control.text + length)));
        };
        const waited = wait(parts - own, atTheSlowest(work / parts));
        return waited ? waited.then(told) : told();
      };
      return {
        get threads() {
          return ready() ? threads : 1;
        },
        perform: sharing({ force, space, scratch, worth: WORTH_A_THREAD, ready, together }),
        changed() {},
        leave() {
          if (arenas.delete(id)) post(() => ({ leave: id }));
        },
      };
    },
    dispose: force.dispose,
  };
}
