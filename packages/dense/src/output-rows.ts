import type { Arrays } from '@subspace/core';
import { type InputMap, placeRows, planRows } from './data-rows.ts';
import type { KernelBuild } from './kernels/kernel-build.ts';
import { outputFields, sectionFields, tasks } from './kernels/memory-map.ts';
import { memoryPlan, openWorkspace, writeWords } from './kernels/workspace.ts';
import { type NetworkShape, planNet, planScratch, rowsOfBlock } from './network-structure.ts';
import { pack, unpack } from './weight-order.ts';

/** Rows of inputs in the kernels' memory: outputs and Jacobian products at any weights. */
export interface OutputRows {
  /** Most rows. */
  readonly capacity: number;
  setInputs(inputs: Arrays): void;
  /** Outputs [N, M] at flat weights. */
  outputs(weights: Float32Array): Arrays & { readonly data: Float32Array };
  /** J·v [N, M]: derivatives of the outputs at flat weights along flat v. */
  times(weights: Float32Array, v: Float32Array): Arrays & { readonly data: Float32Array };
  /** Jᵀ·u, flat, for u [N, M]. */
  transposeTimes(weights: Float32Array, u: ArrayLike<number>): Float32Array;
}

export interface OutputRowsParts {
  readonly where: string;
  readonly shape: NetworkShape;
  readonly inputMap: InputMap;
  readonly build: KernelBuild;
  readonly capacity: number;
  /** Whether Jacobian products are wanted, too. */
  readonly derivatives: boolean;
}

export function outputRows({ where, shape, inputMap, build, capacity, derivatives }: OutputRowsParts): OutputRows {
  const { order, sizes } = shape;
  const width = sizes[sizes.length - 1];
  const blockRows = rowsOfBlock(shape, Math.min(96, capacity));
  const plan = memoryPlan();
  const rows = planRows(plan, capacity, { width: sizes[0], targets: derivatives ? width : 0, weighted: false });
  const net = planNet(plan, shape, blockRows, 0);
  const scratch = planScratch(plan, shape, {
    blockRows,
    targets: 0,
    dim: 0,
    weights: false,
    gathers: false,
    tangents: derivatives ? 1 : 0,
  });
  const job = plan.words(Object.keys(outputFields).length);
  const section = plan.words(Object.keys(sectionFields).length);
  const w = plan.floats(order.size);
  const direction = derivatives ? plan.floats(order.size) : 0;
  const gradient = derivatives ? plan.floats(order.size) : 0;
  const out = plan.floats(width * rows.yStride);
  const space = openWorkspace(where, build, plan, false);
  net.write(space);
  scratch.write(space);
  let count = 0;

  const planes = (along: number): Arrays & { readonly data: Float32Array } => {
    writeWords(space, job, outputFields, {
      ...{ net: net.address, x: rows.x, y: rows.y, yStride: rows.yStride, rows: count },
      ...{ w, direction: along, out, outStride: rows.yStride },
    });
    writeWords(space, section, sectionFields, { task: tasks.outputs, job, a: count });
    space.kernels.perform(section, scratch.address, 0);
    const data = new Float32Array(count * width);
    for (let n = 0; n < width; n++) {
      const plane = out / 4 + n * rows.yStride;
      for (let r = 0; r < count; r++) data[r * width + n] = space.floats[plane + r];
    }
    return { data, shape: [count, width] };
  };

  return {
    capacity,
    setInputs(inputs) {
      count = inputs.shape[0];
      placeRows(where, space, rows, { inputs }, inputMap);
    },
    outputs(weights) {
      pack(order, weights, space.floats, w);
      return planes(0);
    },
    times(weights, v) {
      pack(order, weights, space.floats, w);
      pack(order, v, space.floats, direction);
      return planes(direction);
    },
    transposeTimes(weights, u) {
      pack(order, weights, space.floats, w);
      for (let n = 0; n < width; n++) {
        for (let r = 0; r < count; r++) space.floats[rows.y / 4 + n * rows.yStride + r] = u[r * width + n];
      }
      writeWords(space, job, outputFields, {
        ...{ net: net.address, x: rows.x, y: rows.y, yStride: rows.yStride, rows: count },
        ...{ w, direction: 0, out: gradient, outStride: 0 },
      });
      space.kernels.pullBack(job, scratch.address);
      return unpack(order, space.floats, gradient);
    },
  };
}
