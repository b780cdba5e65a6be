import type { Arrays, Network } from '@subspace/core';
import { abortError, breath, readsLogits } from '@subspace/core/internals';
import type { ChosenWeights } from './chosen-weights.ts';
import type { CurvatureProblem } from './curvature-options.ts';
import { arrayRows, dataBatches } from './data-batches.ts';
import { outputFactor } from './output-factor.ts';

/** Some rows of inputs, with the Jacobian of their outputs. */
export interface JacobianRows {
  /** Where they start in the inputs. */
  readonly start: number;
  readonly count: number;
  /** M, of each row. */
  readonly outputs: number;
  /** J [count·outputs, d] row major, float64; valid until the next ones. */
  readonly jacobian: Float64Array;
}

/** Numbers that are held at once. */
const HELD = 2 ** 22;

/** The Jacobian of the outputs by the chosen weights, some inputs at a time: memory does not grow with their number. */
export async function* jacobianRows(
  network: Network,
  weights: Float32Array,
  inputs: Arrays,
  chosen: ChosenWeights,
  options: { readonly logits: boolean; readonly outputs: number },
): AsyncGenerator<JacobianRows, void, undefined> {
  const { logits, outputs } = options;
  const rows = inputs.shape[0];
  const D = weights.length;
  const d = chosen.size;
  const most = Math.max(1, Math.min(rows, 128, Math.floor(HELD / (outputs * D))));
  const held = new Float64Array(most * outputs * d);
  const pause = breath();
  const whole = network.jacobian(weights, inputs, { logits });
  try {
    for (let start = 0; start < rows; start += most) {
      const end = Math.min(rows, start + most);
      if (whole.rows) {
        const flat = await whole.rows(start, end);
        for (let at = 0; at < (end - start) * outputs; at++) {
          chosen.gather(flat, held.subarray(at * d, (at + 1) * d), at * D);
        }
      } else {
        for (let row = start; row < end; row++) {
          const places = held.subarray((row - start) * outputs * d, (row - start + 1) * outputs * d);
          await oneRow(network, weights, arrayRows(inputs, row, row + 1), chosen, { logits, outputs }, places);
          if (pause.due()) await pause.rest();
        }
      }
      const count = end - start;
      yield { start, count, outputs, jacobian: held.subarray(0, count * outputs * d) };
      if (pause.due()) await pause.rest();
    }
  } finally {
    whole.dispose();
  }
}

/** A pull back for each output of one row. */
async function oneRow(
  network: Network,
  weights: Float32Array,
  input: Arrays,
  chosen: ChosenWeights,
  { logits, outputs }: { readonly logits: boolean; readonly outputs: number },
  out: Float64Array,
): Promise<void> {
  const jacobian = network.jacobian(weights, input, { logits });
  try {
    for (let m = 0; m < outputs; m++) {
      const unit = new Float32Array(outputs);
      unit[m] = 1;
      const pulled = await jacobian.transposeTimes({ data: unit, shape: [1, outputs] });
      chosen.gather(pulled, out.subarray(m * chosen.size, (m + 1) * chosen.size));
    }
  } finally {
    jacobian.dispose();
  }
}

/** Rows X of which the Gauss–Newton matrix is the sum of squares, G = Xᵀ·X: Fᵀ·J of each row of the data, H = F·Fᵀ. */
export interface FactorRows {
  readonly count: number;
  readonly outputs: number;
  /** [count·outputs, d] row major; valid until the next ones. */
  readonly factor: Float64Array;
  /** Weight of a row in the log likelihood. */
  rowWeight(row: number): number;
}

export async function* factorRows(
  problem: CurvatureProblem,
  onRows?: (row: number) => void,
): AsyncGenerator<FactorRows, void, undefined> {
  const { where, network, weights, data, likelihood, chosen, batchSize, signal } = problem;
  const logits = readsLogits(likelihood);
  const d = chosen.size;
  for await (const batch of dataBatches(data, batchSize)) {
    const predicted = await network.predict(batch.inputs, { weights, logits });
    const outputs = predicted.data.length / batch.size;
    const rows = jacobianRows(network, weights, batch.inputs, chosen, { logits, outputs });
    for await (const { start, count, jacobian } of rows) {
      if (signal?.aborted) throw abortError(where, signal, {});
      for (let row = 0; row < count; row++) {
        const at = start + row;
        const values = predicted.data.subarray(at * outputs, (at + 1) * outputs);
        const F = outputFactor(likelihood, values, batch.rowWeight(at));
        multiplyRows(F, outputs, jacobian.subarray(row * outputs * d, (row + 1) * outputs * d), d);
      }
      yield { count, outputs, factor: jacobian, rowWeight: (row) => batch.rowWeight(start + row) };
      onRows?.(batch.start + start + count);
    }
  }
}

/** Fᵀ·J in place, for lower triangular F [M, M] and J [M, d]. */
function multiplyRows(F: Float64Array, width: number, J: Float64Array, d: number): void {
  for (let m = 0; m < width; m++) {
    // Row m needs itself and those below, which are still as they were.
    const own = F[m * width + m];
    for (let i = 0; i < d; i++) J[m * d + i] *= own;
    for (let k = m + 1; k < width; k++) {
      const factor = F[k * width + m];
      if (factor === 0) continue;
      for (let i = 0; i < d; i++) J[m * d + i] += factor * J[k * d + i];
    }
  }
}
