import type { Optimizer } from '@subspace/core';
import { expect } from 'vitest';
import { placeRows, planRows } from '../src/data-rows.ts';
import { type KernelBuild, kernelBuild } from '../src/kernels/kernel-build.ts';
import {
  modes,
  optimizers,
  outputFields,
  scratchFields,
  sectionFields,
  subspaceFields,
  tasks,
  trainFields,
} from '../src/kernels/memory-map.ts';
import { type MemoryPlan, memoryPlan, openWorkspace, writeFloats, writeWords } from '../src/kernels/workspace.ts';
import { planNet, planScratch } from '../src/network-structure.ts';
import { pack, unpack } from '../src/weight-order.ts';
import { materialOf, orderOf, type Problem, targetsOf } from './kernel-material.ts';

/**
 * Kernels on a test stand: memory is laid out as the host does, but with what the host never varies (tiny blocks, odd shards) and hostile. Whatever the
 * kernels must write before they read is NaN at first, rows beyond the data are NaN, and between any two arrays lie words that must not change. Nor
 * must the compiled code's stack, which threads on one memory would share.
 */

/** The builds that this platform runs: the twin, SIMD, and relaxed SIMD from Node 22 on. */
export const builds: readonly KernelBuild[] = (['typescript', 'simd', 'wasm'] as const)
  .map(kernelBuild)
  .filter(({ name }, i, all) => all.findIndex((build) => build.name === name) === i);

export const [twin, ...compiled] = builds;

/** The subspace likelihood at points z; weights are the material's, plus Σ zₖ·direction(k). */
export function subspaceStand(
  build: KernelBuild,
  problem: Problem,
  options: { dim: number; points: readonly Float32Array[]; shardRows: number; linear: boolean },
) {
  const { dim, points, linear } = options;
  const { rows, sizes } = problem;
  const material = materialOf(problem);
  // With one hidden layer, linear sums are in tiles of 16 rows, which are not cut.
  const wholeTiles = (rows: number) => (linear && sizes.length === 3 ? Math.ceil(rows / 16) * 16 : rows);
  const shardRows = wholeTiles(options.shardRows);
  const blockRows = wholeTiles(problem.blockRows);
  const shards = Math.ceil(rows / shardRows);
  const stand = layOut(build, { ...problem, blockRows }, { dim, gathers: false, tangents: dim });
  const { order, plan } = stand;
  const job = plan.words(Object.keys(subspaceFields).length);
  const section = plan.words(Object.keys(sectionFields).length);
  const z = plan.floats(points.length * dim);
  const values = plan.doubles(points.length * shards);
  const gradients = plan.doubles(points.length * shards * dim);
  const rowValues = plan.doubles(rows);
  const curvature = plan.doubles(shards * dim * dim);
  const shift = plan.floats(order.size);
  const basis = plan.floats(dim * order.size);
  const linearSums = (dim + 1) * wholeTiles(rows) * (sizes.length === 3 ? order.layers[0].out : order.layers[0].ld);
  const sums = linear ? plan.floats(linearSums) : 0;
  const { space, x, y, yStride, rowWeights, net, scratch } = stand.open();
  pack(order, material.weights, space.floats, shift);
  for (let k = 0; k < dim; k++) pack(order, material.direction(k), space.floats, basis + 4 * k * order.size);
  points.forEach((point, i) => {
    space.floats.set(point, z / 4 + i * dim);
  });
  writeWords(space, job, subspaceFields, {
    ...{ net, x, y, yStride, rowWeights, rows, shift, basis, dim, z, linear: sums, shards, shardRows },
    ...{ values, gradients, rowValues, curvature },
  });
  if (linear) {
    space.floats.fill(Number.NaN, sums / 4, sums / 4 + linearSums);
    const rowsAPart = wholeTiles(Math.min(5, blockRows));
    writeWords(space, section, sectionFields, { task: tasks.precompute, job, a: rowsAPart });
    const parts = (dim + 1) * Math.ceil(rows / rowsAPart);
    for (let part = parts - 1; part >= 0; part--) space.kernels.perform(section, scratch, part);
  }

  let generation = 0;
  const perform = (task: number, parts: number, a: number, c: number) => {
    writeWords(space, job, subspaceFields, { generation: ++generation });
    writeWords(space, section, sectionFields, { task, job, a, b: points.length, c });
    stand.poison();
    // Any order of parts is as good as any other.
    for (let part = parts - 1; part >= 0; part--) space.kernels.perform(section, scratch, part);
    stand.requireGuards();
  };
  const evaluate = (mode: number, shardsAPart: number) =>
    perform(tasks.evaluate, points.length * Math.ceil(shards / shardsAPart), mode, shardsAPart);
  const sumOfShards = (start: number, point: number, length: number) =>
    Float64Array.from({ length }, (_, k) => {
      let sum = 0;
      for (let s = 0; s < shards; s++) sum += space.doubles[start / 8 + (point * shards + s) * length + k];
      return sum;
    });

  return {
    values(shardsAPart = 1) {
      evaluate(modes.values, shardsAPart);
      return points.map((_, i) => sumOfShards(values, i, 1)[0]);
    },
    gradients(shardsAPart = 1) {
      evaluate(modes.gradients, shardsAPart);
      return points.map((_, i) => ({
        value: sumOfShards(values, i, 1)[0],
        gradient: sumOfShards(gradients, i, dim),
      }));
    },
    /** Of the first point: with one point only. */
    rowValues() {
      evaluate(modes.rowValues, 1);
      return space.doubles.slice(rowValues / 8, rowValues / 8 + rows);
    },
    gaussNewton(point: number) {
      perform(tasks.gaussNewton, shards, point, 0);
      return sumOfShards(curvature, 0, dim * dim);
    },
    /** Moves a point. */
    move(point: number, to: ArrayLike<number>) {
      space.floats.set(to, z / 4 + point * dim);
    },
  };
}

