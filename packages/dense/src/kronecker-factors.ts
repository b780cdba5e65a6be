import type { KroneckerFactors, Likelihood } from '@subspace/core';
import { breath, outputInformation } from '@subspace/core/internals';
import type { InputMap, Rows } from './data-rows.ts';
import type { NetworkShape } from './network-structure.ts';
import { rowDerivatives } from './row-derivatives.ts';

/** Second moments of each layer's inputs, and of the outputs' derivatives by its sums weighed by their Fisher information. */
export async function kroneckerFactors(
  where: string,
  shape: NetworkShape,
  inputMap: InputMap,
  likelihood: Likelihood,
  { inputs, rowWeights }: Rows,
  weights: Float32Array,
): Promise<readonly KroneckerFactors[]> {
  const rows = rowDerivatives(where, shape, inputMap, weights);
  const { sizes, order } = shape;
  const count = inputs.shape[0];
  const raw = inputs.data.length / count;
  const outputs = rows.outputs.length;
  const moments = rows.inputs.map((h) => new Float64Array(h.length * h.length));
  const curvatures = sizes.slice(1).map((size) => new Float64Array(size * size));
  // Of each output its derivatives by all layers' sums, one layer after the other.
  const starts = sizes.slice(1).map((_, l) => sizes.slice(1, l + 1).reduce((sum, size) => sum + size, 0));
  const units = sizes.slice(1).reduce((sum, size) => sum + size, 0);
  const derivatives = Array.from({ length: outputs }, () => new Float64Array(units));
  const turned = new Float64Array(units);
  const pause = breath();
  let total = 0;
  for (let row = 0; row < count; row++) {
    const weight = rowWeights?.[row] ?? 1;
    total += weight;
    rows.forward(inputs.data.subarray(row * raw, (row + 1) * raw));
    rows.inputs.forEach((h, l) => {
      addOuter(moments[l], weight, h, h);
    });
    derivatives.forEach((all, n) => {
      rows.backward(n).sums.forEach((g, l) => {
        all.set(g, starts[l]);
      });
    });
    const information = outputInformation(likelihood, rows.outputs);
    for (let a = 0; a < outputs; a++) {
      turned.fill(0);
      for (let b = 0; b < outputs; b++) {
        const factor = weight * information[a * outputs + b];
        if (factor !== 0) for (let i = 0; i < units; i++) turned[i] += factor * derivatives[b][i];
      }
      curvatures.forEach((curvature, l) => {
        const [from, to] = [starts[l], starts[l] + sizes[l + 1]];
        addOuter(curvature, 1, derivatives[a].subarray(from, to), turned.subarray(from, to));
      });
    }
    if (pause.due()) await pause.rest();
  }
  return moments.map((moment, l) => ({
    weight: order.layout.entries[2 * l].name,
    bias: order.layout.entries[2 * l + 1].name,
    order: 'out-in',
    inputs: mirrored(moment).map((sum) => sum / (total || 1)),
    outputs: mirrored(curvatures[l]),
  }));
}

/** The lower triangle of matrix += factor·a·bᵀ, of sums that are symmetric. */
function addOuter(matrix: Float64Array, factor: number, a: Float64Array, b: Float64Array): void {
  const n = a.length;
  for (let i = 0; i < n; i++) {
    const x = factor * a[i];
    if (x === 0) continue;
    for (let j = 0, at = i * n; j <= i; j++, at++) matrix[at] += x * b[j];
  }
}

function mirrored(matrix: Float64Array): Float64Array {
  const n = Math.round(Math.sqrt(matrix.length));
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) matrix[j * n + i] = matrix[i * n + j];
  return matrix;
}
