import type { Arrays, Network } from '@subspace/core';
import { argumentError, logSumExp, rowEntropy } from '@subspace/core/internals';
import type { LaplaceApproximation } from './laplace-approximation.ts';
import { type LinearizedOptions, outputVariances, requireApproximation } from './output-variances.ts';

/** Classes under a linearised network. N points, C classes. */
export interface LinearizedClassification {
  readonly classes: number;
  /** [N, C] row major. */
  readonly probabilities: Float64Array;
  /** Of the probabilities [N], in nats. */
  readonly entropy: Float64Array;
  /** At ŵ: [N, C], or [N] of `binaryLikelihood`. */
  readonly logits: Float64Array;
  /** jᵀ·Ψ·j of each logit. */
  readonly logitVariances: Float64Array;
}

/**
 * Class probabilities of the network linearised in its weights under w ~ N(ŵ, Ψ), by the probit link: softmax(f / √(1 + π/8·v)), f the logits at ŵ and v their variances; σ(f / √(1 + π/8·v))
 * of one logit. No draws.
 *
 * @param inputs [N, …]
 * @throws on an approximation of another network, or without classes
 * @see MacKay (1992), "The evidence framework applied to classification networks"; Immer et al. (2021)
 * @example
 * ```ts
 * import { arraysDataset, binaryLikelihood } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { laplaceApproximation, linearizedClassification } from '@subspace/laplace';
 *
 * const network = denseNetwork({ sizes: [1, 1], weights: Float32Array.of(2, 0) });
 * const data = arraysDataset({ inputs: { data: Float32Array.of(1, -1), shape: [2, 1] }, targets: { data: Int32Array.of(1, 0), shape: [2] } });
 * const laplace = await laplaceApproximation(network, await network.readWeights(), data, {
 *   likelihood: binaryLikelihood(),
 *   priorPrecision: 1,
 *   structure: 'full',
 * });
 * const { probabilities } = await linearizedClassification(network, laplace, { data: Float32Array.of(1), shape: [1, 1] });
 * probabilities[1]; // 0.81…: the network alone says 0.88
 * ```
 */
export async function linearizedClassification(
  network: Network,
  approximation: LaplaceApproximation,
  inputs: Arrays,
  options: LinearizedOptions = {},
): Promise<LinearizedClassification> {
  const where = 'linearizedClassification';
  requireApproximation(where, network, approximation);
  const { kind } = approximation.likelihood;
  if (kind !== 'categorical' && kind !== 'binary') {
    throw argumentError(where, `approximation has the ${kind} likelihood, expected categorical or binary`);
  }
  const { rows, width, outputs, variances } = await outputVariances(where, network, approximation, inputs, options);
  const shrunk = outputs.map((logit, i) => logit / Math.sqrt(1 + (Math.PI / 8) * variances[i]));
  const classes = kind === 'binary' ? 2 : width;
  const probabilities = new Float64Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    const logits = kind === 'binary' ? [0, shrunk[row]] : shrunk.subarray(row * width, (row + 1) * width);
    const total = logSumExp(Float64Array.from(logits));
    for (let c = 0; c < classes; c++) probabilities[row * classes + c] = Math.exp(logits[c] - total);
  }
  const entropy = Float64Array.from({ length: rows }, (_, row) => rowEntropy({ classes, probabilities }, row));
  return { classes, probabilities, entropy, logits: outputs, logitVariances: variances };
}
