import { regressionNet } from '@subspace/models';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import './cpu.ts';
import { describeNetworkGolden } from './networks-golden.ts';

const softplus = (x: number) => Math.log1p(Math.exp(x));

/** A network without hidden layers whose one input is 0: [μ, ρ] are the biases. */
function outputsAt(mean: number, rho: number, v: 'trainable' | number, trained?: number): number[] {
  const model = regressionNet({ inputs: 1, hidden: [], globalVariance: v });
  const outputs = tf.tidy(() => {
    const weights: tf.Tensor[] = [tf.zeros([1, 2]), tf.tensor1d([mean, rho])];
    if (trained !== undefined) weights.push(tf.tensor1d([trained]));
    model.setWeights(weights);
    return [...(model.predict(tf.zeros([1, 1])) as tf.Tensor).dataSync()];
  });
  model.dispose();
  return outputs;
}

describe('regressionNet', () => {
  it('needs only the number of inputs', () => {
    const model = regressionNet({ inputs: 13 });
    expect(model.countParams()).toBe(803);
    expect(model.outputs[0].shape).toEqual([null, 2]);
    model.dispose();
  });

  it('has one trainable v, its last weight, initially 0', () => {
    const model = regressionNet({ inputs: 2, hidden: [3] });
    const v = model.trainableWeights.at(-1)!;
    expect(v.originalName).toBe('head/v');
    expect(v.shape).toEqual([1]);
    expect([...v.read().dataSync()]).toEqual([0]);
    model.dispose();
  });

  it.each([
    [1.5, 0.3, -0.7],
    [-2, -20, 0.2],
    [0, 30, -5],
  ])('maps μ = %d, ρ = %d, v = %d to [μ, softplus(ρ) + softplus(v)]', (mean, rho, v) => {
    const expected = softplus(rho) + softplus(v);
    for (const [m, variance] of [outputsAt(mean, rho, 'trainable', v), outputsAt(mean, rho, v)]) {
      expect(m).toBeCloseTo(mean, 6);
      expect(Math.abs(variance / expected - 1)).toBeLessThan(1e-6);
    }
  });

  it('has no weight for a v that is fixed', () => {
    const model = regressionNet({ inputs: 2, hidden: [3], globalVariance: -15 });
    expect(model.weights).toHaveLength(4);
    model.dispose();
  });

  it('keeps small variances: v = -15 contributes softplus(-15), not 0', () => {
    expect(outputsAt(0, -40, -15)[1] / softplus(-15)).toBeCloseTo(1, 5);
  });

  it('starts from the same weights for the same seed, and from others for another', () => {
    const weights = (seed: number) => {
      const model = regressionNet({ inputs: 3, seed });
      const values = model.getWeights().map((tensor) => [...tensor.dataSync()]);
      model.dispose();
      return values;
    };
    expect(weights(0)).toEqual(weights(0));
    expect(weights(0)).not.toEqual(weights(1));
  });

  it('frees all its tensors on dispose', () => {
    const before = tf.memory().numTensors;
    regressionNet({ inputs: 3 }).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    [{ inputs: 1, globalVariance: Number.NaN }, /globalVariance is NaN, expected 'trainable' or a finite number/],
    [{ inputs: 1, globalVariance: 'fixed' }, /globalVariance is "fixed", expected 'trainable' or a finite number/],
    [{ inputs: 1, hidden: [0] }, /^regressionNet: hidden\[0\] is 0/],
    [{ inputs: 1, outputs: 2 }, /^regressionNet: option outputs is unknown/],
    [{ inputs: 1, seed: Number.POSITIVE_INFINITY }, /^regressionNet: seed is Infinity/],
  ])('rejects %o', (options, message) => {
    expect(() => regressionNet(options as Parameters<typeof regressionNet>[0])).toThrow(message);
  });
});

describeNetworkGolden('networks-regnet-13-50-2.json', () => regressionNet({ inputs: 13 }));
describeNetworkGolden('networks-regnet-13-50-2-fixed-variance.json', () =>
  regressionNet({ inputs: 13, globalVariance: -15 }),
);
