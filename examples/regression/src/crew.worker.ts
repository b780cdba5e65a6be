import { parentPort, workerData } from 'node:worker_threads';
import type { FromWorker, ToWorker } from './crew.ts';
import { openEngine } from './engine.ts';
import { jobs } from './jobs.ts';
import type { StudyProgress } from './part.ts';

// A thread of a crew: one job after another.
const port = parentPort!;
const tell = (message: FromWorker) => port.postMessage(message);
const engine = await openEngine(workerData);
let stop = new AbortController();
port.on('message', async (message: ToWorker) => {
  if (message === 'stop') return stop.abort();
  const { job, order, checkpoint } = message;
  stop = new AbortController();
  try {
    const watch = { signal: stop.signal, checkpoint, onProgress: (progress: StudyProgress) => tell({ progress }) };
    tell({ result: await jobs[job](engine, order as never, watch) });
  } catch (error) {
    const { message, code, stack } = error as Error & { code?: string };
    tell({ error: { message, code, stack } });
  }
});
