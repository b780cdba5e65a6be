import { outputFields, scratchFields } from '../memory-map.ts';
import { backward, forward, tangent, transposeLayers } from './passes.ts';
import { type Data, type Net, readData, readNet, type Scratch, type Views } from './structures.ts';

/** Outputs, and Jacobian products, at given weights. */
export interface OutputJob {
  readonly net: Net;
  readonly data: Data;
  readonly w: number;
  readonly direction: number;
  readonly out: number;
  readonly outStride: number;
}

/** Outputs of rows into planes; with a direction, their derivatives along it. */
export function outputsOf({ floats: f }: Views, job: OutputJob, scratch: Scratch, row: number, rows: number): void {
  const { net, data, w, direction, out, outStride } = job;
  for (let start = row, end = row + rows; start < end; start += scratch.blockRows) {
    const block = Math.min(scratch.blockRows, end - start);
    const x = data.x + start * net.ldx;
    forward(f, net, scratch, w, x, block, direction !== 0, false);
    if (direction) tangent(f, net, scratch, w, direction, x, block, scratch.tangents);
    const planes = direction ? scratch.tangents : scratch.o;
    for (let n = 0; n < net.outputs; n++) {
      const from = planes + n * net.planeStride;
      f.copyWithin(out + n * outStride + start, from, from + block);
    }
  }
}

/** Jᵀ·u of all rows, u in the planes of the targets. */
export function pullBack({ words, floats: f }: Views, job: OutputJob, scratch: Scratch): void {
  const { net, data, w, out } = job;
  transposeLayers(f, net, scratch, w);
  for (const field of ['transposedAt', 'point', 'generation'] as const) words[scratch.at + scratchFields[field]] = -1;
  for (let start = 0; start < data.rows; start += scratch.blockRows) {
    const rows = Math.min(scratch.blockRows, data.rows - start);
    const x = data.x + start * net.ldx;
    forward(f, net, scratch, w, x, rows, true, false);
    for (let n = 0; n < net.outputs; n++) {
      const from = data.y + n * data.yStride + start;
      f.copyWithin(scratch.dO + n * net.planeStride, from, from + rows);
    }
    backward(f, net, scratch, w, x, rows, out, start > 0, false);
  }
}

export function readOutputJob(views: Views, address: number): OutputJob {
  const { words } = views;
  const at = address >>> 2;
  return {
    net: readNet(views, words[at + outputFields.net]),
    data: readData(views, at, outputFields),
    w: words[at + outputFields.w] >>> 2,
    direction: words[at + outputFields.direction] >>> 2,
    out: words[at + outputFields.out] >>> 2,
    outStride: words[at + outputFields.outStride],
  };
}
