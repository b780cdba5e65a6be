import type { Optimizer, WeightLayout } from '@subspace/core';
import * as tf from '@tensorflow/tfjs-core';
import { add, multiply, scaled, subtract } from './kernels.ts';

/** What an optimizer remembers of one point: velocity, or both moments, flat [D]. */
export type Memory = readonly tf.Tensor1D[];

export interface OptimizerStep {
  /** Names of the memory's vectors in a saved state. */
  readonly memoryNames: readonly string[];
  /** Point and memory after step number `count` (from 1) along the gradient of loss and penalty. */
  apply(
    point: tf.Tensor1D,
    gradient: tf.Tensor1D,
    memory: Memory,
    rate: number,
    count: number,
  ): readonly [point: tf.Tensor1D, memory: Memory];
  dispose(): void;
}

/** An optimizer's update of flat weights on the device, as PyTorch defines them (see `sgd` and `adam` in core). */
export function optimizerStep(optimizer: Optimizer, layout: WeightLayout): OptimizerStep {
  const factors = rateFactors(optimizer, layout);
  const rateTimes = (rate: number, step: tf.Tensor1D) => {
    const moved = scaled(step, rate);
    return factors ? multiply(moved, factors) : moved;
  };
  const dispose = () => factors?.dispose();
  if (optimizer.kind === 'sgd') {
    const { momentum, nesterov } = optimizer;
    if (momentum === 0) {
      return {
        memoryNames: [],
        apply: (point, gradient, _, rate) => [subtract(point, rateTimes(rate, gradient)), []],
        dispose,
      };
    }
    return {
      memoryNames: ['velocity'],
      apply(point, gradient, [velocity], rate) {
        const moved = add(scaled(velocity, momentum), gradient);
        const along = nesterov ? add(gradient, scaled(moved, momentum)) : moved;
        return [subtract(point, rateTimes(rate, along)), [moved]];
      },
      dispose,
    };
  }
  const { beta1, beta2, epsilon } = optimizer;
  return {
    memoryNames: ['firstMoment', 'secondMoment'],
    apply(point, gradient, [first, second], rate, count) {
      const mean = tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1)) as tf.Tensor1D;
      const square = tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2)) as tf.Tensor1D;
      const scale = tf.add(tf.mul(tf.sqrt(square), 1 / Math.sqrt(decayed(beta2, count))), epsilon);
      const step = tf.div(mean, scale) as tf.Tensor1D;
      return [subtract(point, rateTimes(rate / decayed(beta1, count), step)), [mean, square]];
    },
    dispose,
  };
}

/** Factors of the learning rate [D], where they are not all 1. */
function rateFactors({ biasLearningRateFactor }: Optimizer, layout: WeightLayout): tf.Tensor1D | undefined {
  if (biasLearningRateFactor === 1) return undefined;
  const factors = new Float32Array(layout.size).fill(1);
  layout.entries.forEach(({ shape, offset }, i) => {
    const end = layout.entries[i + 1]?.offset ?? layout.size;
    if (shape.length === 1) factors.fill(biasLearningRateFactor, offset, end);
  });
  return tf.keep(tf.tensor1d(factors));
}

/** 1 − βᵗ: how much of a moment is there after so many steps. (Not by `**`, which rounds otherwise from one Node to the next.) */
function decayed(beta: number, steps: number): number {
  return -Math.expm1(steps * Math.log(beta));
}
