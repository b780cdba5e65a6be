import type { Likelihood } from '@subspace/core';
import { type InputMap, placeRows, planRows, type Rows } from './data-rows.ts';
import type { KernelBuild } from './kernels/kernel-build.ts';
import { sectionFields, tasks, trainFields } from './kernels/memory-map.ts';
import { memoryPlan, openWorkspace, writeWords } from './kernels/workspace.ts';
import { type NetworkShape, planNet, planScratch, rowsOfBlock } from './network-structure.ts';
import { pack, unpack } from './weight-order.ts';

export interface LossParts {
  readonly where: string;
  readonly shape: NetworkShape;
  readonly inputMap: InputMap;
  readonly build: KernelBuild;
  readonly likelihood: Likelihood;
  readonly targets: number;
}

/**
 * Σ −log p and its gradient, at any flat weights: a training step without the step.
 *
 * @param rows that are held; each call takes all of them, or some by their numbers, as often as they come
 */
export function lossEvaluator(
  { where, shape, inputMap, build, likelihood, targets }: LossParts,
  rows: Rows,
): (weights: Float32Array, out: Float32Array, some?: Int32Array) => { loss: number; gradient: Float32Array } {
  const { order, sizes } = shape;
  const count = rows.inputs.shape[0];
  const blockRows = rowsOfBlock(shape, count);
  const plan = memoryPlan();
  const placed = planRows(plan, count, { width: sizes[0], targets, weighted: rows.rowWeights !== undefined });
  const net = planNet(plan, shape, blockRows, targets, likelihood);
  const scratch = planScratch(plan, shape, {
    ...{ blockRows, targets, dim: 0, weights: false, gathers: true, tangents: 0 },
  });
  const job = plan.words(Object.keys(trainFields).length);
  const section = plan.words(Object.keys(sectionFields).length);
  const w = plan.floats(order.size);
  const gradients = plan.floats(order.size);
  const losses = plan.doubles(1);
  const orderPlace = plan.words(count);
  const space = openWorkspace(where, build, plan, false);
  net.write(space);
  scratch.write(space);
  placeRows(where, space, placed, rows, inputMap, likelihood, sizes[sizes.length - 1]);
  const { x, y, yStride, rowWeights } = placed;
  writeWords(space, job, trainFields, {
    ...{ net: net.address, x, y, yStride, rowWeights, rows: count, order: orderPlace },
    ...{ mostShards: 1, points: 1, w, point: w, gradients, losses },
  });
  writeWords(space, section, sectionFields, { task: tasks.shardGradient, job, a: 0 });

  const all = Int32Array.from({ length: count }, (_, row) => row);
  return (weights, out, some = all) => {
    const taken = some.length;
    space.words.set(some, orderPlace / 4);
    writeWords(space, job, trainFields, { count: taken, batch: taken, rowsOfShard: taken });
    pack(order, weights, space.floats, w);
    space.words[job / 4 + trainFields.step]++;
    space.kernels.perform(section, scratch.address, 0);
    // The kernels' loss is a mean over the rows of a step.
    unpack(order, space.floats, gradients, out);
    for (let i = 0; i < out.length; i++) out[i] *= taken;
    return { loss: space.doubles[losses / 8], gradient: out };
  };
}
