import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import { MessageChannel } from 'node:worker_threads';
import { openResults, type Results } from '@subspace/uci/node';
import { Tinypool } from 'tinypool';
import type { Job, JobResult } from './job.ts';
import { METHODS, type Method } from './methods.ts';
import { type Preset, presetOf } from './presets.ts';

/** What to run. */
export interface Sweep {
  readonly datasets: readonly string[];
  readonly splits: readonly number[];
  readonly methods: readonly Method[];
  readonly seed: number;
  readonly database: string;
  readonly root?: string;
  readonly overrides?: Partial<Preset>;
  readonly workers?: number;
}

export interface SweepProgress {
  readonly done: number;
  readonly of: number;
  readonly secondsLeft: number;
  /** What each worker is at: `boston, split 3`, and how much of the training is done. */
  readonly running: readonly { readonly name: string; readonly share: number }[];
}

export interface SweepOutcome {
  readonly added: number;
  readonly failed: readonly { readonly name: string; readonly error: string }[];
  readonly cancelled: boolean;
}

/** Runs what is not there yet, a split to a worker, and puts what comes into the database as it comes. */
export async function runSweep(
  sweep: Sweep,
  options: { signal?: AbortSignal; onProgress?: (progress: SweepProgress) => void } = {},
): Promise<SweepOutcome> {
  const { signal, onProgress = () => {} } = options;
  // Every job that waits listens to it.
  if (signal) setMaxListeners(0, signal);
  const results = await openResults(sweep.database);
  const workers = sweep.workers ?? availableParallelism();
  const pool = new Tinypool({
    filename: new URL('./job.worker.mjs', import.meta.url).href,
    minThreads: 1,
    maxThreads: workers,
    execArgv: ['--conditions=@subspace/source'],
  });
  try {
    const jobs = await jobsToDo(sweep, results);
    const running = new Map<Job, number>();
    const began = performance.now();
    let [done, added] = [0, 0];
    const failed: { name: string; error: string }[] = [];
    const tell = () => {
      const secondsLeft = done === 0 ? Number.NaN : ((performance.now() - began) / 1000 / done) * (jobs.length - done);
      const at = [...running].map(([job, share]) => ({ name: nameOf(job), share }));
      onProgress({ done, of: jobs.length, secondsLeft, running: at });
    };
    await Promise.all(
      jobs.map(async (job) => {
        if (signal?.aborted) return;
        const { port1, port2 } = new MessageChannel();
        port1.on('message', (share: number) => {
          running.set(job, share);
          tell();
        });
        port1.unref();
        try {
          const made: readonly JobResult[] = await pool.run({ ...job, port: port2 }, { transferList: [port2], signal });
          for (const { method, result } of made) {
            if (await results.append(result, identityOf(job, method))) added += 1;
          }
        } catch (error) {
          if (!signal?.aborted) failed.push({ name: nameOf(job), error: (error as Error).message });
        } finally {
          port1.close();
          running.delete(job);
          done += 1;
          tell();
        }
      }),
    );
    return { added, failed, cancelled: signal?.aborted ?? false };
  } finally {
    await pool.destroy();
    results.close();
  }
}

/** Data sets first by split, so that all have some results early. */
async function jobsToDo(sweep: Sweep, results: Results): Promise<readonly Job[]> {
  const jobs: Job[] = [];
  for (const split of sweep.splits) {
    for (const dataset of sweep.datasets) {
      const job = { dataset, split, seed: sweep.seed, root: sweep.root, overrides: sweep.overrides };
      const methods: Method[] = [];
      for (const method of sweep.methods) {
        const run = { task: 'regression' as const, dataset, split, ...identityOf({ ...job, methods }, method) };
        if (!(await results.has(run))) methods.push(method);
      }
      if (methods.length > 0) jobs.push({ ...job, methods });
    }
  }
  return jobs;
}

/** What determines the outcome, beside data set and split. */
function identityOf({ dataset, seed, overrides }: Job, method: Method) {
  return { model: METHODS[method], seed, settings: { ...presetOf(dataset), ...overrides } };
}

function nameOf({ dataset, split }: Job): string {
  return `${dataset}, split ${split}`;
}
