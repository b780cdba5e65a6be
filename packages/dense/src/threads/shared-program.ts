/**
 * Words of the memory by which threads talk.
 *
 * A section of work is announced by its arena and address, then by the number of parts that are left; a thread takes a part by counting down.
 */
export const control = {
  /** Grows with every section and every message: what idle threads wait for. */
  signal: 0,
  /** Messages posted to each worker. */
  mail: 1,
  /** Parts left to be taken. */
  left: 2,
  /** Parts done by workers. */
  done: 3,
  arena: 4,
  section: 5,
  /** Workers that sleep. */
  asleep: 6,
  /** How the announcing thread waits for parts that are done: 0 it doesn't, or awake; 1 for a notice of `done`; 2 for a message. */
  waiting: 7,
  /** Length of an error's text, 0 while all is well; the text follows from `text` on. */
  failed: 8,
  /** Workers that have started. */
  up: 9,
  text: 16,
  words: 272,
} as const;

/** Milliseconds that a thread waits awake: 50 µs. Longer would cost another thread its processor. */
export const AWAKE = 0.05;

/**
 * What a worker runs on shared memory, as plain JavaScript: it imports nothing, so that it survives any bundler, and starts fast.
 *
 * It takes parts while there are any; awake for 50 µs after the last, then asleep until there is a signal.
 */
export const sharedProgram: string = `
const node = typeof process === 'object' && process.versions && process.versions.node;
const port = node ? require('node:worker_threads').parentPort : self;
const mailbox = [];
let wake = () => {};
const receive = (data) => { mailbox.push(data); wake(); };
if (node) port.on('message', receive); else port.onmessage = (event) => receive(event.data);
const message = () => mailbox.length ? Promise.resolve(mailbox.shift()) : new Promise((resolve) => { wake = () => { wake = () => {}; resolve(mailbox.shift()); }; });

(async () => {
  const words = (await message()).control;
  Atomics.add(words, ${control.up}, 1);
  port.postMessage('up');
  const arenas = new Map();
  let read = 0;
  const open = ({ join, leave, module, memory, scratch, members }) => {
    read++;
    if (leave !== undefined) { arenas.delete(leave); return; }
    arenas.set(join, { kernels: new WebAssembly.Instance(module, { env: { memory } }).exports, scratch });
    Atomics.add(new Int32Array(memory.buffer), members, 1);
  };
  const fail = (error) => {
    const text = String(error && error.message || error).slice(0, ${control.words - control.text});
    for (let i = 0; i < text.length; i++) words[${control.text} + i] = text.charCodeAt(i);
    Atomics.store(words, ${control.failed}, Math.max(1, text.length));
  };
  for (;;) {
    const signal = Atomics.load(words, ${control.signal});
    if (Atomics.load(words, ${control.mail}) !== read) { open(await message()); continue; }
    const left = Atomics.load(words, ${control.left});
    if (left > 0) {
      if (Atomics.compareExchange(words, ${control.left}, left, left - 1) !== left) continue;
      // The section stays as it is until this part is done.
      try {
        let arena = arenas.get(words[${control.arena}]);
        while (!arena) { open(await message()); arena = arenas.get(words[${control.arena}]); }
        arena.kernels.perform(words[${control.section}], arena.scratch, left - 1);
      } catch (error) { fail(error); }
      Atomics.add(words, ${control.done}, 1);
      const waiting = Atomics.load(words, ${control.waiting});
      if (waiting === 1) Atomics.notify(words, ${control.done});
      if (waiting === 2) port.postMessage('done');
      continue;
    }
    const since = performance.now();
    while (Atomics.load(words, ${control.signal}) === signal && performance.now() - since < ${AWAKE});
    if (Atomics.load(words, ${control.signal}) !== signal) continue;
    Atomics.add(words, ${control.asleep}, 1);
    Atomics.wait(words, ${control.signal}, signal);
    Atomics.sub(words, ${control.asleep}, 1);
  }
})();
`;
