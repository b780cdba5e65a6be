import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, layers } from '@tensorflow/tfjs-layers';

interface HeadConfig {
  readonly name?: string;
  /** v if it is fixed, or `'trainable'`. */
  readonly globalVariance: 'trainable' | number;
}

/**
 * [μ, ρ] ↦ [μ, softplus(ρ) + softplus(v)] with one v for the whole network, trainable (weight `<layer name>/v`, shape [1],
 * initially 0) or fixed. With 2M inputs: M means, then M of ρ.
 */
class HeteroscedasticHead extends layers.Layer {
  static readonly className: string = 'SubspaceHeteroscedasticHead';
  readonly globalVariance: 'trainable' | number;
  private v: LayerVariable | undefined;

  constructor(config: HeadConfig) {
    super({ ...config });
    this.globalVariance = config.globalVariance;
  }

  override build(): void {
    if (this.globalVariance === 'trainable') {
      this.v = this.addWeight('v', [1], 'float32', initializers.zeros(), undefined, true);
    }
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Tensor['shape']): tf.Tensor['shape'] {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const input = Array.isArray(inputs) ? inputs[0] : inputs;
      const [mean, rho] = tf.split(input, 2, 1);
      const global = this.v === undefined ? softplus(this.globalVariance as number) : tf.softplus(this.v.read());
      return tf.concat([mean, tf.add(tf.softplus(rho), global)], 1);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), globalVariance: this.globalVariance };
  }
}

/** The head as a layer, its class known to `loadLayersModel`. */
export function heteroscedasticHead(config: HeadConfig): layers.Layer {
  registerLayers();
  return new HeteroscedasticHead(config);
}

/**
 * Makes the custom layer of `regressionNet` known to TensorFlow.js, so that `loadLayersModel` can read a saved one.
 *
 * The factories do this themselves: call it only in a program that loads a model without having built one. Any number of calls,
 * from any number of copies of this package, register the layer once.
 *
 * @example
 * ```ts
 * import { registerLayers } from '@subspace/models';
 *
 * registerLayers();
 * // const model = await tf.loadLayersModel('model.json');
 * ```
 */
export function registerLayers(): void {
  const { className } = HeteroscedasticHead;
  if (className in tf.serialization.SerializationMap.getMap().classNameMap) return;
  tf.serialization.registerClass(
    HeteroscedasticHead as unknown as tf.serialization.SerializableConstructor<HeteroscedasticHead>,
    '@subspace/models',
  );
}

function softplus(v: number): number {
  return Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));
}