/** Outputs and Jacobian products. */
export function outputStand(build: KernelBuild, problem: Problem) {
  const { sizes, rows } = problem;
  const width = sizes[sizes.length - 1];
  const material = materialOf(problem);
  const stand = layOut(build, problem, { dim: 0, gathers: false, tangents: 1 });
  const { order, plan } = stand;
  const job = plan.words(Object.keys(outputFields).length);
  const section = plan.words(Object.keys(sectionFields).length);
  const w = plan.floats(order.size);
  const direction = plan.floats(order.size);
  const gradient = plan.floats(order.size);
  const cotangents = plan.floats(width * rows);
  const out = plan.floats(width * rows);
  const { space, x, net, scratch } = stand.open();
  pack(order, material.weights, space.floats, w);
  writeWords(space, job, outputFields, { net, x, y: cotangents, yStride: rows, rows, w });

  const planes = (along: number, rowsAPart: number): Float32Array => {
    writeWords(space, job, outputFields, { direction: along, out, outStride: rows });
    writeWords(space, section, sectionFields, { task: tasks.outputs, job, a: rowsAPart });
    stand.poison();
    for (let part = Math.ceil(rows / rowsAPart) - 1; part >= 0; part--) space.kernels.perform(section, scratch, part);
    stand.requireGuards();
    return Float32Array.from({ length: rows * width }, (_, i) => {
      return space.floats[out / 4 + (i % width) * rows + Math.floor(i / width)];
    });
  };

  return {
    /** [rows, outputs] */
    outputs: (rowsAPart = rows) => planes(0, rowsAPart),
    times(v: Float32Array, rowsAPart = rows) {
      pack(order, v, space.floats, direction);
      return planes(direction, rowsAPart);
    },
    /** Jᵀ·u, u [rows, outputs]. */
    transposeTimes(u: ArrayLike<number>) {
      for (let i = 0; i < rows * width; i++) {
        space.floats[cotangents / 4 + (i % width) * rows + Math.floor(i / width)] = u[i];
      }
      writeWords(space, job, outputFields, { direction: 0, out: gradient, outStride: 0 });
      stand.poison();
      space.kernels.pullBack(job, scratch);
      stand.requireGuards();
      return unpack(order, space.floats, gradient);
    },
  };
}

export interface TrainingOptions {
  readonly optimizer: Optimizer;
  readonly rates: readonly number[];
  /** Rows of all steps. */
  readonly order: readonly number[];
  readonly batch: number;
  readonly rowsOfShard: number;
  readonly mostShards: number;
  /** Flat points [D]. */
  readonly points: readonly Float32Array[];
  readonly coefficients?: readonly number[];
  readonly fixed?: readonly boolean[];
  /** [D] Of the learning rate. */
  readonly rateFactors?: Float32Array;
}

