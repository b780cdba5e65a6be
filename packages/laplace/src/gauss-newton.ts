import type { Disposable } from '@subspace/core';
import { outputInformation, readsLogits } from '@subspace/core/internals';
import type { CurvatureProblem } from './curvature-options.ts';
import { dataBatches } from './data-batches.ts';

/** A symmetric matrix [d, d] that is never formed: only its products with vectors. */
export interface SymmetricOperator {
  readonly size: number;
  /** The product [d]; the caller's to keep. */
  times(v: Float64Array): Promise<Float64Array>;
}

/**
 * Products with the generalised Gauss–Newton matrix of Σ −log p: G·v = Σ over rows of Jᵀ·H·J·v, by one pass forward and one backward.
 *
 * H is the Fisher information of the outputs: G is the Fisher information of the weights, too.
 */
export async function gaussNewtonProducts(problem: CurvatureProblem): Promise<SymmetricOperator & Disposable> {
  const { network, weights, data, likelihood, chosen, batchSize } = problem;
  const logits = readsLogits(likelihood);
  const batches: { jacobian: ReturnType<typeof network.jacobian>; turn: (moved: Float32Array) => Float32Array }[] = [];
  for await (const { inputs, size, rowWeight } of dataBatches(data, batchSize)) {
    const outputs = await network.predict(inputs, { weights, logits });
    const width = outputs.data.length / size;
    const information = Array.from({ length: size }, (_, row) => {
      const part = outputInformation(likelihood, outputs.data.subarray(row * width, (row + 1) * width));
      return part.map((entry) => rowWeight(row) * entry);
    });
    batches.push({
      jacobian: network.jacobian(weights, inputs, { logits }),
      turn: (moved) => blockTimes(information, moved, width),
    });
  }
  const direction = new Float32Array(chosen.layout.size);
  return {
    size: chosen.size,
    async times(v) {
      chosen.scatter(v, direction);
      const product = new Float64Array(chosen.size);
      for (const { jacobian, turn } of batches) {
        const moved = await jacobian.times(direction);
        const turned = turn(moved.data as Float32Array);
        const pulled = chosen.gather(await jacobian.transposeTimes({ data: turned, shape: moved.shape }));
        for (let i = 0; i < product.length; i++) product[i] += pulled[i];
      }
      return product;
    },
    dispose() {
      for (const { jacobian } of batches) jacobian.dispose();
    },
  };
}

/** Of each row its own block [M, M] times its part [M]. */
function blockTimes(blocks: readonly Float64Array[], vectors: ArrayLike<number>, width: number): Float32Array {
  const product = new Float32Array(vectors.length);
  blocks.forEach((block, row) => {
    for (let a = 0; a < width; a++) {
      let sum = 0;
      for (let b = 0; b < width; b++) sum += block[a * width + b] * vectors[row * width + b];
      product[row * width + a] = sum;
    }
  });
  return product;
}
