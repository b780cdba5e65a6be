import type { Dataset, Likelihood, MaybePromise, Optimizer } from '@subspace/core';
import { whenReady } from '@subspace/core/internals';
import { type InputMap, placeRows, planRows, type Rows } from './data-rows.ts';
import type { KernelBuild } from './kernels/kernel-build.ts';
import { optimizers, sectionFields, tasks, trainFields } from './kernels/memory-map.ts';
import { memoryPlan, openWorkspace, type Workspace, writeFloats, writeWords } from './kernels/workspace.ts';
import { type NetworkShape, operationsPerRow, planNet, planScratch } from './network-structure.ts';
import { type Crew, planMembers, type Team } from './threads/team.ts';
import { pack, padded, unpack, type WeightOrder } from './weight-order.ts';

/** What a trainer, and the memory that it trains in, are made of. */
export interface TrainingParts {
  readonly where: string;
  readonly shape: NetworkShape;
  readonly inputMap: InputMap;
  readonly build: KernelBuild;
  readonly team: Team;
  readonly data: Dataset;
  readonly likelihood: Likelihood;
  readonly targets: number;
  readonly optimizer: Optimizer;
  /** Points to train; the network's own weights where absent. */
  readonly points?: readonly Float32Array[];
  readonly fixed?: readonly boolean[];
}

/** Multiply-adds that are worth a thread, and a gradient of its own: the rows of a step are cut into parts with at least as many. */
const WORK_OF_SHARD = 1e6;
const MOST_SHARDS = 4;
/** Rows of a part that go through all layers together. */
const MOST_ROWS = 512;
/** Steps in one call of the kernels. */
const STEPS = 4096;

/** Training in the kernels' memory, for batches up to a size. */
export interface TrainingDesk {
  readonly batch: number;
  place(rows: Rows): void;
  /** How many steps of so many rows one call can take. */
  mostSteps(rows: number): number;
  /** Vectors of point k: weights (i = 0), then what the optimizer remembers. */
  load(k: number, i: number, vector: Float32Array): void;
  vectors(k: number): Float32Array[];
  vector(k: number, i: number, out?: Float32Array): Float32Array;
  /** Takes all steps of `rows`; `before`: how many were taken, and Σ −log p of them. Returns the sum with these. */
  steps(
    rows: Int32Array,
    batch: number,
    rate: number,
    before: { readonly steps: number; readonly loss: number },
    coefficients?: Float64Array,
  ): MaybePromise<number>;
  close(): void;
}

