import { mlp, toyRegressionNet } from '@subspace/models';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import './cpu.ts';
import { describeNetworkGolden } from './networks-golden.ts';

describe('toyRegressionNet', () => {
  it('has 15,801 weights and is the mlp of its sizes', () => {
    const toy = toyRegressionNet();
    const same = mlp({ inputs: 2, hidden: [200, 50, 50, 50], outputs: 1, seed: 0 });
    expect(toy.countParams()).toBe(15801);
    toy.getWeights().forEach((tensor, i) => {
      expect([...tensor.dataSync()]).toEqual([...same.getWeights()[i].dataSync()]);
    });
    toy.dispose();
    same.dispose();
  });

  it('frees all its tensors on dispose', () => {
    const before = tf.memory().numTensors;
    toyRegressionNet({ seed: 1 }).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('rejects unknown options and bad seeds by its own name', () => {
    expect(() => toyRegressionNet({ inputs: 2 } as never)).toThrow(/^toyRegressionNet: option inputs is unknown/);
    expect(() => toyRegressionNet({ seed: Number.NaN })).toThrow(/^toyRegressionNet: seed is NaN/);
  });
});

describeNetworkGolden('networks-toyregnet.json', () => toyRegressionNet(), 0.05);
