import type { Arrays, MaybePromise } from '@subspace/core';
import { whenReady } from '@subspace/core/internals';
import { type InputMap, placeRows, planRows } from './data-rows.ts';
import type { KernelBuild } from './kernels/kernel-build.ts';
import { outputFields, sectionFields, TILE_ROWS, tasks } from './kernels/memory-map.ts';
import { memoryPlan, openWorkspace, writeWords } from './kernels/workspace.ts';
import {
  type NetworkShape,
  operationsPerRow,
  planNet,
  planScratch,
  rowsOfBlock,
  wholeTiles,
} from './network-structure.ts';
import { planMembers, type Team } from './threads/team.ts';
import { soloTeam } from './threads/thread-team.ts';
import { pack, unpack } from './weight-order.ts';

/** Outputs [N, M], or their derivatives. */
type Outputs = Arrays & { readonly data: Float32Array };

/** Rows of inputs in the kernels' memory: outputs and Jacobian products at any weights. One call at a time: each in a turn of the team. */
export interface OutputRows {
  /** Most rows. */
  readonly capacity: number;
  setInputs(inputs: Arrays): void;
  setWeights(weights: Float32Array): void;
  /** Outputs [N, M]. */
  outputs(): MaybePromise<Outputs>;
  /** J·v [N, M]: derivatives of the outputs along flat v. */
  times(v: Float32Array): MaybePromise<Outputs>;
  /** Jᵀ·u, flat, for u [N, M]: by one thread. */
  transposeTimes(u: ArrayLike<number>): Float32Array;
  close(): void;
}

export interface OutputRowsParts {
  readonly where: string;
  readonly shape: NetworkShape;
  readonly inputMap: InputMap;
  readonly build: KernelBuild;
  readonly team: Team;
  readonly capacity: number;
  /** Whether each call has other inputs: then they travel to copies of the memory with it. */
  readonly changing: boolean;
  /** Whether Jacobian products are wanted, too. */
  readonly derivatives: boolean;
}

/** Parts that rows are cut into, at most. Their number depends on the work only, never on the threads. */
const MOST_PARTS = 16;
/** Multiply-adds of a part, at least: about 5 µs. */
const WORTH_A_PART = 2e5;

export function outputRows(parts: OutputRowsParts): OutputRows {
  const { where, shape, inputMap, build, capacity, changing, derivatives } = parts;
  const { order, sizes } = shape;
  const width = sizes[sizes.length - 1];
  const blockRows = rowsOfBlock(shape, Math.min(96, capacity));
  const team = partsOf(shape, capacity) === 1 ? soloTeam() : parts.team;
  const plan = memoryPlan();
  const net = planNet(plan, shape, blockRows, 0);
  const scratches = Array.from({ length: team.threads }, () =>
    planScratch(plan, shape, {
      blockRows,
      targets: 0,
      dim: 0,
      weights: false,
      gathers: false,
      tangents: derivatives ? 1 : 0,
    }),
  );
  const members = planMembers(plan);
  const rows = planRows(plan, capacity, { width: sizes[0], targets: derivatives ? width : 0, weighted: false });
  // Job, section and weights are side by side, and follow the rows: what changes from call to call, and is sent to copies of the memory.
  const job = plan.words(Object.keys(outputFields).length);
  const section = plan.words(Object.keys(sectionFields).length);
  const w = plan.floats(order.size);
  const direction = plan.floats(derivatives ? order.size : 0);
  const gradient = plan.floats(derivatives ? order.size : 0);
  // Parts are of equal size, rounded up to whole tiles.
  const outStride = rows.yStride + TILE_ROWS * MOST_PARTS;
  const out = plan.floats(width * outStride);
  const space = openWorkspace(where, build, plan, team.shared);
  const crew = team.join(
    space,
    scratches.map(({ address }) => address),
    members,
  );
  net.write(space);
  for (const scratch of scratches) scratch.write(space);
  let count = 0;

  const planes = (along: number): MaybePromise<Outputs> => {
    writeWords(space, job, outputFields, {
      ...{ net: net.address, x: rows.x, y: rows.y, yStride: rows.yStride, rows: count },
      ...{ w, direction: along, out, outStride },
    });
    const rowsAPart = wholeTiles(count / partsOf(shape, count));
    writeWords(space, section, sectionFields, { task: tasks.outputs, job, a: rowsAPart });
    const work = count * operationsPerRow(shape) * (along ? 3 : 1);
    const exchange = {
      start: changing ? rows.x : job,
      end: gradient,
      results: Array.from({ length: width }, (_, n) => ({ address: out + 4 * n * outStride, bytes: 4 * rowsAPart })),
    };
    return whenReady(crew.perform(section, Math.ceil(count / rowsAPart), work, exchange), () => {
      const data = new Float32Array(count * width);
      for (let n = 0; n < width; n++) {
        const plane = out / 4 + n * outStride;
        for (let r = 0; r < count; r++) data[r * width + n] = space.floats[plane + r];
      }
      return { data, shape: [count, width] };
    });
  };

  return {
    capacity,
    setInputs(inputs) {
      if (!changing) crew.changed();
      count = inputs.shape[0];
      placeRows(where, space, rows, { inputs }, inputMap);
    },
    setWeights(weights) {
      pack(order, weights, space.floats, w);
    },
    outputs: () => planes(0),
    times(v) {
      pack(order, v, space.floats, direction);
      return planes(direction);
    },
    transposeTimes(u) {
      for (let n = 0; n < width; n++) {
        for (let r = 0; r < count; r++) space.floats[rows.y / 4 + n * rows.yStride + r] = u[r * width + n];
      }
      writeWords(space, job, outputFields, {
        ...{ net: net.address, x: rows.x, y: rows.y, yStride: rows.yStride, rows: count },
        ...{ w, direction: 0, out: gradient, outStride: 0 },
      });
      space.kernels.pullBack(job, scratches[0].address);
      return unpack(order, space.floats, gradient);
    },
    close: () => crew.leave(),
  };
}

/** Parts of so many rows that threads may share. */
function partsOf(shape: NetworkShape, rows: number): number {
  return Math.max(1, Math.min(MOST_PARTS, Math.floor((rows * operationsPerRow(shape)) / WORTH_A_PART)));
}
