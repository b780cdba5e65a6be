import type { WeightLayout } from '@subspace/core';
import { type Arrays, arraysDataset, type Dataset, randomSource, type Subspace } from '@subspace/core';
import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers,
  model,
  type Sequential,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';

/** [mean, ρ] ↦ [mean, softplus(ρ) + softplus(v)] with a weight of its own. */
class MeanAndVariance extends layers.Layer {
  static className = 'MeanAndVariance';
  private v!: { read(): tf.Tensor };
  override build(): void {
    this.v = this.addWeight(
      'v',
      [1],
      'float32',
      { apply: (shape: number[]) => tf.zeros(shape) } as never,
      undefined,
      true,
    );
    this.built = true;
  }
  override computeOutputShape(shape: number[]): number[] {
    return shape;
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [mean, rho] = tf.split(Array.isArray(inputs) ? inputs[0] : inputs, 2, 1);
    return tf.concat([mean, tf.add(tf.softplus(rho), tf.softplus(this.v.read()))], 1);
  }
}

/** Dense layers of these sizes; smooth, so that differences make sense. */
export function denseModel(
  sizes: readonly number[],
  activation: 'tanh' | 'relu' | 'sigmoid' | 'softplus' = 'tanh',
): Sequential {
  const net = sequential();
  for (let i = 1; i < sizes.length; i++) {
    const last = i === sizes.length - 1;
    net.add(layers.dense({ units: sizes[i], inputShape: [sizes[i - 1]], activation: last ? undefined : activation }));
  }
  return net;
}

/** Dense layers, then a custom layer: mean and variance. */
export function heteroscedasticModel(sizes: readonly number[], activation: 'tanh' | 'relu' = 'tanh'): LayersModel {
  const net = denseModel(sizes, activation);
  net.add(new MeanAndVariance({}));
  return net;
}

/** A functional model with a shared layer, an addition and a model inside, on which the tape does all the work. */
export function branchedModel(): LayersModel {
  const start = input({ shape: [3] });
  const shared = layers.dense({ units: 4, activation: 'tanh' });
  const inner = denseModel([4, 4, 4], 'sigmoid');
  const first = layers.dense({ units: 4 }).apply(start) as SymbolicTensor;
  const once = shared.apply(first) as SymbolicTensor;
  const twice = shared.apply(once) as SymbolicTensor;
  const nested = inner.apply(twice) as SymbolicTensor;
  const sum = layers.add().apply([once, nested]) as SymbolicTensor;
  return model({ inputs: start, outputs: layers.dense({ units: 2 }).apply(sum) as SymbolicTensor });
}

/** Convolution, batch norm, pooling: 5×5×2 images to three logits. */
export function imageModel(pool: 'average' | 'max' = 'average'): LayersModel {
  return sequential({
    layers: [
      layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same', useBias: false, inputShape: [5, 5, 2] }),
      layers.batchNormalization({ epsilon: 1e-5, momentum: 0.9 }),
      layers.activation({ activation: 'tanh' }),
      pool === 'average' ? layers.averagePooling2d({ poolSize: 2 }) : layers.maxPooling2d({ poolSize: 2 }),
      layers.conv2d({ filters: 4, kernelSize: 2, strides: 1, activation: 'sigmoid' }),
      layers.flatten(),
      layers.dense({ units: 3 }),
    ],
  });
}

/** Weights N(0, std²) from a seed. */
export function randomWeights(layout: WeightLayout, seed: number, std = 0.5): Float32Array {
  const random = randomSource(seed);
  return Float32Array.from({ length: layout.size }, () => std * random.normal());
}

export function randomSubspace(layout: WeightLayout, dim: number, seed: number, std = 0.3): Subspace {
  const basis = Array.from({ length: dim }, (_, k) => randomWeights(layout, seed + 1 + k, std));
  return { layout, shift: randomWeights(layout, seed), basis };
}

/** Inputs N(0, 1), targets N(0, 1) or labels. */
export function randomData(
  rows: number,
  inputShape: readonly number[],
  targets: { readonly means: number } | { readonly classes: number },
  weighted = false,
): Dataset & { readonly arrays: { inputs: Arrays; targets: Arrays; rowWeights?: Float32Array } } {
  const random = randomSource(`data ${rows}`);
  const size = inputShape.reduce((product, length) => product * length, 1);
  const inputs = {
    data: Float32Array.from({ length: rows * size }, () => random.normal()),
    shape: [rows, ...inputShape],
  };
  const truth =
    'means' in targets
      ? {
          data: Float32Array.from({ length: rows * targets.means }, () => random.normal()),
          shape: [rows, targets.means],
        }
      : {
          data: Int32Array.from({ length: rows }, () => Math.floor(random.uniform() * targets.classes)),
          shape: [rows],
        };
  const rowWeights = weighted ? Float32Array.from({ length: rows }, () => 2 * random.uniform()) : undefined;
  return arraysDataset({ inputs, targets: truth, rowWeights }) as ReturnType<typeof randomData>;
}

/** A model and every weight of it: TensorFlow.js leaves those of a layer that is used twice. */
export function disposeModel(net: LayersModel): void {
  const weights = net.weights as unknown as { val: tf.Variable }[];
  net.dispose();
  for (const { val } of weights) if (!val.isDisposed) val.dispose();
}
