import { register } from 'tsx/esm/api';

register();
const { serveLogDensity } = await import('@subspace/core/worker');
const { busyLogDensity } = await import('./busy.ts');
serveLogDensity(busyLogDensity);
