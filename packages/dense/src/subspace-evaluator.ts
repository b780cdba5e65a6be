import type { Evaluation, Likelihood, MaybePromise, Subspace, Vector } from '@subspace/core';
import { whenReady } from '@subspace/core/internals';
import { type InputMap, placeRows, planRows, type Rows } from './data-rows.ts';
import { type KernelBuild, MEMORY_LIMIT } from './kernels/kernel-build.ts';
import { modes, sectionFields, subspaceFields, TILE_ROWS, tasks } from './kernels/memory-map.ts';
import { memoryPlan, openWorkspace, writeWords } from './kernels/workspace.ts';
import {
  type NetworkShape,
  operationsPerRow,
  planNet,
  planScratch,
  rowsOfBlock,
  wholeTiles,
} from './network-structure.ts';
import { type Exchange, planMembers, type Team } from './threads/team.ts';
import { pack } from './weight-order.ts';

export interface EvaluatorParts {
  readonly where: string;
  readonly shape: NetworkShape;
  readonly inputMap: InputMap;
  readonly build: KernelBuild;
  readonly team: Team;
  readonly subspace: Subspace;
  readonly likelihood: Likelihood;
  /** Columns of targets that are kept. */
  readonly targets: number;
  /** Most rows. */
  readonly capacity: number;
  readonly weighted: boolean;
  /** Rows at a time at most. */
  readonly batchSize?: number;
  /** Whether the first layer's sums, linear in z, may be computed once for all z. */
  readonly precompute: boolean;
}

/** The log likelihood of rows at points of a subspace, in the kernels' memory. */
export interface SubspaceEvaluator {
  setRows(rows: Rows): MaybePromise<void>;
  /** Another ŵ; not where the first layer's sums are precomputed. */
  setShift(weights: Float32Array): void;
  values(points: readonly Vector[]): MaybePromise<Float64Array>;
  gradients(points: readonly Vector[]): MaybePromise<Evaluation[]>;
  rowValues(point: Vector): MaybePromise<Float64Array>;
  gaussNewton(point: Vector): MaybePromise<Float64Array>;
  close(): void;
}

/** Points in one call of the kernels. */
const POINTS = 64;
/** Parts that rows are cut into, at most. Their number depends on the work only, never on the threads. */
const MOST_SHARDS = 16;
/** Bytes of precomputed first-layer sums, at most. */
const PRECOMPUTED_BYTES = 2 ** 29;

