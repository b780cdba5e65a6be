// Nothing keeps this program alive but its workers: it has to wait for the answer, and then to end although they are not disposed.
import { Worker } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const [entry] = process.argv.slice(2);
const { workerLogDensity } = await import(entry);
const create = () => new Worker(new URL('./served.mjs', import.meta.url), { workerData: { entry } });
const density = await workerLogDensity(create, { workers: 2, init: { dim: 2, work: 100 } });
const values = await density.values([Float64Array.of(0, 0), Float64Array.of(0, 1)]);
process.stdout.write(String(values.length));