/** What a run of steps leaves: points, what the optimizer remembers of each, and the sum of −log p over the steps. */
export interface TrainingResult {
  readonly points: readonly (Float32Array | Float64Array)[];
  readonly first: readonly (Float32Array | Float64Array)[];
  readonly second: readonly (Float32Array | Float64Array)[];
  readonly loss: number;
}

/** Training: all steps in one call, or each in parts that many threads could take. */
export function trainingStand(build: KernelBuild, problem: Problem, options: TrainingOptions) {
  const { optimizer, rates, order: rowsOfSteps, batch, rowsOfShard, mostShards, points, coefficients } = options;
  const stand = layOut(build, problem, { dim: 0, gathers: true, tangents: 0 });
  const { order, plan } = stand;
  const vectors = () => plan.floats(points.length * order.size);
  const job = plan.words(Object.keys(trainFields).length);
  const section = plan.words(Object.keys(sectionFields).length);
  const [point, first, second] = [vectors(), vectors(), vectors()];
  const w = points.length > 1 ? plan.floats(order.size) : point;
  const coefficientPlace = plan.floats(points.length);
  const gradients = plan.floats(mostShards * order.size);
  const losses = plan.doubles(mostShards);
  const rateFactors = options.rateFactors ? plan.floats(order.size) : 0;
  const ratePlace = plan.floats(rates.length);
  const corrections = plan.floats(rates.length);
  const orderPlace = plan.words(rowsOfSteps.length);
  const { space, x, y, yStride, rowWeights, net, scratch } = stand.open();
  space.words.set(rowsOfSteps, orderPlace / 4);
  if (options.rateFactors) pack(order, options.rateFactors, space.floats, rateFactors);
  if (coefficients) space.floats.set(coefficients, coefficientPlace / 4);
  points.forEach((values, k) => {
    pack(order, values, space.floats, point + 4 * k * order.size);
  });
  rates.forEach((rate, n) => {
    const adam = optimizer.kind === 'adam';
    space.floats[ratePlace / 4 + n] = adam ? rate / (1 - optimizer.beta1 ** (n + 1)) : rate;
    if (adam) space.floats[corrections / 4 + n] = 1 / Math.sqrt(1 - optimizer.beta2 ** (n + 1));
  });
  writeWords(space, job, trainFields, {
    ...{ net, x, y, yStride, rowWeights, rows: problem.rows, order: orderPlace, count: rowsOfSteps.length, batch },
    ...{ rowsOfShard, mostShards, points: points.length, w, point, first, second, gradients, losses },
    coefficients: coefficients ? coefficientPlace : 0,
    fixed: (options.fixed ?? []).reduce((bits, stays, k) => bits | (stays ? 1 << k : 0), 0),
    optimizer: optimizers.indexOf(optimizer.kind),
    nesterov: optimizer.kind === 'sgd' && optimizer.nesterov ? 1 : 0,
    ...{ rateFactors, rates: ratePlace, corrections },
  });
  writeFloats(space, job, trainFields, {
    momentum: optimizer.kind === 'sgd' ? optimizer.momentum : optimizer.beta1,
    beta2: optimizer.kind === 'adam' ? optimizer.beta2 : 0,
    epsilon: optimizer.kind === 'adam' ? optimizer.epsilon : 0,
    weightDecay: optimizer.weightDecay,
  });

  const flat = (start: number) => points.map((_, k) => unpack(order, space.floats, start + 4 * k * order.size));
  const result = (loss: number): TrainingResult => {
    stand.requireGuards();
    return { points: flat(point), first: flat(first), second: flat(second), loss };
  };

  return {
    run() {
      stand.poison();
      space.kernels.run(job, scratch);
      return result(space.doubles[losses / 8]);
    },
    inParts(weightsAPart: number) {
      let loss = 0;
      for (let start = 0; start < rowsOfSteps.length; start += batch) {
        const rows = Math.min(batch, rowsOfSteps.length - start);
        const shards = Math.max(1, Math.min(mostShards, Math.floor(rows / rowsOfShard)));
        space.words[job / 4 + trainFields.step]++;
        if (points.length > 1) space.kernels.mix(job);
        writeWords(space, section, sectionFields, { task: tasks.shardGradient, job, a: start });
        stand.poison();
        for (let shard = shards - 1; shard >= 0; shard--) space.kernels.perform(section, scratch, shard);
        for (let shard = 0; shard < shards; shard++) loss += space.doubles[losses / 8 + shard];
        writeWords(space, section, sectionFields, {
          task: tasks.update,
          job,
          a: rows,
          b: start / batch,
          c: weightsAPart,
        });
        for (let part = Math.ceil(order.size / weightsAPart) - 1; part >= 0; part--) {
          space.kernels.perform(section, scratch, part);
        }
      }
      return result(loss);
    },
  };
}

