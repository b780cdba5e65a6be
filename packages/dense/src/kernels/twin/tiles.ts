import { TILE_ROWS } from '../memory-map.ts';
import { activate, hasSlopes, timesSlope } from './activation.ts';
import { applyHead, headDerivatives } from './likelihood.ts';
import { addProduct } from './product.ts';
import type { Net, Scratch } from './structures.ts';

/**
 * Forward and backward of a network with one hidden layer whose sums are linear in z: rows lie in tiles of sixteen, unit after unit. Rows of a block
 * from `rows` to the end of its last tile are there, and count for nothing.
 */

export function tilesOf(rows: number): number {
  return Math.ceil(rows / TILE_ROWS);
}

/** Sums [rows, ld] → tiles. */
export function intoTiles(f: Float32Array, rows: number, units: number, sums: number, ld: number, tiles: number): void {
  for (let t = 0, to = tiles; t < tilesOf(rows); t++) {
    for (let j = 0; j < units; j++) {
      for (let r = TILE_ROWS * t; r < TILE_ROWS * (t + 1); r++) f[to++] = r < rows ? f[sums + r * ld + j] : 0;
    }
  }
}

/** Outputs of rows, into the planes `scratch.o`. The hidden layer's sums are in its activations already. */
export function forwardTiles(f: Float32Array, net: Net, scratch: Scratch, w: number, rows: number): void {
  const { last, outputs, planeStride } = net;
  const units = last.in;
  const tiles = tilesOf(rows);
  const [h] = scratch.activations;
  activate(f, net, tiles * TILE_ROWS * units, h, hasSlopes(net) ? scratch.slopes[0] : 0);
  for (let k = 0; k < outputs; k++) {
    const plane = scratch.o + k * planeStride;
    f.fill(f[w + last.bias + k], plane, plane + tiles * TILE_ROWS);
  }
  for (let t = 0; t < tiles; t++) {
    const tile = h + t * TILE_ROWS * units;
    const o = scratch.o + t * TILE_ROWS;
    addProduct(f, outputs, TILE_ROWS, units, w + last.weights, last.ld, 1, tile, 8, TILE_ROWS, o, 8, planeStride);
  }
  applyHead(f, net, scratch, rows, w);
}

/**
 * Gradient of the output layer of a block that went forward, and of v: into g, or added to it.
 *
 * @returns where the derivatives by the hidden sums are, in tiles
 */
export function backwardTiles(
  f: Float32Array,
  net: Net,
  scratch: Scratch,
  w: number,
  rows: number,
  g: number,
  accumulate: boolean,
): number {
  const { last, outputs, planeStride } = net;
  const units = last.in;
  const tiles = tilesOf(rows);
  const [h] = scratch.activations;
  const { d0: d, dO } = scratch;
  if (!accumulate) f.fill(0, g + last.weights, g + net.size);
  const v = headDerivatives(f, net, scratch, rows, w);
  if (net.v >= 0) f[g + net.v] += v;
  f.fill(0, d, d + tiles * TILE_ROWS * units);
  for (let n = 0; n < outputs; n++) {
    const plane = dO + n * planeStride;
    f.fill(0, plane + rows, plane + tiles * TILE_ROWS);
    let bias = f[g + last.bias + n];
    for (let r = 0; r < rows; r++) bias += f[plane + r];
    f[g + last.bias + n] = bias;
    for (let j = 0; j < units; j++) {
      const weight = f[w + last.weights + n * last.ld + j];
      let sum = f[g + last.weights + n * last.ld + j];
      for (let t = 0; t < tiles; t++) {
        const at = (t * units + j) * TILE_ROWS;
        for (let r = 0; r < TILE_ROWS; r++) {
          const o = f[plane + t * TILE_ROWS + r];
          sum += o * f[h + at + r];
          f[d + at + r] += weight * o;
        }
      }
      f[g + last.weights + n * last.ld + j] = sum;
    }
  }
  timesSlope(f, net, tiles * TILE_ROWS * units, d, h, scratch.slopes[0]);
  return d;
}
