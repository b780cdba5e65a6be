import type { WeightLayout } from '@subspace/core';
import { argumentError, show } from '@subspace/core/internals';

/** Which weights a curvature is of: `'last'` (the layer of the last matrix), or names of layers or of single tensors. Default: all. */
export type Layers = 'last' | readonly string[];

/** Some of a network's weights, in the order of its layout. */
export interface ChosenWeights {
  readonly layout: WeightLayout;
  /** d, how many there are. */
  readonly size: number;
  /** The tensors, with where each starts among the chosen. */
  readonly tensors: readonly ChosenTensor[];
  /** Those of a flat vector [D], from the place `from` on, in float64. */
  gather(flat: ArrayLike<number>, out?: Float64Array, from?: number): Float64Array;
  /** Writes them into a flat vector [D]; other weights stay as they are. */
  scatter(chosen: ArrayLike<number>, flat: Float32Array): Float32Array;
}

export interface ChosenTensor {
  readonly name: string;
  readonly layer: string;
  readonly shape: readonly number[];
  readonly length: number;
  /** In the flat vector. */
  readonly offset: number;
  /** Among the chosen. */
  readonly start: number;
}

/** @throws at a name that no layer and no tensor has, and where nothing is chosen */
export function chosenWeights(where: string, layout: WeightLayout, layers?: Layers): ChosenWeights {
  const { entries } = layout;
  const chosen = layers === undefined ? entries : entries.filter(chooser(where, layout, layers));
  if (chosen.length === 0) throw argumentError(where, 'layers is empty, expected at least one layer');
  let size = 0;
  const tensors = chosen.map(({ name, shape, offset }): ChosenTensor => {
    const length = shape.reduce((product, axis) => product * axis, 1);
    const start = size;
    size += length;
    return { name, layer: layerOf(name), shape, length, offset, start };
  });
  return {
    layout,
    size,
    tensors,
    gather(flat, out = new Float64Array(size), from = 0) {
      for (const { start, offset, length } of tensors) {
        for (let i = 0; i < length; i++) out[start + i] = flat[from + offset + i];
      }
      return out;
    },
    scatter(values, flat) {
      for (const { start, offset, length } of tensors) {
        for (let i = 0; i < length; i++) flat[offset + i] = values[start + i];
      }
      return flat;
    },
  };
}

/** `linear0` of `linear0.weight`, `dense` of `dense/kernel`; a tensor without either is a layer of its own. */
function layerOf(name: string): string {
  const end = Math.max(name.lastIndexOf('/'), name.lastIndexOf('.'));
  return end > 0 ? name.slice(0, end) : name;
}

function chooser(where: string, { entries }: WeightLayout, layers: Layers): (entry: { name: string }) => boolean {
  if (layers === 'last') {
    const matrices = entries.filter(({ shape }) => shape.length > 1);
    const matrix = matrices[matrices.length - 1] ?? entries[entries.length - 1];
    const last = layerOf(matrix.name);
    return ({ name }) => layerOf(name) === last;
  }
  if (!Array.isArray(layers))
    throw argumentError(where, `layers is ${show(layers)}, expected 'last' or a list of names`);
  for (const layer of layers) {
    if (entries.some(({ name }) => name === layer || layerOf(name) === layer)) continue;
    const known = [...new Set(entries.map(({ name }) => layerOf(name)))].join(', ');
    throw argumentError(where, `layers has ${show(layer)}, expected names of layers or tensors: ${known}`);
  }
  return ({ name }) => layers.includes(name) || layers.includes(layerOf(name));
}
