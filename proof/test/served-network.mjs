import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { serveLogDensity } = await import(workerData.worker);
const { smallNetworkPosterior } = await import('../src/small-network.ts');

serveLogDensity(() => smallNetworkPosterior().logLikelihood);
