import type { Collector } from '@subspace/core';
import { collectCallback, layersNetwork } from '@subspace/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { describeBackends } from './backends.ts';
import { denseModel, disposeModel, randomWeights } from './networks.ts';

const collector = () => {
  const snapshots: Float32Array[] = [];
  const moments: Collector = {
    collect: (weights) => void snapshots.push(weights.slice()),
    state: () => ({}),
    restore() {},
  };
  return { snapshots, moments };
};

describeBackends('collectCallback', () => {
  it('collects after the epochs asked for, the last time with the weights the network has then', async () => {
    const net = denseModel([2, 3, 1]);
    const network = layersNetwork(net);
    network.writeWeights(randomWeights(network.layout, 1));
    const optimizer = tf.train.sgd(0.01);
    net.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [tf.ones([4, 2]), tf.ones([4, 1])];
    const { snapshots, moments } = collector();
    await net.fit(x, y, { epochs: 8, verbose: 0, callbacks: collectCallback(moments, { from: 3, every: 2 }) });
    expect(snapshots.length).toBe(3);
    expect(snapshots[2]).toEqual(await network.readWeights());
    expect(snapshots[1]).not.toEqual(snapshots[2]);
    tf.dispose([x, y]);
    optimizer.dispose();
    disposeModel(net);
  });

  it('rejects wrong epochs and unknown options', () => {
    const { moments } = collector();
    expect(() => collectCallback(moments, { from: -1 })).toThrow(
      'collectCallback: from is -1, expected an integer of at least 0',
    );
    expect(() => collectCallback(moments, { from: 0, every: 0 })).toThrow('every is 0');
    expect(() => collectCallback(moments, { start: 0 } as never)).toThrow('option start is unknown');
  });
});
