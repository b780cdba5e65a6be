import type { Arrays, CancelSignal, Network } from '@subspace/core';
import {
  abortError,
  argumentError,
  readsLogits,
  requireArrays,
  requireKnownOptions,
  requireOptions,
  requireSameLayout,
} from '@subspace/core/internals';
import { arrayRows } from './data-batches.ts';
import { jacobianRows } from './jacobian-rows.ts';
import type { LaplaceApproximation } from './laplace-approximation.ts';

export interface LinearizedOptions {
  readonly signal?: CancelSignal;
  readonly onProgress?: (progress: { readonly row: number; readonly of: number }) => void;
}

/** Outputs at the mean, and the variance of each: [N, M] row major. */
export interface OutputVariances {
  readonly rows: number;
  /** M. */
  readonly width: number;
  readonly outputs: Float64Array;
  /** jᵀ·Ψ·j, with j the gradient of an output by the weights. */
  readonly variances: Float64Array;
}

/** Rows of inputs whose Jacobians are made together. */
const AT_ONCE = 1024;

/** @param approximation checked by `requireApproximation` */
export async function outputVariances(
  where: string,
  network: Network,
  approximation: LaplaceApproximation,
  inputs: Arrays,
  options: LinearizedOptions,
): Promise<OutputVariances> {
  requireArrays(where, 'inputs', inputs);
  requireKnownOptions(where, options, ['signal', 'onProgress']);
  const { signal, onProgress } = options;
  const { mean, chosen, gaussian, likelihood } = approximation;
  const logits = readsLogits(likelihood);
  const predicted = await network.predict(inputs, { weights: mean, logits });
  const rows = inputs.shape[0];
  const width = predicted.data.length / rows;
  const variances = new Float64Array(rows * width);
  for (let begin = 0; begin < rows; begin += AT_ONCE) {
    const some = arrayRows(inputs, begin, Math.min(rows, begin + AT_ONCE));
    for await (const part of jacobianRows(network, mean, some, chosen, { logits, outputs: width })) {
      if (signal?.aborted) throw abortError(where, signal, {});
      for (let at = 0; at < part.count * width; at++) {
        const j = part.jacobian.subarray(at * chosen.size, (at + 1) * chosen.size);
        variances[(begin + part.start) * width + at] = gaussian.variance(j);
      }
      onProgress?.({ row: begin + part.start + part.count, of: rows });
    }
  }
  return { rows, width, outputs: Float64Array.from(predicted.data), variances };
}

export function requireApproximation(where: string, network: Network, approximation: LaplaceApproximation): void {
  requireOptions(where, 'network', network);
  requireOptions(where, 'approximation', approximation);
  if (typeof approximation.gaussian?.variance !== 'function') {
    throw argumentError(where, 'approximation has no gaussian, expected what laplaceApproximation gives');
  }
  requireSameLayout(where, 'approximation', approximation.layout, network.layout);
}
