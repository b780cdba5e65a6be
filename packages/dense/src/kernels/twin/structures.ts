import type { LayerPlace } from '../../weight-order.ts';
import { activations, heads, layerFields, likelihoods, netFields, scratchFields } from '../memory-map.ts';

/**
 * The structures of `kernels/abi.h`, read from memory. Byte addresses become indices of the view that their numbers are in; 0 stays 0: nothing there.
 */

/** One memory as 32-bit words, single and double precision numbers. */
export interface Views {
  readonly words: Int32Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
}

export interface Net {
  readonly hidden: readonly LayerPlace[];
  readonly last: LayerPlace;
  readonly activation: (typeof activations)[number];
  readonly head: (typeof heads)[number];
  readonly likelihood: (typeof likelihoods)[number];
  readonly ldx: number;
  readonly outputs: number;
  readonly targets: number;
  readonly size: number;
  /** Where v is in a weight vector; −1 if it is fixed. */
  readonly v: number;
  readonly fixedV: number;
  readonly variance: number;
  readonly planeStride: number;
}

export interface Scratch {
  /** Index of the structure itself: whose weights are in `w` and `t` changes. */
  readonly at: number;
  readonly blockRows: number;
  readonly w: number;
  readonly g: number;
  readonly t: number;
  readonly x: number;
  readonly y: number;
  readonly rowWeights: number;
  readonly o: number;
  readonly dO: number;
  readonly slope: number;
  readonly d0: number;
  readonly d1: number;
  readonly tangents: number;
  readonly rows: number;
  /** Of each hidden layer. */
  readonly activations: readonly number[];
  readonly slopes: readonly number[];
}

/** Rows of data. */
export interface Data {
  readonly x: number;
  readonly y: number;
  readonly yStride: number;
  readonly rowWeights: number;
  readonly rows: number;
}

export function readNet({ words, floats }: Views, address: number): Net {
  const at = address >>> 2;
  const layerLength = Object.keys(layerFields).length;
  const layers = Array.from({ length: words[at + netFields.layers] }, (_, l): LayerPlace => {
    const layer = at + netFields.layer + l * layerLength;
    return {
      in: words[layer + layerFields.in],
      out: words[layer + layerFields.out],
      weights: words[layer + layerFields.weights],
      bias: words[layer + layerFields.bias],
      ld: words[layer + layerFields.ld],
      transposed: words[layer + layerFields.transposed],
    };
  });
  return {
    hidden: layers.slice(0, -1),
    last: layers[layers.length - 1],
    activation: activations[words[at + netFields.activation]],
    head: heads[words[at + netFields.head]],
    likelihood: likelihoods[words[at + netFields.likelihood]],
    ldx: words[at + netFields.ldx],
    outputs: words[at + netFields.outputs],
    targets: words[at + netFields.targets],
    size: words[at + netFields.size],
    v: words[at + netFields.v],
    fixedV: floats[at + netFields.fixedV],
    variance: floats[at + netFields.variance],
    planeStride: words[at + netFields.planeStride],
  };
}

export function readScratch({ words }: Views, address: number, net: Net): Scratch {
  const at = address >>> 2;
  const floatsAt = (field: number) => words[at + field] >>> 2;
  const layers = net.hidden.map((_, l) => scratchFields.layer + 2 * l);
  return {
    at,
    blockRows: words[at + scratchFields.blockRows],
    w: floatsAt(scratchFields.w),
    g: floatsAt(scratchFields.g),
    t: floatsAt(scratchFields.t),
    x: floatsAt(scratchFields.x),
    y: floatsAt(scratchFields.y),
    rowWeights: floatsAt(scratchFields.rowWeights),
    o: floatsAt(scratchFields.o),
    dO: floatsAt(scratchFields.dO),
    slope: floatsAt(scratchFields.slope),
    d0: floatsAt(scratchFields.d0),
    d1: floatsAt(scratchFields.d1),
    tangents: floatsAt(scratchFields.tangents),
    rows: floatsAt(scratchFields.rows),
    activations: layers.map((field) => floatsAt(field)),
    slopes: layers.map((field) => floatsAt(field + 1)),
  };
}

/** The fields of rows of data are the same words in every job. */
export function readData(
  { words }: Views,
  at: number,
  fields: Readonly<Record<'x' | 'y' | 'yStride' | 'rowWeights' | 'rows', number>>,
): Data {
  return {
    x: words[at + fields.x] >>> 2,
    y: words[at + fields.y] >>> 2,
    yStride: words[at + fields.yStride],
    rowWeights: words[at + fields.rowWeights] >>> 2,
    rows: words[at + fields.rows],
  };
}

/** Rows of a block: so many rows in equal parts of at most `blockRows`, multiples of 4 or of a tile. */
export function blockOf({ blockRows }: Scratch, rows: number, multiple: number): number {
  return Math.ceil(rows / Math.ceil(rows / blockRows) / multiple) * multiple;
}
