import { type WeightLayout, weightLayout } from '@subspace/core';

/** One dense layer in a weight vector of the kernels. */
export interface LayerPlace {
  readonly in: number;
  readonly out: number;
  /** Where weights and bias start, in floats. */
  readonly weights: number;
  readonly bias: number;
  /** Row length of the layer's activations; of the output layer, of its inputs. */
  readonly ld: number;
  /** Where the layer's transpose starts in scratch memory. */
  readonly transposed: number;
}

/**
 * The same weights in two orders: flat as PyTorch has them (per layer weight [out, in] row major, then bias; v last), and as the kernels want them
 * (`kernels/abi.h`).
 */
export interface WeightOrder {
  readonly layout: WeightLayout;
  readonly layers: readonly LayerPlace[];
  /** Where v is in the kernels' order; −1 without one. */
  readonly v: number;
  /** Floats of a vector in the kernels' order: padded to a multiple of 16. */
  readonly size: number;
  /** Floats of all transposes. */
  readonly transposedSize: number;
  /** [D] Where each flat weight is in the kernels' order. */
  readonly places: Int32Array;
}

export function padded(length: number): number {
  return (length + 7) & ~7;
}

/** @param sizes of all layers, inputs first; `v`: whether a trainable global variance comes last */
export function weightOrder(sizes: readonly number[], v: boolean): WeightOrder {
  const last = sizes.length - 2;
  const tensors = sizes.slice(1).flatMap((out, l) => [
    { name: `linear${l}.weight`, shape: [out, sizes[l]] },
    { name: `linear${l}.bias`, shape: [out] },
  ]);
  const layout = weightLayout(v ? [...tensors, { name: 'v', shape: [1] }] : tensors);
  const places = new Int32Array(layout.size);
  let size = 0;
  let transposedSize = 0;
  let flat = 0;
  const layers = sizes.slice(1).map((out, l): LayerPlace => {
    const inputs = sizes[l];
    const isLast = l === last;
    const ld = isLast ? padded(inputs) : padded(out);
    const weights = size;
    const bias = weights + (isLast ? out * ld : ld * inputs);
    size = bias + padded(out);
    for (let o = 0; o < out; o++) {
      for (let i = 0; i < inputs; i++) {
        places[flat++] = weights + (isLast ? o * ld + i : ((o >> 3) * inputs + i) * 8 + (o & 7));
      }
    }
    for (let o = 0; o < out; o++) places[flat++] = bias + o;
    const transposed = transposedSize;
    if (l > 0 && !isLast) transposedSize += padded(inputs) * padded(out);
    return { in: inputs, out, weights, bias, ld, transposed };
  });
  const place = v ? size : -1;
  if (v) places[flat] = size++;
  return { layout, layers, v: place, size: Math.ceil(size / 16) * 16, transposedSize, places };
}

/** Writes flat weights into the kernels' order. */
export function pack({ places }: WeightOrder, flat: Float32Array, floats: Float32Array, address: number): void {
  const start = address / 4;
  for (let i = 0; i < places.length; i++) floats[start + places[i]] = flat[i];
}

/** Reads flat weights out of the kernels' order. */
export function unpack(
  { places }: WeightOrder,
  floats: Float32Array,
  address: number,
  out: Float32Array = new Float32Array(places.length),
): Float32Array {
  const start = address / 4;
  for (let i = 0; i < places.length; i++) out[i] = floats[start + places[i]];
  return out;
}
