import type { Likelihood } from '@subspace/core';
import { argumentError, requireKnownOptions } from '@subspace/core/internals';
import * as tf from '@tensorflow/tfjs-core';

export interface TensorLikelihoodOptions {
  /**
   * log p of each row [N], in nats, constants included.
   *
   * @param outputs of the network [N, M]
   * @param targets [N] or [N, …], int32 where the data's are integers
   */
  logDensity(outputs: tf.Tensor2D, targets: tf.Tensor): tf.Tensor1D;
  /** The same for one row in float64; by default `logDensity` itself, in float32. */
  reference?(outputs: Float64Array, target: ArrayLike<number>): number;
  /** Fisher information of the outputs [N, M, M], which `gaussNewton` needs. */
  information?(outputs: tf.Tensor2D): tf.Tensor3D;
}

/** A likelihood of tensors. */
export type TensorLikelihood = Likelihood & {
  readonly kind: 'custom';
  readonly tensors: Pick<TensorLikelihoodOptions, 'logDensity' | 'information'>;
};

/**
 * A likelihood of your own, made of TensorFlow.js operations, whose gradients come from the tape.
 *
 * @throws if `logDensity` is no function, or an option is unknown
 * @example
 * ```ts
 * import { tensorLikelihood } from '@subspace/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * // Counts: y ~ Poisson(exp(output)), up to log y!, which does not depend on the network.
 * tensorLikelihood({
 *   logDensity: (outputs, targets) => {
 *     const rate = tf.squeeze<tf.Tensor1D>(outputs, [1]);
 *     return tf.sub(tf.mul(targets, rate), tf.exp(rate));
 *   },
 *   reference: (outputs, counts) => counts[0] * outputs[0] - Math.exp(outputs[0]),
 * });
 * ```
 */
export function tensorLikelihood(options: TensorLikelihoodOptions): TensorLikelihood {
  requireKnownOptions('tensorLikelihood', options, ['logDensity', 'reference', 'information']);
  const { logDensity, reference, information } = options;
  if (typeof logDensity !== 'function') {
    throw argumentError('tensorLikelihood', `logDensity is ${typeof logDensity}, expected a function of tensors`);
  }
  return {
    kind: 'custom',
    tensors: { logDensity, information },
    logDensity: (outputs, target) =>
      reference
        ? reference(outputs, target)
        : tf.tidy(() => {
            const row = tf.tensor2d(Float32Array.from(outputs), [1, outputs.length]);
            return logDensity(row, tf.tensor(Float32Array.from(target), [1, target.length])).dataSync()[0];
          }),
  };
}

/** The tensors of a custom likelihood. */
export function requireTensors(where: string, likelihood: Likelihood): TensorLikelihood['tensors'] {
  const { tensors } = likelihood as Partial<TensorLikelihood>;
  if (!tensors) {
    throw argumentError(
      where,
      'likelihood is custom and has no tensors, expected one made by tensorLikelihood({ logDensity: (outputs, targets) => … })',
    );
  }
  return tensors;
}
