import { argumentError } from '../argument.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Network } from '../engine/network.ts';
import type { Likelihood } from '../likelihood/likelihood.ts';

/** Rows that tell whether a network's second outputs are variances: a linear layer gives some of them a negative one. */
const ROWS = 256;

/** Throws if a heteroscedastic likelihood is asked of a network whose outputs are no means and variances: else the loss is NaN some epochs later. */
export async function requireVariances(
  where: string,
  network: Network,
  data: Dataset,
  likelihood: Likelihood,
): Promise<void> {
  if (likelihood.kind !== 'heteroscedastic-gaussian') return;
  const rows = Int32Array.from({ length: Math.min(ROWS, data.size) }, (_, row) => row);
  const { inputs } = await data.gather(rows);
  const outputs = await network.predict(inputs);
  const width = outputs.data.length / outputs.shape[0];
  if (width % 2 !== 0) {
    throw argumentError(
      where,
      `the network has ${width} outputs, expected means and as many variances for a heteroscedastic likelihood`,
    );
  }
  for (let i = 0; i < outputs.data.length; i++) {
    if (i % width >= width / 2 && outputs.data[i] < 0) {
      throw argumentError(
        where,
        `the network predicts the variance ${outputs.data[i]} for row ${Math.floor(i / width)}, expected none below 0: a heteroscedastic likelihood needs outputs [means, variances], ` +
          "as of `head: 'heteroscedastic'` or `regressionNet`",
      );
    }
  }
}
