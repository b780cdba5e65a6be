import { optimizers, scratchFields, trainFields } from '../memory-map.ts';
import { logDensities } from './likelihood.ts';
import { backward, forward, transposeLayers } from './passes.ts';
import { combine } from './product.ts';
import { blockOf, type Data, type Net, readData, readNet, type Scratch, type Views } from './structures.ts';

/** Steps of an optimizer on −Σ log p / rows of the step. */
export interface TrainJob {
  readonly at: number;
  readonly net: Net;
  readonly data: Data;
  readonly order: number;
  readonly count: number;
  readonly batch: number;
  /** How the rows of a step are cut. */
  readonly rowsOfShard: number;
  readonly mostShards: number;
  readonly points: number;
  /** Where gradients are taken: the mix of points, or the only point. */
  readonly w: number;
  readonly point: number;
  readonly first: number;
  readonly second: number;
  readonly coefficients: number;
  /** Bit k: point k stays. */
  readonly fixed: number;
  readonly gradients: number;
  readonly losses: number;
  readonly optimizer: (typeof optimizers)[number];
  /** Momentum, or β₁. */
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly rateFactors: number;
  /** Per step; for Adam divided by 1 − β₁ᵗ. */
  readonly rates: number;
  /** Per step, for Adam: 1/√(1 − β₂ᵗ). */
  readonly corrections: number;
}

/** All steps of the order; the first of `losses` is the sum before, and then after. */
export function run(views: Views, job: TrainJob, scratch: Scratch): void {
  const { words, doubles } = views;
  let loss = doubles[job.losses];
  for (let start = 0, n = 0; start < job.count; start += job.batch, n++) {
    const rows = Math.min(job.batch, job.count - start);
    const shards = shardsOf(job, rows);
    words[job.at + trainFields.step]++;
    if (job.points > 1) mix(views, job);
    for (let shard = 0; shard < shards; shard++) {
      gradientOfShard(views, job, scratch, start, shard);
      loss += doubles[job.losses + shard];
    }
    update(views, job, rows, n, 0, job.net.size);
  }
  doubles[job.losses] = loss;
}

/** Mixes the points into w = Σ cₖ·θₖ. */
export function mix({ floats: f }: Views, { net: { size }, w, points, point, coefficients }: TrainJob): void {
  f.fill(0, w, w + size);
  combine(f, size, points, w, point, size, coefficients, w);
}

/** The gradient over one shard of the rows of the step that starts at `start` in the order. */
export function gradientOfShard(views: Views, job: TrainJob, scratch: Scratch, start: number, shard: number): void {
  const { words, floats: f, doubles } = views;
  const { net, data, w } = job;
  const rowsOfStep = Math.min(job.batch, job.count - start);
  const shards = shardsOf(job, rowsOfStep);
  const from = Math.floor((rowsOfStep * shard) / shards);
  const count = Math.floor((rowsOfStep * (shard + 1)) / shards) - from;
  const step = words[job.at + trainFields.step];
  if (words[scratch.at + scratchFields.transposedAt] !== step) {
    transposeLayers(f, net, scratch, w);
    words[scratch.at + scratchFields.transposedAt] = step;
  }
  const g = job.gradients + shard * net.size;
  const block = blockOf(scratch, count, 4);
  let loss = 0;
  for (let done = 0; done < count; done += block) {
    const rows = Math.min(block, count - done);
    gather(views, net, data, scratch, job.order + start + from + done, rows);
    forward(f, net, scratch, w, scratch.x, rows, true, false);
    const weights = data.rowWeights && scratch.rowWeights;
    logDensities(f, words, net, scratch, rows, scratch.y, net.planeStride, weights, -1 / rowsOfStep);
    for (let r = 0; r < rows; r++) loss -= f[scratch.rows + r];
    backward(f, net, scratch, w, scratch.x, rows, g, done > 0, false);
  }
  doubles[job.losses + shard] = loss;
}

