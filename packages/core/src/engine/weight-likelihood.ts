import { requireCount } from '../argument.ts';
import type { Dataset } from '../data/dataset.ts';
import { eachInOrder, type MaybePromise, whenReady } from '../density/maybe-promise.ts';
import { type Likelihood, readsLogits } from '../likelihood/likelihood.ts';
import { rowDensities } from '../likelihood/row-densities.ts';
import type { Network, SubspaceLikelihoodOptions, WeightLikelihood } from './network.ts';

/** A likelihood at given weights from what every network can do: `predict`, and `lossAndGradient`. */
export function networkWeightLikelihood(
  where: string,
  network: Network,
  data: Dataset,
  likelihood: Likelihood,
  { batchSize = data.size }: SubspaceLikelihoodOptions,
): WeightLikelihood {
  requireCount(where, 'batchSize', batchSize);
  const { size, arrays } = data;
  const batches: Int32Array[] = [];
  for (let start = 0; start < size; start += batchSize) {
    batches.push(Int32Array.from({ length: Math.min(batchSize, size - start) }, (_, i) => start + i));
  }
  const logits = readsLogits(likelihood);
  const gathered = (rows: Int32Array) => (rows.length === size && arrays ? arrays : data.gather(rows));

  const pointwise = (weights: Float32Array): MaybePromise<Float64Array> => {
    const densities = new Float64Array(size);
    const done = eachInOrder(batches, (rows) =>
      whenReady(gathered(rows), ({ inputs, targets }) =>
        whenReady(network.predict(inputs, { weights, logits }), (outputs) => {
          densities.set(rowDensities(likelihood, outputs, targets), rows[0]);
        }),
      ),
    );
    return whenReady(done, () => {
      const rowWeights = arrays?.rowWeights;
      return rowWeights ? densities.map((density, i) => rowWeights[i] * density) : densities;
    });
  };
  return {
    pointwise,
    value: (weights) =>
      whenReady(pointwise(weights), (densities) => densities.reduce((sum, density) => sum + density, 0)),
    valueAndGradient(weights, rows) {
      let value = 0;
      const sum = new Float32Array(weights.length);
      const done = eachInOrder(rows ? [rows] : batches, (some) =>
        whenReady(network.lossAndGradient(weights, data, some, likelihood), ({ loss, gradient }) => {
          value -= loss;
          for (let i = 0; i < sum.length; i++) sum[i] -= gradient[i];
        }),
      );
      return whenReady(done, () => ({ value, gradient: sum }));
    },
    dispose() {},
  };
}
