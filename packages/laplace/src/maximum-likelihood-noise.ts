import { type Dataset, gaussianLikelihood, type Likelihood, type Network } from '@subspace/core';
import { argumentError, requireCount, requireOptions } from '@subspace/core/internals';
import { requireWeightsOf } from './curvature-options.ts';
import { dataBatches } from './data-batches.ts';

/**
 * The Gaussian likelihood whose variance is the greatest likelihood's at given weights: the mean square of y − f(x).
 *
 * First the noise, and then the prior: with a noise that is too small the evidence has every weight determined, and asks for a prior as wide as it is let.
 *
 * @param weights flat [D], trained
 * @param data its targets have the shape of the network's outputs; rows count by their weights
 * @throws if outputs and targets have different lengths, outputs are not finite, or nothing is left over
 * @example
 * ```ts
 * import { arraysDataset } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { maximumLikelihoodNoise } from '@subspace/laplace';
 *
 * const network = denseNetwork({ sizes: [1, 1], weights: Float32Array.of(1, 0) });
 * const data = arraysDataset({
 *   inputs: { data: Float32Array.of(1, 2), shape: [2, 1] },
 *   targets: { data: Float32Array.of(2, 4), shape: [2, 1] },
 * });
 * (await maximumLikelihoodNoise(network, await network.readWeights(), data)).variance; // (1 + 4) / 2
 * ```
 */
export async function maximumLikelihoodNoise(
  network: Network,
  weights: Float32Array,
  data: Dataset,
): Promise<Likelihood & { readonly kind: 'gaussian' }> {
  const where = 'maximumLikelihoodNoise';
  requireOptions(where, 'network', network);
  requireOptions(where, 'data', data);
  requireCount(where, 'data.size', data.size);
  requireWeightsOf(where, network, weights);
  let squares = 0;
  let counted = 0;
  for await (const { inputs, targets, size, rowWeight } of dataBatches(data, 1024)) {
    const outputs = (await network.predict(inputs, { weights })).data;
    if (outputs.length !== targets.data.length) {
      throw argumentError(
        where,
        `the network has ${outputs.length / size} outputs a row, expected ${targets.data.length / size}, as the targets`,
      );
    }
    const width = outputs.length / size;
    for (let i = 0; i < outputs.length; i++) {
      const weight = rowWeight(Math.floor(i / width));
      const off = targets.data[i] - outputs[i];
      squares += weight * off * off;
      counted += weight;
    }
  }
  if (squares === 0) throw argumentError(where, 'nothing is left of the targets, expected some noise');
  if (!Number.isFinite(squares)) {
    throw argumentError(where, `the sum of squares of targets less outputs is ${squares}, expected a finite number`);
  }
  return gaussianLikelihood({ variance: squares / counted });
}
