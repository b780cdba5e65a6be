import { mlp } from '@subspace/models';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import './cpu.ts';
import { describeNetworkGolden } from './networks-golden.ts';

const weightsOf = (options: Parameters<typeof mlp>[0]): number[][] => {
  const model = mlp(options);
  const values = model.getWeights().map((tensor) => [...tensor.dataSync()]);
  model.dispose();
  return values;
};

describe('mlp', () => {
  it('is by default the original: two hidden layers of 7', () => {
    const model = mlp({ inputs: 1 });
    expect(model.trainableWeights.map((weight) => weight.shape)).toEqual([[1, 7], [7], [7, 7], [7], [7, 1], [1]]);
    expect(model.trainableWeights.map((weight) => weight.originalName)).toEqual([
      'linear0/kernel',
      'linear0/bias',
      'linear1/kernel',
      'linear1/bias',
      'linear2/kernel',
      'linear2/bias',
    ]);
    model.dispose();
  });

  it('computes what its weights say, for a hidden layer of one tanh unit', () => {
    const model = mlp({ inputs: 2, hidden: [1], outputs: 2, activation: 'tanh' });
    const result = tf.tidy(() => {
      model.setWeights([
        tf.tensor2d([[0.5], [-1]]),
        tf.tensor1d([0.25]),
        tf.tensor2d([[2, -3]]),
        tf.tensor1d([0.5, 1]),
      ]);
      return [...(model.predict(tf.tensor2d([[1, 0.5]])) as tf.Tensor).dataSync()];
    });
    const unit = Math.tanh(0.5 * 1 - 1 * 0.5 + 0.25);
    expect(result[0]).toBeCloseTo(2 * unit + 0.5, 6);
    expect(result[1]).toBeCloseTo(-3 * unit + 1, 6);
    model.dispose();
  });

  it('is a linear model where hidden is empty', () => {
    const model = mlp({ inputs: 3, hidden: [] });
    expect(model.countParams()).toBe(4);
    model.dispose();
  });

  it('starts from the same weights for the same seed, and from others for another, 0 and strings included', () => {
    expect(weightsOf({ inputs: 3, seed: 0 })).toEqual(weightsOf({ inputs: 3 }));
    expect(weightsOf({ inputs: 3, seed: 'a' })).toEqual(weightsOf({ inputs: 3, seed: 'a' }));
    expect(weightsOf({ inputs: 3, seed: 0 })).not.toEqual(weightsOf({ inputs: 3, seed: 1 }));
    expect(weightsOf({ inputs: 3, seed: 'a' })).not.toEqual(weightsOf({ inputs: 3, seed: 'b' }));
  });

  it('starts from kernels and biases uniform on ±1/√fan_in', () => {
    const [kernel, bias] = weightsOf({ inputs: 25, hidden: [4000], seed: 3 });
    for (const values of [kernel, bias]) {
      const bound = 1 / Math.sqrt(25);
      const n = values.length;
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(Math.fround(bound));
      const mean = values.reduce((sum, value) => sum + value, 0) / n;
      const square = values.reduce((sum, value) => sum + value * value, 0) / n;
      // Uniform on ±b: variance b²/3; var(x²) = b⁴/5 − b⁴/9 = 4b⁴/45. Four standard errors.
      expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(bound ** 2 / 3 / n));
      expect(Math.abs(square - bound ** 2 / 3)).toBeLessThan(4 * Math.sqrt((4 * bound ** 4) / 45 / n));
    }
  });

  it('draws a kernel in the order of PyTorch, [out, in]', () => {
    const [kernel, bias] = weightsOf({ inputs: 1, hidden: [3], seed: 5 });
    const [wide] = weightsOf({ inputs: 4, hidden: [1], seed: 5 });
    // Both networks read the same four numbers first: three weights and a bias, or four weights at half the bound.
    [...kernel, bias[0]].forEach((value, i) => {
      expect(wide[i]).toBeCloseTo(value / 2, 6);
    });
    const [square] = weightsOf({ inputs: 4, hidden: [2], seed: 5 });
    expect([square[0], square[2], square[4], square[6]]).toEqual(wide);
  });

  it('frees all its tensors on dispose', () => {
    const before = tf.memory().numTensors;
    const model = mlp({ inputs: 3 });
    expect(tf.memory().numTensors).toBe(before + 6);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    [{ inputs: 0 }, 'mlp: inputs is 0, expected an integer of at least 1'],
    [{}, 'mlp: inputs is undefined, expected an integer of at least 1'],
    [{ inputs: 1, outputs: 1.5 }, 'mlp: outputs is 1.5, expected an integer of at least 1'],
    [{ inputs: 1, hidden: 7 }, 'mlp: hidden is 7, expected an array of layer sizes'],
    [{ inputs: 1, hidden: [7, -1] }, 'mlp: hidden[1] is -1, expected an integer of at least 1'],
    [{ inputs: 1, activation: 'gelu' }, /^mlp: activation is "gelu", expected one of relu, tanh/],
    [{ inputs: 1, seed: Number.NaN }, 'mlp: seed is NaN, expected a finite number or a string'],
    [{ inputs: 1, layers: 2 }, /^mlp: option layers is unknown/],
    [undefined, 'mlp: options is undefined, expected an object'],
  ])('rejects %o', (options, message) => {
    const before = tf.memory().numTensors;
    expect(() => mlp(options as Parameters<typeof mlp>[0])).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describeNetworkGolden('networks-mlp.json', () => mlp({ inputs: 1 }), 0.5);
