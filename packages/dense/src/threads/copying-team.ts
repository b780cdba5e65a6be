import type { WasmModule } from '../kernels/web-assembly.ts';
import { copyingProgram } from './copying-program.ts';
import type { Exchange, Team } from './team.ts';
import { turns } from './turns.ts';
import { atTheSlowest, sharing, workforce } from './workforce.ts';

/** Multiply-adds below which sending messages costs more than it gains: about 200 µs. */
const WORTH_A_MESSAGE = 5e6;
/** Bytes of all copies of a memory, at most. */
const MOST_COPIED = 2 ** 30;

type Results = readonly { readonly address: number; readonly data: Uint8Array }[];

/** What a worker says: that it has a memory in a certain version; what its parts wrote, and where; or why it can't. */
type Said =
  | { readonly has: number; readonly version: number }
  | { readonly results: Results }
  | { readonly failed: string };

/**
 * Threads where memory can't be shared: workers have copies of a memory, are sent what is new for a section, and send back the results of their
 * parts. Answers are promises then. Trainers change all of their memory with each step, and stay on this thread.
 */
export function copyingTeam(module: (shared: boolean) => WasmModule, threads: number, patience: number): Team {
  const copies = new Map<number, { version: number; holders: number }>();
  let nextCopy = 1;
  let heard = false;
  let receive: (results: Results) => void = () => {};
  let finish = () => {};

  const post = (message: object) => {
    for (const worker of force.workers) worker.postMessage(message);
  };
  const force = workforce({
    count: threads - 1,
    program: copyingProgram,
    heard: () => heard,
    started() {},
    said(message) {
      const said = message as Said;
      if ('failed' in said) {
        // A first copy that there is no memory for is no worse than a worker that can't be started.
        if (heard) force.fail(said.failed);
        else force.goOnAlone(said.failed);
      } else if ('results' in said) receive(said.results);
      else {
        heard = true;
        const copy = copies.get(said.has);
        if (copy?.version === said.version) copy.holders++;
      }
    },
    ended: () => finish(),
  });

  return {
    threads: 1,
    shared: false,
    get active() {
      return 1 + force.workers.length;
    },
    turn: turns(),
    join(space, [scratch]) {
      const id = nextCopy++;
      const copy = { version: 0, holders: 0 };
      copies.set(id, copy);
      const { kernels } = space;
      const bytes = new Uint8Array(kernels.memory.buffer);
      const fits = bytes.length * (threads - 1) <= MOST_COPIED;
      let sections = 0;

      // A call that waited for its turn may come after the memory was left.
      const present = () => copies.has(id) && copy.holders === threads - 1 && force.workers.length > 0;
      const ready = (exchange: Exchange | undefined): boolean => {
        if (!exchange || !fits || !copies.has(id) || force.workers.length === 0) return false;
        // The second section since a change: a minibatch has one, and is not worth its way.
        if (++sections === 2) {
          post({ join: id, version: copy.version, module: module(false), memory: bytes, scratch });
        }
        return present();
      };
      const together = async (section: number, parts: number, work: number, exchange?: Exchange): Promise<void> => {
        const { start, end, results } = exchange!;
        const news = bytes.slice(start, end);
        const first = (thread: number) => Math.ceil((parts * thread) / threads);
        let missing = 0;
        force.workers.forEach((worker, i) => {
          const [from, to] = [first(i + 1), first(i + 2)];
          if (from === to) return;
          missing++;
          worker.postMessage({ perform: id, section, news, start, first: from, end: to, results });
        });
        const answered = new Promise<void>((resolve) => {
          const most = patience + atTheSlowest(work);
          const timer = setTimeout(() => force.fail(`it did not answer for ${Math.round(most) / 1000} s`), most);
          finish = () => {
            clearTimeout(timer);
            receive = finish = () => {};
            resolve();
          };
          receive = (results) => {
            for (const { address, data } of results) bytes.set(data, address);
            if (--missing === 0) finish();
          };
        });
        for (let part = 0; part < first(1); part++) kernels.perform(section, scratch, part);
        return answered;
      };
      return {
        get threads() {
          return present() ? threads : 1;
        },
        perform: sharing({ force, space, scratch, worth: WORTH_A_MESSAGE, ready, together }),
        changed() {
          copy.version++;
          copy.holders = sections = 0;
        },
        leave() {
          if (copies.delete(id)) post({ leave: id });
        },
      };
    },
    dispose: force.dispose,
  };
}
