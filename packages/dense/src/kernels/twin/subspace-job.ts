import { modes, scratchFields, subspaceFields, TILE_ROWS } from '../memory-map.ts';
import { logDensities, timesInformation } from './likelihood.ts';
import { addLinearGradient, linearSums, placeLinear } from './linear.ts';
import { backward, forward, tangent, transposeLayers } from './passes.ts';
import { combine, dot, fillRows, multiply } from './product.ts';
import { blockOf, type Data, type Net, readData, readNet, type Scratch, type Views } from './structures.ts';
import { backwardTiles, forwardTiles, intoTiles, tilesOf } from './tiles.ts';

/** The log likelihood of points z of a subspace, weights ŵ + Σₖ zₖ·basis[k]. */
export interface SubspaceJob {
  readonly net: Net;
  readonly data: Data;
  readonly generation: number;
  readonly shift: number;
  readonly basis: number;
  readonly dim: number;
  readonly z: number;
  /** The first layer's sums of the shift and of each basis row; or 0. */
  readonly linear: number;
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
  const tiled = inTiles(job);
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
    const block = blockOf(scratch, end - start, tiled ? TILE_ROWS : 4);
    const place = point * job.shards + shard;
    const gradient = job.gradients + place * dim;
    let value = 0;
    if (gradients) doubles.fill(0, gradient, gradient + dim);
    for (let row = start; row < end; row += block) {
      const rows = Math.min(block, end - row);
      const x = data.x + row * net.ldx;
      const sums = linear && linearCount(job, rows);
      const at = linear && linear + (dim + 1) * linearCount(job, row);
      if (linear) linearSums(f, sums, dim, at, job.z + point * dim, scratch.activations[0]);
      if (tiled) forwardTiles(f, net, scratch, w, rows);
      else forward(f, net, scratch, w, x, rows, gradients, linear !== 0);
      const weights = data.rowWeights && data.rowWeights + row;
      logDensities(f, words, net, scratch, rows, data.y + row, data.yStride, weights, gradients ? 1 : 0);
      for (let r = 0; r < rows; r++) value += f[scratch.rows + r];
      if (mode === modes.rowValues)
        for (let r = 0; r < rows; r++) doubles[job.rowValues + row + r] = f[scratch.rows + r];
      if (!gradients) continue;
      const d = tiled
        ? backwardTiles(f, net, scratch, w, rows, scratch.g, row > start)
        : backward(f, net, scratch, w, x, rows, scratch.g, row > start, linear !== 0);
      if (linear) addLinearGradient(f, doubles, sums, dim, at, d, gradient);
    }
    doubles[job.values + place] = value;
    for (let k = 0; gradients && k < dim; k++) {
      doubles[gradient + k] += dot(f, net.size - from, scratch.g + from, basis + k * net.size + from);
    }
  }
}

/** Rows of the first layer's sums at the shift (k = 0) or along basis row k − 1. */
export function precompute(
  { floats: f }: Views,
  job: SubspaceJob,
  scratch: Scratch,
  k: number,
  row: number,
  rows: number,
): void {
  const { net, data } = job;
  const layer = net.hidden[0];
  const w = k ? job.basis + (k - 1) * net.size : job.shift;
  const { d0: sums, d1: tiles } = scratch;
  fillRows(f, rows, layer.ld, w + layer.bias, sums);
  const x = data.x + row * net.ldx;
  multiply(f, rows, layer.out, layer.in, x, net.ldx, w + layer.weights, 8 * layer.in, sums, layer.ld);
  const tiled = inTiles(job);
  if (tiled) intoTiles(f, rows, layer.out, sums, layer.ld, tiles);
  const at = job.linear + (job.dim + 1) * linearCount(job, row);
  placeLinear(f, linearCount(job, rows), job.dim, k, tiled ? tiles : sums, at);
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
  const block = blockOf(scratch, end - start, 4);
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

/** Whether the first layer's sums, linear in z, are in tiles. */
function inTiles({ linear, net }: SubspaceJob): boolean {
  return linear !== 0 && net.hidden.length === 1;
}

/** How many of the first layer's sums there are in so many rows. */
function linearCount(job: SubspaceJob, rows: number): number {
  const [layer] = job.net.hidden;
  return inTiles(job) ? TILE_ROWS * tilesOf(rows) * layer.out : rows * layer.ld;
}

/** Where the weights after the first layer start. */
function secondLayer({ hidden, last }: Net): number {
  return (hidden[1] ?? last).weights;
}