export function subspaceEvaluator(parts: EvaluatorParts): SubspaceEvaluator {
  const { where, shape, inputMap, build, team, subspace, likelihood, targets, capacity } = parts;
  const { order, sizes } = shape;
  const dim = subspace.basis.length;
  const blockRows = rowsOfBlock(shape, Math.min(capacity, parts.batchSize ?? capacity));
  const layer = order.layers[0];
  // With one hidden layer, the first layer's sums are kept in tiles (kernels/tiles.h).
  const shallow = order.layers.length === 2;
  const linearSums = shallow ? wholeTiles(capacity) * layer.out : capacity * layer.ld;
  // X·W(z) = X·W₀ + Σ zₖ X·Bₖ: K multiply-adds an output instead of one per input.
  const linearBytes = 4 * linearSums * (dim + 1);
  const gains = parts.precompute && order.layers.length > 1 && sizes[0] > 2 * (dim + 1);

  const plan = memoryPlan();
  const rows = planRows(plan, capacity, { width: sizes[0], targets, weighted: parts.weighted });
  const net = planNet(plan, shape, blockRows, targets, likelihood);
  const scratches = Array.from({ length: team.threads }, () =>
    planScratch(plan, shape, { blockRows, targets, dim, weights: true, gathers: false, tangents: dim }),
  );
  const members = planMembers(plan);
  // Job, section and points are side by side: what changes from call to call, and is sent to copies of the memory.
  const job = plan.words(Object.keys(subspaceFields).length);
  const section = plan.words(Object.keys(sectionFields).length);
  const z = plan.floats(POINTS * dim);
  const values = plan.doubles(POINTS * MOST_SHARDS);
  const gradients = plan.doubles(POINTS * MOST_SHARDS * dim);
  // Shards are of equal size, rounded up to a multiple.
  const rowValues = plan.doubles(capacity + TILE_ROWS * MOST_SHARDS);
  const curvature = plan.doubles(MOST_SHARDS * dim * dim);
  const shift = plan.floats(order.size);
  const basis = plan.floats(dim * order.size);
  const linear = gains && linearBytes <= Math.min(PRECOMPUTED_BYTES, MEMORY_LIMIT - plan.bytes);
  const sums = linear ? plan.floats((dim + 1) * linearSums) : 0;
  const multiple = linear && shallow ? TILE_ROWS : 4;

  const space = openWorkspace(where, build, plan, team.shared);
  const crew = team.join(
    space,
    scratches.map(({ address }) => address),
    members,
  );
  net.write(space);
  for (const scratch of scratches) scratch.write(space);
  pack(order, subspace.shift, space.floats, shift);
  subspace.basis.forEach((row, k) => {
    pack(order, row, space.floats, basis + 4 * k * order.size);
  });
  writeWords(space, job, subspaceFields, {
    net: net.address,
    x: rows.x,
    y: rows.y,
    yStride: rows.yStride,
    rowWeights: rows.rowWeights,
    shift,
    basis,
    dim,
    z,
    linear: sums,
    values,
    gradients,
    rowValues,
    curvature,
  });

  let count = 0;
  let shards = 1;
  let shardRows = 0;
  let generation = 0;

  const perform = (
    task: number,
    [a, b, c]: readonly [number, number, number],
    pieces: number,
    work: number,
    exchange?: Exchange,
  ) => {
    writeWords(space, section, sectionFields, { task, job, a, b, c });
    return crew.perform(section, pieces, work, exchange);
  };
  /** Of a section at so many points. Each result is an address and how many bytes a part writes there. */
  const exchange = (points: number, ...results: readonly (readonly [number, number])[]): Exchange => ({
    start: job,
    end: z + 4 * points * dim,
    results: results.map(([address, bytes]) => ({ address, bytes })),
  });

  /** Evaluates at most POINTS points. */
  const evaluate = (points: readonly Vector[], mode: number): MaybePromise<void> => {
    for (let i = 0; i < points.length; i++) space.floats.set(points[i], z / 4 + i * dim);
    space.words[job / 4 + subspaceFields.generation] = ++generation;
    // Whole points where there are enough for all threads: then a thread forms the weights of its points only.
    const grain = crew.threads === 1 || points.length >= 4 * crew.threads ? shards : 1;
    const pieces = points.length * Math.ceil(shards / grain);
    const work = points.length * count * operationsPerRow(shape) * (mode === modes.gradients ? 3 : 1);
    const results =
      mode === modes.rowValues
        ? exchange(1, [rowValues, 8 * grain * shardRows])
        : exchange(points.length, [values, 8 * grain], [gradients, mode === modes.gradients ? 8 * grain * dim : 0]);
    return perform(tasks.evaluate, [mode, points.length, grain], pieces, work, results);
  };

  const sumOf = (point: number): number => {
    let sum = 0;
    for (let s = 0; s < shards; s++) sum += space.doubles[values / 8 + point * shards + s];
    return sum;
  };

  const gradientOf = (point: number): Vector => {
    const gradient = new Float64Array(dim);
    for (let s = 0; s < shards; s++) {
      const start = gradients / 8 + (point * shards + s) * dim;
      for (let k = 0; k < dim; k++) gradient[k] += space.doubles[start + k];
    }
    return gradient;
  };

  /** `take` of each point, in order, POINTS at a time. */
  const each = (
    points: readonly Vector[],
    mode: number,
    take: (i: number, place: number) => void,
  ): MaybePromise<void> => {
    const from = (start: number): MaybePromise<void> => {
      const some = points.length <= POINTS ? points : points.slice(start, start + POINTS);
      return whenReady(evaluate(some, mode), () => {
        for (let i = 0; i < some.length; i++) take(start + i, i);
        return start + POINTS < points.length ? from(start + POINTS) : undefined;
      });
    };
    return points.length === 0 ? undefined : from(0);
  };

  return {
    setRows(given) {
      crew.changed();
      count = given.inputs.shape[0];
      placeRows(where, space, rows, given, inputMap, likelihood, sizes[sizes.length - 1]);
      shards = shardsOf(count * operationsPerRow(shape), count);
      // Rows are summed by their place modulo 4; no tile is cut.
      shardRows = Math.ceil(count / shards / multiple) * multiple;
      shards = Math.ceil(count / shardRows);
      writeWords(space, job, subspaceFields, { rows: count, shards, shardRows });
      if (!linear) return;
      const rowsAPart = blockRows;
      const pieces = (dim + 1) * Math.ceil(count / rowsAPart);
      return perform(tasks.precompute, [rowsAPart, 0, 0], pieces, (dim + 1) * count * layer.in * layer.out);
    },
    setShift(weights) {
      crew.changed();
      pack(order, weights, space.floats, shift);
    },
    values(points) {
      const result = new Float64Array(points.length);
      return whenReady(
        each(points, modes.values, (i, place) => {
          result[i] = sumOf(place);
        }),
        () => result,
      );
    },
    gradients(points) {
      const result = new Array<Evaluation>(points.length);
      return whenReady(
        each(points, modes.gradients, (i, place) => {
          result[i] = { value: sumOf(place), gradient: gradientOf(place) };
        }),
        () => result,
      );
    },
    rowValues: (point) =>
      whenReady(evaluate([point], modes.rowValues), () => space.doubles.slice(rowValues / 8, rowValues / 8 + count)),
    gaussNewton(point) {
      space.floats.set(point, z / 4);
      writeWords(space, job, subspaceFields, { generation: ++generation });
      const work = count * operationsPerRow(shape) * (1 + 2 * dim);
      return whenReady(
        perform(tasks.gaussNewton, [0, 0, 0], shards, work, exchange(1, [curvature, 8 * dim * dim])),
        () => {
          const matrix = new Float64Array(dim * dim);
          for (let s = 0; s < shards; s++) {
            for (let i = 0; i < matrix.length; i++) matrix[i] += space.doubles[curvature / 8 + s * matrix.length + i];
          }
          return matrix;
        },
      );
    },
    close: () => crew.leave(),
  };
}

/** Parts of the rows that threads may share: enough work in each to be worth it. */
function shardsOf(work: number, rows: number): number {
  const wanted = work < 3e5 ? 1 : work < 2e6 ? 2 : work < 5e7 ? 4 : MOST_SHARDS;
  return Math.max(1, Math.min(wanted, Math.floor(rows / 4)));
}
