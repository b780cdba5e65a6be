import { Worker } from 'node:worker_threads';
import type { CancelSignal } from '@subspace/core';
import { abortError } from '@subspace/core/internals';
import type { Engine, EngineOptions } from './engine.ts';
import { type JobName, type Jobs, jobs, type Watch } from './jobs.ts';
import type { PartCheckpoint, StudyProgress } from './part.ts';

/** Does jobs, each on one thread, as many at a time as it has threads. */
export interface Crew {
  /** @param options `first`: before those that wait already */
  run<J extends JobName>(job: J, order: Jobs[J]['order'], options?: CrewOptions): Promise<Jobs[J]['result']>;
  /** Ends its threads. */
  close(): Promise<void>;
}

export interface CrewOptions {
  readonly first?: boolean;
  readonly signal?: CancelSignal;
  readonly checkpoint?: PartCheckpoint;
  readonly onProgress?: (progress: StudyProgress) => void;
}

/** What a thread is told, and what it tells. */
export type ToWorker =
  | { readonly job: JobName; readonly order: unknown; readonly checkpoint?: PartCheckpoint }
  | 'stop';
export type FromWorker =
  | { readonly progress: StudyProgress }
  | { readonly result: unknown }
  | { readonly error: { readonly message: string; readonly code?: string; readonly stack?: string } };

/** A crew of this thread alone: for an engine that has threads of its own, and for what takes less than a thread does to start. */
export function lonelyCrew(engine: Engine): Crew {
  return queue([(job, order, watch) => jobs[job](engine, order as never, watch) as never], async () => {});
}

/** A crew of so many threads, each with an engine of one thread. */
function threadCrew(options: EngineOptions, threads: number): Crew {
  const workers = Array.from({ length: threads }, () => workerThread(options));
  return queue(
    workers.map(({ work }) => work),
    async () => {
      await Promise.all(workers.map(({ end }) => end()));
    },
  );
}

/** Of so many threads, where the engine gains by it; else of this thread alone. */
export function crewFor(engine: Engine, options: EngineOptions, threads: number): Crew {
  return threads > 1 && engine.fitsThreads ? threadCrew(options, threads) : lonelyCrew(engine);
}

type Work = (job: JobName, order: unknown, watch: Watch) => Promise<unknown>;

function queue(hands: readonly Work[], close: () => Promise<void>): Crew {
  const idle = [...hands];
  const waiting: ((work: Work) => void)[] = [];
  const free = (work: Work) => {
    const next = waiting.shift();
    if (next) next(work);
    else idle.push(work);
  };
  return {
    async run(job, order, { first, signal, checkpoint, onProgress } = {}) {
      const work =
        idle.shift() ??
        (await new Promise<Work>((resolve) => {
          if (first) waiting.unshift(resolve);
          else waiting.push(resolve);
        }));
      try {
        if (signal?.aborted) throw abortError('study', signal, {});
        return (await work(job, order, { signal, checkpoint, onProgress })) as never;
      } finally {
        free(work);
      }
    },
    close,
  };
}

function workerThread(options: EngineOptions): { work: Work; end: () => Promise<unknown> } {
  let worker: Worker | undefined;
  return {
    work(job, order, { signal, checkpoint, onProgress }) {
      worker ??= new Worker(new URL('./crew.worker.mjs', import.meta.url), {
        workerData: { ...options, threads: 1 },
        execArgv: ['--conditions=@subspace/source'],
      });
      const thread = worker;
      return new Promise((resolve, reject) => {
        // Signals of this structural kind have no events.
        const watch = setInterval(() => {
          if (!signal?.aborted) return;
          clearInterval(watch);
          thread.postMessage('stop' satisfies ToWorker);
        }, 20);
        const ended = (settle: () => void) => {
          clearInterval(watch);
          thread.off('message', hear);
          thread.off('error', fail);
          settle();
        };
        const fail = (error: Error) => ended(() => reject(error));
        const hear = (message: FromWorker) => {
          if ('progress' in message) onProgress?.(message.progress);
          else if ('result' in message) ended(() => resolve(message.result));
          else fail(Object.assign(new Error(message.error.message), message.error));
        };
        thread.on('message', hear);
        thread.on('error', fail);
        thread.postMessage({ job, order, checkpoint } satisfies ToWorker);
      });
    },
    end: async () => worker?.terminate(),
  };
}
