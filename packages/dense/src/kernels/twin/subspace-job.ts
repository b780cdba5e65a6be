import { modes, scratchFields, subspaceFields } from '../memory-map.ts';
import { logDensities, timesInformation } from './likelihood.ts';
import { backward, forward, tangent, transposeLayers } from './passes.ts';
import { combine, dot, fillRows, multiply } from './product.ts';
import { blockOf, type Data, type Net, readData, readNet, type Scratch, type Views } from './structures.ts';

/** The log likelihood of points z of a subspace, weights ŵ + Σₖ zₖ·basis[k]. */
export interface SubspaceJob {
  readonly net: Net;
  readonly data: Data;
  readonly generation: number;
  readonly shift: number;
  readonly basis: number;
  readonly dim: number;
  readonly z: number;
  /** The first layer's sums of shift and of each basis row; or 0. */
  readonly linear: number;
  readonly linearStride: number;
  readonly shards: number;
  readonly shardRows: number;
  readonly values: number;
  readonly gradients: number;
  readonly rowValues: number;
  readonly curvature: number;
}

/** The log likelihood of one point over the rows of some shards: values, gradients in z, or the log density of each row. */
export function evaluate(
  views: Views,
  job: SubspaceJob,
  scratch: Scratch,
  point: number,
  firstShard: number,
  lastShard: number,
  mode: number,
): void {
  const { words, floats: f, doubles } = views;
  const { net, data, dim, basis, linear } = job;
  const gradients = mode === modes.gradients;
  const from = linear ? secondLayer(net) : 0;
  const w = pointWeights(views, job, scratch, point, from);
  if (gradients && words[scratch.at + scratchFields.transposedAt] !== point) {
    transposeLayers(f, net, scratch, w);
    words[scratch.at + scratchFields.transposedAt] = point;
  }
  for (let shard = firstShard; shard < lastShard; shard++) {
    const start = shard * job.shardRows;
    const end = Math.min(data.rows, start + job.shardRows);
    const block = blockOf(scratch, end - start);
    const place = point * job.shards + shard;
    const gradient = job.gradients + place * dim;
    let value = 0;
    if (gradients) doubles.fill(0, gradient, gradient + dim);
    for (let row = start; row < end; row += block) {
      const rows = Math.min(block, end - row);
      const x = data.x + row * net.ldx;
      if (linear) {
        const { ld } = net.hidden[0];
        const sums = linear + row * ld;
        const z = job.z + point * dim;
        combine(f, rows * ld, dim, sums, sums + job.linearStride, job.linearStride, z, scratch.activations[0]);
      }
      forward(f, net, scratch, w, x, rows, gradients, linear !== 0);
      const weights = data.rowWeights && data.rowWeights + row;
      logDensities(f, words, net, scratch, rows, data.y + row, data.yStride, weights, gradients ? 1 : 0);
      for (let r = 0; r < rows; r++) value += f[scratch.rows + r];
      if (mode === modes.rowValues)
        for (let r = 0; r < rows; r++) doubles[job.rowValues + row + r] = f[scratch.rows + r];
      if (!gradients) continue;
      const d = backward(f, net, scratch, w, x, rows, scratch.g, row > start, linear !== 0);
      if (!linear) continue;
      const { ld } = net.hidden[0];
      for (let k = 0; k < dim; k++) {
        doubles[gradient + k] += dot(f, rows * ld, d, linear + (k + 1) * job.linearStride + row * ld);
      }
    }
    doubles[job.values + place] = value;
    for (let k = 0; gradients && k < dim; k++) {
      doubles[gradient + k] += dot(f, net.size - from, scratch.g + from, basis + k * net.size + from);
    }
  }
}

