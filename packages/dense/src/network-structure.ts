import type { Likelihood } from '@subspace/core';
import {
  activations,
  heads,
  layerFields,
  likelihoods,
  netFields,
  scratchFields,
  TILE_ROWS,
} from './kernels/memory-map.ts';
import { type MemoryPlan, type Workspace, writeFloats, writeWords } from './kernels/workspace.ts';
import { padded, type WeightOrder } from './weight-order.ts';

export type Activation = 'identity' | 'relu' | 'tanh' | 'gelu' | 'silu';
export type Head = 'identity' | 'heteroscedastic';

/** A network of dense layers, as its kernels see it. */
export interface NetworkShape {
  /** Units of all layers, (mapped) inputs first. */
  readonly sizes: readonly number[];
  readonly activation: Activation;
  readonly head: Head;
  readonly globalVariance: 'trainable' | number;
  readonly order: WeightOrder;
}

/** Multiply-adds of one row forward. */
export function operationsPerRow({ sizes }: NetworkShape): number {
  return sizes.slice(1).reduce((sum, out, l) => sum + out * sizes[l], 0);
}

/**
 * Most rows that go through all layers together: few enough that their activations stay in the second-level cache, enough that a gradient as large as
 * the weights is not added to all the time. Whole tiles.
 */
export function rowsOfBlock({ order }: NetworkShape, atMost: number): number {
  const floatsPerRow = order.layers.reduce((sum, { ld }) => sum + 2 * ld, 0);
  const rows = Math.max(96, Math.min(480, Math.floor(2 ** 18 / floatsPerRow)));
  return wholeTiles(Math.max(1, Math.min(atMost, rows)));
}

/** So many rows, rounded up to whole tiles. */
export function wholeTiles(rows: number): number {
  return Math.ceil(rows / TILE_ROWS) * TILE_ROWS;
}

/** Output planes leave room for a vector of four rows beyond the last. */
function planeStride(blockRows: number): number {
  return padded(blockRows) + 8;
}

/** Plans the structure of a network; the function that comes back writes it. */
export function planNet(
  plan: MemoryPlan,
  { sizes, activation, head, globalVariance, order }: NetworkShape,
  blockRows: number,
  targets: number,
  likelihood?: Likelihood,
): { readonly address: number; write(space: Workspace): void } {
  const layerWords = Object.keys(layerFields).length;
  const address = plan.words(netFields.layer + layerWords * order.layers.length);
  return {
    address,
    write(space) {
      const kind = likelihood && likelihood.kind !== 'custom' ? likelihood.kind : 'none';
      writeWords(space, address, netFields, {
        layers: order.layers.length,
        activation: activations.indexOf(activation),
        head: heads.indexOf(head),
        likelihood: likelihoods.indexOf(kind),
        inputs: sizes[0],
        ldx: padded(sizes[0]),
        outputs: sizes[sizes.length - 1],
        targets,
        size: order.size,
        v: order.v,
        planeStride: planeStride(blockRows),
      });
      writeFloats(space, address, netFields, {
        fixedV: typeof globalVariance === 'number' ? globalVariance : 0,
        variance: likelihood?.kind === 'gaussian' ? likelihood.variance : 1,
      });
      order.layers.forEach(({ in: inputs, out, weights, bias, ld, transposed }, l) => {
        const layer = address + 4 * (netFields.layer + layerWords * l);
        writeWords(space, layer, layerFields, { in: inputs, out, weights, bias, ld, transposed });
      });
    },
  };
}

export interface ScratchOptions {
  readonly blockRows: number;
  readonly targets: number;
  /** Coordinates of a subspace; 0 where there is none. */
  readonly dim: number;
  /** Whether weights and gradients are formed in scratch. */
  readonly weights: boolean;
  /** Whether rows are gathered into scratch. */
  readonly gathers: boolean;
  /** How many planes of outputs tangents need. */
  readonly tangents: number;
}

/** Plans one thread's working memory; the function that comes back writes its addresses. */
export function planScratch(
  plan: MemoryPlan,
  { sizes, activation, order }: NetworkShape,
  { blockRows, targets, dim, weights, gathers, tangents }: ScratchOptions,
): { readonly address: number; write(space: Workspace): void } {
  const hidden = order.layers.slice(0, -1);
  const stride = planeStride(blockRows);
  const rows = blockRows + 8;
  const ldx = padded(sizes[0]);
  const widest = Math.max(ldx, ...hidden.map(({ ld }) => ld));
  const planes = sizes[sizes.length - 1] * stride;
  // Of a subspace's gradient in tiles: of each weight of the output layer, four parts.
  const partsOfTiles = dim > 0 && hidden.length === 1 ? 4 * sizes[2] * sizes[1] : 0;
  const slopes = activation !== 'identity' && activation !== 'relu';
  const address = plan.words(scratchFields.layer + 2 * hidden.length);
  const addresses = {
    sums: plan.doubles(4),
    gradient: plan.doubles(Math.max(1, dim)),
    w: weights ? plan.floats(order.size) : 0,
    g: weights ? plan.floats(order.size) : 0,
    t: plan.floats(Math.max(1, order.transposedSize)),
    x: gathers ? plan.floats(rows * ldx) : 0,
    y: gathers ? plan.floats(targets * stride) : 0,
    rowWeights: gathers ? plan.floats(stride) : 0,
    // Where a product copies: up to 120 columns of up to 320 rows at a time into tiles (gemm.h).
    panels: widest > 128 ? plan.floats(rows * widest) : 0,
    tiles: widest > 128 ? plan.floats(120 * Math.min(rows, 320)) : 0,
    o: plan.floats(planes),
    dO: plan.floats(planes),
    slope: plan.floats(planes),
    d0: plan.floats(rows * widest),
    d1: plan.floats(Math.max(rows * widest, partsOfTiles)),
    tangents: tangents > 0 ? plan.floats(tangents * planes) : 0,
    rows: plan.floats(stride),
  };
  const ofLayers = hidden.flatMap(({ ld }) => [plan.floats(rows * ld), slopes ? plan.floats(rows * ld) : 0]);
  return {
    address,
    write(space) {
      writeWords(space, address, scratchFields, {
        blockRows,
        generation: -1,
        point: -1,
        transposedAt: -1,
        ...addresses,
      });
      space.words.set(ofLayers, address / 4 + scratchFields.layer);
    },
  };
}
