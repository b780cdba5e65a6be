import { randomSource } from '@subspace/core';
import { tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/**
 * Gives every dense layer PyTorch's default initial weights: kernel and bias uniform on ±1/√fan_in.
 *
 * One stream for the whole network, read in PyTorch's order: layer by layer, weight [out, in] row major, then bias. Thus the
 * numbers do not depend on how TensorFlow.js lays out a kernel ([in, out]).
 */
export function initializeDense(model: LayersModel, seed: number | string): void {
  const random = randomSource(seed).fork('initial weights');
  for (const layer of model.layers) {
    if (layer.getClassName() !== 'Dense') continue;
    const [inputs, outputs] = layer.weights[0].shape as [number, number];
    const bound = 1 / Math.sqrt(inputs);
    const uniform = () => bound * (2 * random.uniform() - 1);
    const kernel = new Float32Array(inputs * outputs);
    for (let o = 0; o < outputs; o++) for (let i = 0; i < inputs; i++) kernel[i * outputs + o] = uniform();
    const bias = Float32Array.from({ length: outputs }, uniform);
    tidy(() => layer.setWeights([tensor2d(kernel, [inputs, outputs]), tensor1d(bias)]));
  }
}
