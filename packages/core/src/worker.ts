export { serveLogDensity } from './worker/serve-log-density.ts';
export type { WorkerLike } from './worker/worker-like.ts';
export { type WorkerLogDensityOptions, workerLogDensity } from './worker/worker-log-density.ts';
