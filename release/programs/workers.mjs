// Asks two workers for values, gradients and Gauss–Newton matrices, and compares every bit with this thread's own.
import { workerLogDensity } from '@subspace/core/worker';
import { planePosterior } from './plane.mjs';

const create = () => new Worker(new URL('./plane.worker.mjs', import.meta.url), { type: 'module' });
const there = await workerLogDensity(create, { workers: 2, init: {} });
const here = await planePosterior();
const points = Array.from({ length: 7 }, (_, i) => Float64Array.of(0.01 * i, 0.02 * i - 0.05));
const numbers = async (density) => [
  ...(await density.values(points)),
  ...(await density.valuesAndGradients(points)).flatMap(({ value, gradient }) => [value, ...gradient]),
  ...(await density.gaussNewton(points[3])),
];
const [got, expected] = [await numbers(there), await numbers(here)];
there.dispose();
if (got.length !== 7 + 21 + 4 || got.some((value, i) => !Object.is(value, expected[i])))
  throw new Error(`workers say ${got}, this thread ${expected}`);

const refusal = await workerLogDensity(create, { workers: 2, init: { refuses: 'no data today' } }).then(
  () => 'none',
  ({ message }) => message,
);
if (!/^workerLogDensity: worker [12] of 2 could not start: no data today$/.test(refusal)) throw new Error(refusal);