/** What must not change between two arrays: a NaN like no other. */
const GUARD = 0x7fc0dead;
const GUARD_WORDS = 16;
const STACK_WORDS = 1024;

/** Scratch that kernels write before they read it. (Gradients are not: their padding stays zero.) */
const written = ['t', 'x', 'y', 'rowWeights', 'panels', 'o', 'dO', 'slope', 'd0', 'd1', 'tangents', 'rows'] as const;

function layOut(build: KernelBuild, problem: Problem, needs: { dim: number; gathers: boolean; tangents: number }) {
  const { sizes, likelihood, rows, blockRows, weighted } = problem;
  const order = orderOf(problem);
  const shape = { ...problem, order };
  const material = materialOf(problem);
  const targets = targetsOf(problem);
  const inner = memoryPlan();
  const lengths = new Map<number, number>();
  const guards: number[] = [];
  const take = (words: number, address: number) => {
    lengths.set(address, words);
    guards.push(inner.words(GUARD_WORDS));
    return address;
  };
  const plan: MemoryPlan = {
    floats: (count) => take(count, inner.floats(count)),
    words: (count) => take(count, inner.words(count)),
    doubles: (count) => take(2 * count, inner.doubles(count)),
    get bytes() {
      return inner.bytes;
    },
  };
  const placed = planRows(plan, rows, { width: sizes[0], targets, weighted });
  const net = planNet(plan, shape, blockRows, targets, likelihood);
  const scratch = planScratch(plan, shape, { blockRows, targets, weights: needs.dim > 0, ...needs });

  let space: ReturnType<typeof openWorkspace>;
  const nan = (address: number) => {
    if (address) space.floats.fill(Number.NaN, address / 4, address / 4 + lengths.get(address)!);
  };
  return {
    order,
    plan,
    open() {
      space = openWorkspace('stand', build, plan, false);
      space.words.fill(GUARD, 0, STACK_WORDS);
      for (const guard of guards) space.words.fill(GUARD, guard / 4, guard / 4 + GUARD_WORDS);
      net.write(space);
      scratch.write(space);
      nan(placed.x);
      nan(placed.y);
      nan(placed.rowWeights);
      // The padding of a row of inputs is zero.
      const ldx = (sizes[0] + 7) & ~7;
      space.floats.fill(0, placed.x / 4, placed.x / 4 + rows * ldx);
      const arrays = {
        inputs: { data: material.inputs, shape: [rows, sizes[0]] },
        targets: { data: material.targets, shape: [rows, targets] },
        rowWeights: material.rowWeights,
      };
      placeRows(
        'stand',
        space,
        placed,
        arrays,
        { width: sizes[0], raw: sizes[0] },
        likelihood,
        sizes[sizes.length - 1],
      );
      return { ...placed, space, net: net.address, scratch: scratch.address };
    },
    poison() {
      const at = scratch.address / 4;
      for (const field of written) nan(space.words[at + scratchFields[field]]);
      for (let l = 0; l < 2 * (order.layers.length - 1); l++) nan(space.words[at + scratchFields.layer + l]);
    },
    requireGuards() {
      const broken = guards.filter((guard) => {
        for (let i = 0; i < GUARD_WORDS; i++) if (space.words[guard / 4 + i] !== GUARD) return true;
        return false;
      });
      expect(broken, 'memory written beyond its end').toEqual([]);
      expect(
        space.words.subarray(0, STACK_WORDS).every((word) => word === GUARD),
        'stack untouched',
      ).toBe(true);
    },
  };
}
