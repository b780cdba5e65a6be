/**
 * `@subspace/swag` at the size of a WideResNet-28-10: memory, and the time per snapshot against a plain copy of memory in the same run. Weights are
 * generated; nothing is trained. `npm run swag`; with `--write` the table goes to docs/results/swag-memory.md as well. `--weights=` and `--rank=` change the size.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { randomSource, weightLayout } from '@subspace/core';
import { pcaSubspace, swag, swagMoments } from '@subspace/swag';
import { median, table } from './harness.ts';

const size = option('weights', 36_489_290);
const rank = option('rank', 20);
const rows: string[][] = [];
const rss = () => `${gigabytes(process.memoryUsage().rss)} (${gigabytes(1024 * process.resourceUsage().maxRSS)})`;

const weights = new Float32Array(size);
const start = gigabytes(process.memoryUsage().rss);
const moments = swagMoments(weightLayout([{ name: 'weights', shape: [size] }]), { rank });
const collecting = measureCollecting();
const held = size * (4 * rank + 8 + 8 + 4);
const copy = median(collecting.copies);
const snapshot = median(collecting.steady);
const afterwards = rss();

// A snapshot reads the weights twice (once for NaN), reads and writes mean and squares in float64, and writes a row: 44 bytes a weight.
const [copied, moved] = [8 * size, 44 * size];
rows.push(['copy of the weights', seconds(copy), rate(copied, copy), '']);
rows.push([
  `collect, first ${rank}: new rows (median)`,
  seconds(median(collecting.filling)),
  rate(moved, median(collecting.filling)),
  '',
]);
rows.push(['collect, from then on (median)', seconds(snapshot), rate(moved, snapshot), afterwards]);

const posterior = swag(moments, { scale: 0.5 });
const draws = posterior.weights(3, randomSource(1))[Symbol.iterator]();
draws.next();
const [draw] = timed(() => draws.next().value);
rows.push(['swag: a draw', seconds(draw), '', rss()]);
const [first, logDensity] = timed(() => posterior.logDensity(weights));
const [again, repeated] = timed(() => posterior.logDensity(weights));
if (logDensity !== repeated || !Number.isFinite(logDensity))
  throw new Error(`log density is ${logDensity}, then ${repeated}`);
rows.push(['swag: log density, the first', seconds(first), '', '']);
rows.push(['swag: log density, then', seconds(again), rate(size * (4 * rank + 12), again), rss()]);
const [five, subspace] = timed(() => pcaSubspace(moments, { rank: 5 }));
rows.push(['pcaSubspace, 5 directions', seconds(five), '', rss()]);
if (subspace.basis.length !== 5) throw new Error('pcaSubspace has not 5 directions');

const report = [
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${gigabytes(totalmem())}; Node ${process.versions.node} (V8 ${process.versions.v8}), one thread; load average ${loadavg()[0].toFixed(1)} at the end`,
  '',
  `${size.toLocaleString('en-US')} weights, rank ${rank}. Deviations, mean, squares and the weights themselves: ${gigabytes(held)}; the process had ${start} before.`,
  '',
  table(['task', 'time', 'memory traffic', 'resident (highest so far)'], rows),
  '',
  `Traffic of a snapshot over that of a copy: ${(moved / snapshot / (copied / copy)).toFixed(2)}. Highest resident memory while collecting, less what the process had: ${gigabytes(collecting.peak)}, ${(collecting.peak / held).toFixed(3)} of the arrays.`,
].join('\n');
process.stdout.write(`${report}\n`);
if (process.argv.includes('--write')) {
  const folder = fileURLToPath(new URL('../../docs/results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}swag-memory.md`, page(report));
}

/** Milliseconds of each snapshot, until the deviations are full and after, and of a copy of the weights before each snapshot. */
function measureCollecting(): { copies: number[]; filling: number[]; steady: number[]; peak: number } {
  const before = process.memoryUsage().rss;
  // Its own array for no longer than the copies take would be new pages each time; one quarter of the weights is far beyond any cache.
  const quarter = size >> 2;
  const target = new Float32Array(quarter);
  const copies: number[] = [];
  const filling: number[] = [];
  const steady: number[] = [];
  for (let t = 0; t < rank + 12; t++) {
    walk(t);
    const [copying] = timed(() => target.set(weights.subarray(0, quarter)));
    copies.push((copying * size) / quarter);
    const [collect] = timed(() => moments.collect(weights));
    (t < rank ? filling : steady).push(collect);
  }
  const peak = 1024 * process.resourceUsage().maxRSS - before - 4 * quarter;
  return { copies, filling, steady, peak };
}

/** A step of a random walk about a drift, by a hash: fast, and no two snapshots alike. */
function walk(t: number): void {
  for (let i = 0; i < size; i++) {
    let hash = Math.imul(i + 1, 0x9e3779b1) + Math.imul(t + 1, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
    weights[i] += 1e-3 * (((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32 - 0.45);
  }
}

function timed<T>(run: () => T): [milliseconds: number, result: T] {
  const begin = performance.now();
  const result = run();
  return [performance.now() - begin, result];
}

function option(name: string, otherwise: number): number {
  const given = process.argv.find((argument) => argument.startsWith(`--${name}=`));
  return given ? Number(given.slice(name.length + 3)) : otherwise;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(milliseconds < 1000 ? 3 : 1)} s`;
}

function rate(bytes: number, milliseconds: number): string {
  return `${(bytes / 1e6 / milliseconds).toFixed(1)} GB/s`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

function page(measured: string): string {
  return `# Memory and time of SWAG at 36 million weights

One process, weights generated (\`pnpm --filter @subspace-internal/benchmarks swag --write\`).

${measured}

- **Memory**: rank × D × 4 bytes of deviations, mean and squared deviations in float64 (16 bytes a weight), and the snapshot that is handed in. Once there are as many rows as
  the rank, the oldest becomes the newest and nothing is allocated; only rows that \`deviations()\` or \`state()\` handed out are replaced by new ones.
- **Mean and squares are float64**: float32 would save 8 of ${4 * rank + 16} bytes a weight. Welford's recurrences over a thousand snapshots in float32 have the variance wrong by 1e-3 for
  weights that move by 1e-5 of their size and less, and by 73 % for one that moves by ¼ about 2²⁰; in float64 by less than 2e-11. Weights that never move have a variance of exactly zero
  before the clamp in both.
- **Collect**: one pass that checks, one that updates. Bytes are what the algorithm reads and writes, 44 a weight; the copy's are 8.
  The first ${rank} take longer because the system hands out new memory page by page.
- **A draw** needs 36 million normals; that is most of its time. **Log density**: the first makes the ${rank} × ${rank} matrix of Woodbury's identity, later ones are one pass over the deviations.
- **pcaSubspace**: inner products of all pairs of deviations, then five combinations of them.
`;
}
