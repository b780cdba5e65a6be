import type { Dataset } from '../data/dataset.ts';
import type { Network } from '../engine/network.ts';
import { type Likelihood, readsLogits } from '../likelihood/likelihood.ts';
import { rowDensities } from '../likelihood/row-densities.ts';

/** Rows evaluated at a time: bounds memory, does not change the value. */
const BLOCK = 2048;

/** Mean of −log p over the rows of a data set at the network's current weights, in evaluation mode. `rest` is awaited after each block. */
export async function validationLoss(
  network: Network,
  data: Dataset,
  likelihood: Likelihood,
  rest: () => Promise<void>,
): Promise<number> {
  let sum = 0;
  for (let start = 0; start < data.size; start += BLOCK) {
    const rows = Int32Array.from({ length: Math.min(BLOCK, data.size - start) }, (_, i) => start + i);
    const { inputs, targets } = await data.gather(rows);
    const outputs = await network.predict(inputs, { logits: readsLogits(likelihood) });
    await rest();
    const weights = data.arrays?.rowWeights;
    rowDensities(likelihood, outputs, targets).forEach((density, i) => {
      sum -= density * (weights ? weights[start + i] : 1);
    });
  }
  return sum / data.size;
}
