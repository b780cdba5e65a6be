import type { MaybePromise } from '@subspace/core';
import { argumentError, whenReady } from '@subspace/core/internals';
import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from './device-data.ts';
import { timesInformation } from './likelihood-rows.ts';
import type { Objective } from './objective.ts';
import { take } from './reading.ts';
import { requireTensors } from './tensor-likelihood.ts';

/** H·t for each tangent. */
export function informationTimes(
  { likelihood, width }: Objective,
  outputs: Float32Array,
  tangents: readonly Float32Array[],
): MaybePromise<ArrayLike<number>[]> {
  if (likelihood.kind !== 'custom') {
    return tangents.map((tangent) => timesInformation(likelihood, outputs, width, tangent));
  }
  const { information } = requireTensors('gaussNewton', likelihood);
  if (!information) {
    throw argumentError(
      'gaussNewton',
      'likelihood has no information, expected tensorLikelihood({ logDensity, information })',
    );
  }
  const rows = outputs.length / width;
  const matrices = tf.tidy(() => tf.clone(information(tf.tensor2d(outputs, [rows, width]))));
  return whenReady(take(matrices), (h) =>
    tangents.map((tangent) => {
      const product = new Float64Array(tangent.length);
      for (let n = 0; n < rows; n++) {
        for (let a = 0; a < width; a++) {
          for (let b = 0; b < width; b++)
            product[n * width + a] += h[(n * width + a) * width + b] * tangent[n * width + b];
        }
      }
      return product;
    }),
  );
}

/** matrix += Σ over rows of weight · tangentᵀ·H·tangent. */
export function addGram(
  matrix: Float64Array,
  tangents: readonly Float32Array[],
  products: readonly ArrayLike<number>[],
  width: number,
  { rowWeights }: Batch,
): void {
  const dim = tangents.length;
  for (let k = 0; k < dim; k++) {
    for (let l = 0; l <= k; l++) {
      const [a, b] = [tangents[k], products[l]];
      let sum = 0;
      for (let i = 0; i < a.length; i++) sum += (rowWeights ? rowWeights[Math.floor(i / width)] : 1) * a[i] * b[i];
      matrix[k * dim + l] += sum;
      if (l < k) matrix[l * dim + k] += sum;
    }
  }
}
