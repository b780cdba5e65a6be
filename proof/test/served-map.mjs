import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { serveLogDensity } = await import(workerData.worker);
const { positiveWeightPosterior } = await import('../src/positive-weight.ts');

serveLogDensity(() => positiveWeightPosterior().logLikelihood);
