import type { Dataset } from '../data/dataset.ts';
import type { Vector } from '../density/log-density.ts';
import { eachInOrder, type MaybePromise, mapInOrder, whenReady } from '../density/maybe-promise.ts';
import { type Likelihood, readsLogits } from '../likelihood/likelihood.ts';
import { outputInformation } from '../likelihood/output-information.ts';
import type { WeightMap } from '../weights/weight-map.ts';
import type { Network } from './network.ts';

/**
 * The generalised Gauss–Newton matrix of −log p(D | w(z)) in z, [K, K]: Σ over rows of JᵀHJ with J = ∂outputs/∂z, pulled back through the weights one output at a time. So it
 * costs a backward pass of one row for each output of each row.
 */
export function gaussNewton(
  network: Network,
  map: WeightMap,
  data: Dataset,
  likelihood: Likelihood,
  point: Vector,
): MaybePromise<Float64Array> {
  const { dim } = map;
  const logits = readsLogits(likelihood);
  const weights = map.weights(point);
  const rowWeights = data.arrays?.rowWeights;
  const matrix = new Float64Array(dim * dim);
  const rows = Array.from({ length: data.size }, (_, row) => row);
  const done = eachInOrder(rows, (row) =>
    whenReady(data.gather(Int32Array.of(row)), ({ inputs }) =>
      whenReady(network.predict(inputs, { weights, logits }), ({ data: outputs, shape }) => {
        const jacobian = network.jacobian(weights, inputs, { logits });
        const columns = mapInOrder(Array.from(outputs.keys()), (m) => {
          const unit = new Float32Array(outputs.length);
          unit[m] = 1;
          return whenReady(jacobian.transposeTimes({ data: unit, shape }), (gradient) => map.pullback(point, gradient));
        });
        return whenReady(columns, (tangents) => {
          jacobian.dispose();
          addInformation(matrix, tangents, outputInformation(likelihood, outputs), rowWeights?.[row] ?? 1);
        });
      }),
    ),
  );
  return whenReady(done, () => matrix);
}

/** matrix += weight · tangentsᵀ·information·tangents. */
function addInformation(
  matrix: Float64Array,
  tangents: readonly Vector[],
  information: Float64Array,
  weight: number,
): void {
  const width = tangents.length;
  const dim = tangents[0].length;
  for (let a = 0; a < width; a++) {
    for (let b = 0; b < width; b++) {
      const factor = weight * information[a * width + b];
      if (factor === 0) continue;
      for (let k = 0; k < dim; k++) {
        for (let l = 0; l < dim; l++) matrix[k * dim + l] += factor * tangents[a][k] * tangents[b][l];
      }
    }
  }
}
