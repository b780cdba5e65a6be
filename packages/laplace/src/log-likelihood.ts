import { readsLogits, rowDensities } from '@subspace/core/internals';
import type { CurvatureProblem } from './curvature-options.ts';
import { dataBatches } from './data-batches.ts';

/** Σ log p(y | x, w) over the data, in float64 from the network's outputs. */
export async function logLikelihoodOf({
  network,
  weights,
  data,
  likelihood,
  batchSize,
}: Pick<CurvatureProblem, 'network' | 'weights' | 'data' | 'likelihood' | 'batchSize'>): Promise<number> {
  const logits = readsLogits(likelihood);
  let sum = 0;
  for await (const { inputs, targets, rowWeight } of dataBatches(data, batchSize)) {
    const outputs = await network.predict(inputs, { weights, logits });
    rowDensities(likelihood, outputs, targets).forEach((density, row) => {
      sum += rowWeight(row) * density;
    });
  }
  return sum;
}
