import type { Dataset, Likelihood } from '@subspace/core';
import type { DenseNetworkOptions } from '@subspace/dense';
import { outputsAlong } from './reference-network.ts';

/** Outputs and log densities of whole data sets by the float64 reference, and derivatives by differences of them. */

type Numbers = ArrayLike<number>;

export type Definition = Pick<DenseNetworkOptions, 'sizes' | 'activation' | 'head' | 'globalVariance'>;

/** Outputs of one row at weights in PyTorch's order. */
function outputsOfRow(definition: Definition, weights: Numbers, inputs: Numbers): Float64Array {
  const defaults = { activation: 'relu', head: 'identity', globalVariance: 'trainable' } as const;
  return outputsAlong({ ...defaults, ...definition }, weights, new Float64Array(weights.length), inputs).values;
}

/** Outputs [N, M], row after row. */
export function outputsOf(definition: Definition, weights: Numbers, inputs: Numbers): Float64Array {
  const width = definition.sizes[0];
  const rows = Array.from({ length: inputs.length / width }, (_, r) =>
    outputsOfRow(definition, weights, Array.prototype.slice.call(inputs, r * width, (r + 1) * width)),
  );
  return Float64Array.from(rows.flatMap((row) => [...row]));
}

/** log p of rows of a data set, times their weights. */
export function logDensities(
  definition: Definition,
  weights: Numbers,
  { arrays, size }: Dataset,
  likelihood: Likelihood,
  rows: Numbers = Int32Array.from({ length: size }, (_, r) => r),
): Float64Array {
  const { inputs, targets, rowWeights } = arrays!;
  const width = definition.sizes[0];
  const columns = targets.data.length / size;
  return Float64Array.from(rows, (r) => {
    const outputs = outputsOfRow(definition, weights, inputs.data.subarray(r * width, (r + 1) * width));
    return (
      (rowWeights?.[r] ?? 1) * likelihood.logDensity(outputs, targets.data.subarray(r * columns, (r + 1) * columns))
    );
  });
}

/** Central differences, with the error of order step⁴ (Richardson). */
export function differences(f: (x: Float64Array) => number, at: Numbers, step = 1e-4): Float64Array {
  const x = Float64Array.from(at);
  return x.map((value, i) => {
    const moved = (h: number) => {
      x[i] = value + h;
      const result = f(x);
      x[i] = value;
      return result;
    };
    return (8 * (moved(step) - moved(-step)) - (moved(2 * step) - moved(-2 * step))) / (12 * step);
  });
}

/** w(z) = shift + Σ zₖ·basisₖ, in float64. */
export function weightsAt(
  { shift, basis }: { readonly shift: Numbers; readonly basis: readonly Numbers[] },
  z: Numbers,
): Float64Array {
  return Float64Array.from(shift, (value, i) => basis.reduce((sum, row, k) => sum + z[k] * row[i], value));
}

export function total(values: Numbers): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}
