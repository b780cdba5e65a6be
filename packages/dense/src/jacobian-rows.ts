import type { Arrays } from '@subspace/core';
import type { InputMap } from './data-rows.ts';
import type { NetworkShape } from './network-structure.ts';
import { rowDerivatives } from './row-derivatives.ts';

/** Gradients of the outputs of the inputs from `start` to before `end`, by all weights: [end − start, M, D] row major. */
export function jacobianRows(
  where: string,
  shape: NetworkShape,
  inputMap: InputMap,
  weights: Float32Array,
  inputs: Arrays,
  start: number,
  end: number,
): Float32Array {
  const { entries, size } = shape.order.layout;
  const rows = rowDerivatives(where, shape, inputMap, weights);
  const width = inputs.data.length / inputs.shape[0];
  const outputs = rows.outputs.length;
  const jacobian = new Float32Array((end - start) * outputs * size);
  for (let row = start, at = 0; row < end; row++) {
    rows.forward(inputs.data.subarray(row * width, (row + 1) * width));
    for (let n = 0; n < outputs; n++, at += size) {
      const { sums, v } = rows.backward(n);
      sums.forEach((g, l) => {
        const h = rows.inputs[l];
        for (let o = 0, d = at + entries[2 * l].offset; o < g.length; o++) {
          for (let i = 0; i < h.length; i++, d++) jacobian[d] = g[o] * h[i];
        }
        jacobian.set(g, at + entries[2 * l + 1].offset);
      });
      if (v !== 0) jacobian[at + size - 1] = v;
    }
  }
  return jacobian;
}