/** Rows of the first layer's sums at the shift (k = 0) or along basis row k − 1. */
export function precompute({ floats: f }: Views, job: SubspaceJob, k: number, row: number, rows: number): void {
  const { net, data } = job;
  const layer = net.hidden[0];
  const w = k ? job.basis + (k - 1) * net.size : job.shift;
  const sums = job.linear + k * job.linearStride + row * layer.ld;
  fillRows(f, rows, layer.ld, w + layer.bias, sums);
  const x = data.x + row * net.ldx;
  multiply(f, rows, layer.out, layer.in, x, net.ldx, w + layer.weights, 8 * layer.in, sums, layer.ld);
}

/** One shard's part of the Gauss–Newton matrix JᵀHJ in z, H the Fisher information of the outputs. */
export function gaussNewton(views: Views, job: SubspaceJob, scratch: Scratch, point: number, shard: number): void {
  const { floats: f, doubles } = views;
  const { net, data, dim } = job;
  const w = pointWeights(views, job, scratch, point, 0);
  const matrix = job.curvature + shard * dim * dim;
  doubles.fill(0, matrix, matrix + dim * dim);
  const planes = net.outputs * net.planeStride;
  const start = shard * job.shardRows;
  const end = Math.min(data.rows, start + job.shardRows);
  const block = blockOf(scratch, end - start);
  for (let row = start; row < end; row += block) {
    const rows = Math.min(block, end - row);
    const x = data.x + row * net.ldx;
    const weights = data.rowWeights && data.rowWeights + row;
    forward(f, net, scratch, w, x, rows, true, false);
    for (let k = 0; k < dim; k++) {
      tangent(f, net, scratch, w, job.basis + k * net.size, x, rows, scratch.tangents + k * planes);
    }
    for (let k = 0; k < dim; k++) {
      timesInformation(f, net, scratch, rows, weights, scratch.tangents + k * planes);
      for (let l = 0; l <= k; l++) {
        for (let n = 0; n < net.outputs; n++) {
          const plane = n * net.planeStride;
          doubles[matrix + k * dim + l] += dot(f, rows, scratch.dO + plane, scratch.tangents + l * planes + plane);
        }
      }
    }
  }
  for (let k = 0; k < dim; k++) {
    for (let l = 0; l < k; l++) doubles[matrix + l * dim + k] = doubles[matrix + k * dim + l];
  }
}

export function readSubspaceJob(views: Views, address: number): SubspaceJob {
  const { words } = views;
  const at = address >>> 2;
  return {
    net: readNet(views, words[at + subspaceFields.net]),
    data: readData(views, at, subspaceFields),
    generation: words[at + subspaceFields.generation],
    shift: words[at + subspaceFields.shift] >>> 2,
    basis: words[at + subspaceFields.basis] >>> 2,
    dim: words[at + subspaceFields.dim],
    z: words[at + subspaceFields.z] >>> 2,
    linear: words[at + subspaceFields.linear] >>> 2,
    linearStride: words[at + subspaceFields.linearStride],
    shards: words[at + subspaceFields.shards],
    shardRows: words[at + subspaceFields.shardRows],
    values: words[at + subspaceFields.values] >>> 3,
    gradients: words[at + subspaceFields.gradients] >>> 3,
    rowValues: words[at + subspaceFields.rowValues] >>> 3,
    curvature: words[at + subspaceFields.curvature] >>> 3,
  };
}

/** Where the weights of a point are, formed from `from` on if they are not there. */
function pointWeights(
  { words, floats: f }: Views,
  job: SubspaceJob,
  scratch: Scratch,
  point: number,
  from: number,
): number {
  const { generation: formed, point: of, transposedAt } = scratchFields;
  if (words[scratch.at + formed] !== job.generation || words[scratch.at + of] !== point) {
    const { net, dim, shift, basis } = job;
    combine(f, net.size - from, dim, shift + from, basis + from, net.size, job.z + point * dim, scratch.w + from);
    words[scratch.at + formed] = job.generation;
    words[scratch.at + of] = point;
    words[scratch.at + transposedAt] = -1;
  }
  return scratch.w;
}

/** Where the weights after the first layer start. */
function secondLayer({ hidden, last }: Net): number {
  return (hidden[1] ?? last).weights;
}
