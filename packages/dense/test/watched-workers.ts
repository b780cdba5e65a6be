import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, vi } from 'vitest';

/** Workers of a test, and what was said to them and by them. */
export interface WatchedWorkers {
  readonly workers: Worker[];
  /** The memories by which threads talk. */
  readonly controls: Int32Array[];
  /** Messages to workers, and from them. */
  readonly sent: object[];
  readonly said: object[];
  /** Makes another program of a worker's. */
  change: (program: string) => string;
}

/** Watches the workers that each test of a file starts. */
export function watchWorkers(): WatchedWorkers {
  const watched: WatchedWorkers = { workers: [], controls: [], sent: [], said: [], change: (program) => program };
  class Watched extends Worker {
    constructor(program: string, options: object) {
      super(watched.change(program), options);
      watched.workers.push(this);
      this.on('message', (message) => watched.said.push(message));
    }
    override postMessage(message: { control?: Int32Array }): void {
      if (message.control) watched.controls.push(message.control);
      watched.sent.push(message);
      super.postMessage(message);
    }
  }
  beforeEach(() => {
    const builtin = process.getBuiltinModule;
    vi.spyOn(process, 'getBuiltinModule').mockImplementation(((name: string) =>
      name === 'node:worker_threads' ? { Worker: Watched } : builtin.call(process, name)) as typeof builtin);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
    for (const list of [watched.workers, watched.controls, watched.sent, watched.said]) list.length = 0;
    watched.change = (program) => program;
  });
  return watched;
}
