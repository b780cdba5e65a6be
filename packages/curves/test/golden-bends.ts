import { type WeightLayout, weightLayout } from '@subspace/core';
import { formulaValue } from '@subspace-internal/testing';

/** The network of the goldens `curves-*` but `curves-batchnorm`: 4 inputs, hidden layers of 7 and 5, 3 outputs, in PyTorch's order. */
export const goldenLayout: WeightLayout = weightLayout([
  { name: 'linear0.weight', shape: [7, 4] },
  { name: 'linear0.bias', shape: [7] },
  { name: 'linear1.weight', shape: [5, 7] },
  { name: 'linear1.bias', shape: [5] },
  { name: 'output.weight', shape: [3, 5] },
  { name: 'output.bias', shape: [3] },
]);

/** The first `count` bends, ends included, by the goldens' formula. */
export function goldenBends(count: number, seed = 7): Float32Array[] {
  return Array.from({ length: count }, (_, bend) => {
    const values = goldenLayout.entries.flatMap(({ shape }, position) => {
      const std = shape.length === 2 ? Math.sqrt(2 / shape[1]) : 0.05;
      const length = shape.reduce((product, n) => product * n, 1);
      return Array.from({ length }, (_, i) => formulaValue(i, seed * 1000 + 100 * bend + position, std));
    });
    return Float32Array.from(values);
  });
}