/** The optimizer's step of weights [from, to): the shards' gradients, penalty, momentum or moments, update. */
export function update(
  { floats: f }: Views,
  job: TrainJob,
  rows: number,
  stepOfRun: number,
  from: number,
  to: number,
): void {
  const { w, gradients, weightDecay, momentum, nesterov, beta2, epsilon, rateFactors } = job;
  const { size } = job.net;
  const shards = shardsOf(job, rows);
  const rate = f[job.rates + stepOfRun];
  for (let n = 1; n < shards; n++) {
    for (let i = from; i < to; i++) f[gradients + i] += f[gradients + n * size + i];
  }
  for (let k = 0; k < job.points; k++) {
    if ((job.fixed >> k) & 1) continue;
    const point = job.point + k * size;
    const first = job.first + k * size;
    const second = job.second + k * size;
    const coefficient = job.coefficients ? f[job.coefficients + k] : 1;
    if (job.optimizer === 'sgd') {
      for (let i = from; i < to; i++) {
        const g = coefficient * (f[gradients + i] + weightDecay * f[w + i]);
        const velocity = flushed(momentum * f[first + i] + g);
        const d = nesterov ? momentum * velocity + g : velocity;
        f[first + i] = velocity;
        f[point + i] -= rate * (rateFactors ? d * f[rateFactors + i] : d);
      }
    } else {
      const correction = f[job.corrections + stepOfRun];
      for (let i = from; i < to; i++) {
        const g = coefficient * (f[gradients + i] + weightDecay * f[w + i]);
        const m = flushed(momentum * f[first + i] + (1 - momentum) * g);
        const u = flushed(beta2 * f[second + i] + (1 - beta2) * g * g);
        f[first + i] = m;
        f[second + i] = u;
        const d = m / (Math.sqrt(u) * correction + epsilon);
        f[point + i] -= rate * (rateFactors ? d * f[rateFactors + i] : d);
      }
    }
  }
}

export function readTrainJob(views: Views, address: number): TrainJob {
  const { words, floats } = views;
  const at = address >>> 2;
  const floatsAt = (field: number) => words[at + field] >>> 2;
  return {
    at,
    net: readNet(views, words[at + trainFields.net]),
    data: readData(views, at, trainFields),
    order: floatsAt(trainFields.order),
    count: words[at + trainFields.count],
    batch: words[at + trainFields.batch],
    rowsOfShard: words[at + trainFields.rowsOfShard],
    mostShards: words[at + trainFields.mostShards],
    points: words[at + trainFields.points],
    w: floatsAt(trainFields.w),
    point: floatsAt(trainFields.point),
    first: floatsAt(trainFields.first),
    second: floatsAt(trainFields.second),
    coefficients: floatsAt(trainFields.coefficients),
    fixed: words[at + trainFields.fixed],
    gradients: floatsAt(trainFields.gradients),
    losses: words[at + trainFields.losses] >>> 3,
    optimizer: optimizers[words[at + trainFields.optimizer]],
    momentum: floats[at + trainFields.momentum],
    nesterov: words[at + trainFields.nesterov] !== 0,
    beta2: floats[at + trainFields.beta2],
    epsilon: floats[at + trainFields.epsilon],
    weightDecay: floats[at + trainFields.weightDecay],
    rateFactors: floatsAt(trainFields.rateFactors),
    rates: floatsAt(trainFields.rates),
    corrections: floatsAt(trainFields.corrections),
  };
}

/** 0 below 10⁻³⁰: what an optimizer remembers would decay to subnormal numbers, which are slow, and stay there. */
function flushed(x: number): number {
  return Math.abs(x) < 1e-30 ? 0 : x;
}

/** Parts of a step of so many rows: each with at least rowsOfShard of them. */
function shardsOf({ rowsOfShard, mostShards }: TrainJob, rows: number): number {
  return Math.max(1, Math.min(mostShards, Math.floor(rows / rowsOfShard)));
}

/** Copies rows of the data into scratch. */
function gather(
  { words, floats: f }: Views,
  { ldx, targets, planeStride }: Net,
  { x, y, yStride, rowWeights }: Data,
  scratch: Scratch,
  order: number,
  rows: number,
): void {
  for (let r = 0; r < rows; r++) {
    const row = words[order + r];
    const from = x + row * ldx;
    f.copyWithin(scratch.x + r * ldx, from, from + ldx);
    for (let m = 0; m < targets; m++) f[scratch.y + m * planeStride + r] = f[y + m * yStride + row];
    if (rowWeights) f[scratch.rowWeights + r] = f[rowWeights + row];
  }
}