export function trainingDesk(parts: TrainingParts, batch: number): TrainingDesk {
  const { where, shape, inputMap, build, team, data, likelihood, targets, optimizer, fixed } = parts;
  const { order, sizes } = shape;
  const pointCount = parts.points?.length ?? 1;
  const rowsOfShard = Math.ceil(WORK_OF_SHARD / (3 * operationsPerRow(shape)) / 8) * 8;
  const shards = Math.max(1, Math.min(MOST_SHARDS, Math.floor(batch / rowsOfShard)));
  const blockRows = padded(Math.min(MOST_ROWS, Math.ceil(batch / shards)));
  const { biasLearningRateFactor: factor } = optimizer;
  const weighted = data.arrays ? data.arrays.rowWeights !== undefined : false;
  const capacity = data.arrays ? data.size : batch;

  const plan = memoryPlan();
  const rows = planRows(plan, capacity, { width: sizes[0], targets, weighted });
  const net = planNet(plan, shape, blockRows, targets, likelihood);
  const scratches = Array.from({ length: shards > 1 ? team.threads : 1 }, () =>
    planScratch(plan, shape, { blockRows, targets, dim: 0, weights: false, gathers: true, tangents: 0 }),
  );
  const job = plan.words(Object.keys(trainFields).length);
  const section = plan.words(Object.keys(sectionFields).length);
  const members = planMembers(plan);
  const point = plan.floats(pointCount * order.size);
  const memories = [
    plan.floats(pointCount * order.size),
    plan.floats(optimizer.kind === 'adam' ? pointCount * order.size : 16),
  ];
  const w = pointCount > 1 ? plan.floats(order.size) : point;
  const coefficientPlace = plan.floats(pointCount);
  const gradients = plan.floats(shards * order.size);
  const losses = plan.doubles(shards);
  const rateFactors = factor === 1 ? 0 : plan.floats(order.size);
  const rates = plan.floats(STEPS);
  const corrections = plan.floats(STEPS);
  const mostRows = Math.max(batch, Math.min(data.size, STEPS * batch));
  const orderPlace = plan.words(mostRows);

  const space = openWorkspace(where, build, plan, shards > 1 && team.shared);
  const crew = team.join(
    space,
    scratches.map(({ address }) => address),
    members,
  );
  net.write(space);
  for (const scratch of scratches) scratch.write(space);
  if (rateFactors) writeFactors(space, rateFactors, order, factor);
  writeWords(space, job, trainFields, {
    net: net.address,
    x: rows.x,
    y: rows.y,
    yStride: rows.yStride,
    rowWeights: rows.rowWeights,
    rows: capacity,
    order: orderPlace,
    rowsOfShard,
    mostShards: MOST_SHARDS,
    points: pointCount,
    w,
    point,
    first: memories[0],
    second: memories[1],
    fixed: (fixed ?? []).reduce((bits, stays, k) => bits | (stays ? 1 << k : 0), 0),
    gradients,
    losses,
    optimizer: optimizers.indexOf(optimizer.kind),
    nesterov: optimizer.kind === 'sgd' && optimizer.nesterov ? 1 : 0,
    rateFactors,
    rates,
    corrections,
  });
  writeFloats(space, job, trainFields, {
    momentum: optimizer.kind === 'sgd' ? optimizer.momentum : optimizer.beta1,
    beta2: optimizer.kind === 'adam' ? optimizer.beta2 : 0,
    epsilon: optimizer.kind === 'adam' ? optimizer.epsilon : 0,
    weightDecay: optimizer.weightDecay,
  });
  if (data.arrays) placeRows(where, space, rows, data.arrays, inputMap, likelihood, sizes[sizes.length - 1]);

  const place = (k: number, i: number) => [point, ...memories][i] + 4 * k * order.size;
  const forgets = optimizer.kind === 'sgd' && optimizer.momentum === 0;
  const memoryCount = optimizer.kind === 'adam' ? 2 : 1;
  const writeRates = (count: number, rate: number, before: number) => {
    if (optimizer.kind === 'sgd') {
      space.floats.fill(rate, rates / 4, rates / 4 + count);
      return;
    }
    for (let n = 0; n < count; n++) {
      space.floats[rates / 4 + n] = rate / decayed(optimizer.beta1, before + n + 1);
      space.floats[corrections / 4 + n] = 1 / Math.sqrt(decayed(optimizer.beta2, before + n + 1));
    }
  };

  return {
    batch,
    place: (given) => placeRows(where, space, rows, given, inputMap, likelihood, sizes[sizes.length - 1]),
    mostSteps: (rows) => Math.max(1, Math.min(STEPS, Math.floor(mostRows / rows))),
    load(k, i, vector) {
      // A run that diverged leaves NaN in the padding, too.
      space.floats.fill(0, place(k, i) / 4, place(k, i) / 4 + order.size);
      pack(order, vector, space.floats, place(k, i));
      // Without momentum, nobody loads the velocity; 0 times the NaN that a diverged run left there is NaN.
      if (forgets) space.floats.fill(0, place(k, 1) / 4, place(k, 1) / 4 + order.size);
    },
    vectors: (k) => Array.from({ length: memoryCount + 1 }, (_, i) => unpack(order, space.floats, place(k, i))),
    vector: (k, i, out) => unpack(order, space.floats, place(k, i), out),
    steps(rowsOfSteps, batchNow, rate, before, coefficients) {
      const count = Math.ceil(rowsOfSteps.length / batchNow);
      space.words.set(rowsOfSteps, orderPlace / 4);
      writeRates(count, rate, before.steps);
      if (coefficients) space.floats.set(coefficients, coefficientPlace / 4);
      writeWords(space, job, trainFields, {
        count: rowsOfSteps.length,
        batch: batchNow,
        coefficients: coefficients ? coefficientPlace : 0,
      });
      if (shards === 1 || team.threads === 1) {
        // Goes on from the sum so far: where a run is cut does not change the last bit of it.
        space.doubles[losses / 8] = before.loss;
        space.kernels.run(job, scratches[0].address);
        return space.doubles[losses / 8];
      }
      return together(
        space,
        crew,
        { job, section, losses, rowsOfShard, shape, before: before.loss },
        rowsOfSteps.length,
        batchNow,
      );
    },
    close: () => crew.leave(),
  };
}

/** The steps of a job by all threads: shards of a step, then parts of the weights. */
function together(
  space: Workspace,
  crew: Crew,
  at: { job: number; section: number; losses: number; rowsOfShard: number; shape: NetworkShape; before: number },
  count: number,
  batch: number,
): MaybePromise<number> {
  const { job, section, losses, rowsOfShard, shape } = at;
  const { size } = shape.order;
  const several = space.words[job / 4 + trainFields.points] > 1;
  let sum = at.before;
  const step = (start: number): MaybePromise<void> => {
    const rows = Math.min(batch, count - start);
    const shardCount = Math.max(1, Math.min(MOST_SHARDS, Math.floor(rows / rowsOfShard)));
    space.words[job / 4 + trainFields.step]++;
    if (several) space.kernels.mix(job);
    writeWords(space, section, sectionFields, { task: tasks.shardGradient, job, a: start });
    return whenReady(crew.perform(section, shardCount, 3 * rows * operationsPerRow(shape)), () => {
      for (let shard = 0; shard < shardCount; shard++) sum += space.doubles[losses / 8 + shard];
      const weightsAPart = Math.ceil(size / crew.threads / 16) * 16;
      writeWords(space, section, sectionFields, { task: tasks.update, a: rows, b: start / batch, c: weightsAPart });
      return crew.perform(section, Math.ceil(size / weightsAPart), size * (shardCount + 2));
    });
  };
  const from = (start: number): MaybePromise<void> => {
    for (let at = start; at < count; at += batch) {
      const done = step(at);
      if (done !== undefined) return whenReady(done, () => from(at + batch));
    }
  };
  return whenReady(from(0), () => sum);
}

/** Factors of the learning rate: of biases and v, or 1. */
function writeFactors(space: Workspace, address: number, { layout, places, size }: WeightOrder, factor: number): void {
  space.floats.fill(1, address / 4, address / 4 + size);
  layout.entries.forEach(({ shape, offset }, i) => {
    if (shape.length !== 1) return;
    const end = layout.entries[i + 1]?.offset ?? layout.size;
    for (let d = offset; d < end; d++) space.floats[address / 4 + places[d]] = factor;
  });
}

/** 1 − βᵗ: how much of a moment is there after so many steps. (Not by `**`, which rounds otherwise from one Node to the next.) */
function decayed(beta: number, steps: number): number {
  return -Math.expm1(steps * Math.log(beta));
}
