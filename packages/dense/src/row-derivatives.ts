import type { InputMap } from './data-rows.ts';
import { activationDerivatives, sigmoid, softplus } from './elementary-derivatives.ts';
import { mapRow } from './features.ts';
import type { NetworkShape } from './network-structure.ts';

/** One row after the other through the network, in float64: what single rows are wanted for is too rare to be worth kernels. */
export interface RowDerivatives {
  /** Goes forward with one row of raw inputs. */
  forward(row: ArrayLike<number>): void;
  /** Of the row: the inputs of each layer. */
  readonly inputs: readonly Float64Array[];
  /** Of the row: the outputs. */
  readonly outputs: Float64Array;
  /** Of output `n`: its derivatives by the sums of each layer, and by v. Valid until the next call. */
  backward(n: number): { readonly sums: readonly Float64Array[]; readonly v: number };
}

export function rowDerivatives(
  where: string,
  { sizes, activation, head, globalVariance, order }: NetworkShape,
  { width, features }: InputMap,
  weights: Float32Array,
): RowDerivatives {
  const starts = order.layout.entries.map(({ offset }) => offset);
  const last = sizes.length - 2;
  const heteroscedastic = head === 'heteroscedastic';
  const trainable = heteroscedastic && globalVariance === 'trainable';
  const global = trainable ? weights[weights.length - 1] : Number(globalVariance);
  const inputs = sizes.slice(0, -1).map((size) => new Float64Array(size));
  const slopes = sizes.slice(1).map((size) => new Float64Array(size));
  const sums = sizes.slice(1).map((size) => new Float64Array(size));
  const outputs = new Float64Array(sizes[last + 1]);
  const means = heteroscedastic ? outputs.length / 2 : outputs.length;
  const derivatives = activationDerivatives[activation];

  return {
    inputs,
    outputs,
    forward(row) {
      inputs[0].set(features ? mapRow(where, features, Float32Array.from(row), width) : row);
      for (let l = 0; l <= last; l++) {
        const [h, at, bias] = [inputs[l], starts[2 * l], starts[2 * l + 1]];
        const next = l < last ? inputs[l + 1] : outputs;
        for (let o = 0, d = at; o < next.length; o++) {
          let sum = weights[bias + o];
          for (let i = 0; i < h.length; i++, d++) sum += weights[d] * h[i];
          if (l < last) [next[o], slopes[l][o]] = derivatives(sum);
          else next[o] = sum;
        }
      }
      for (let n = means; n < outputs.length; n++) {
        slopes[last][n] = sigmoid(outputs[n]);
        outputs[n] = softplus(outputs[n]) + softplus(global);
      }
    },
    backward(n) {
      sums[last].fill(0);
      sums[last][n] = n < means ? 1 : slopes[last][n];
      for (let l = last; l > 0; l--) {
        const [above, below] = [sums[l], sums[l - 1]];
        below.fill(0);
        for (let o = 0; o < above.length; o++) {
          const g = above[o];
          if (g === 0) continue;
          for (let i = 0, d = starts[2 * l] + o * below.length; i < below.length; i++, d++) below[i] += g * weights[d];
        }
        for (let i = 0; i < below.length; i++) below[i] *= slopes[l - 1][i];
      }
      return { sums, v: trainable && n >= means ? sigmoid(global) : 0 };
    },
  };
}
