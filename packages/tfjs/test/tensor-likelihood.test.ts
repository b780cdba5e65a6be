import { gaussianLikelihood } from '@subspace/core';
import { layersNetwork, tensorLikelihood } from '@subspace/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { describeBackends, expectClose } from './backends.ts';
import { denseModel, disposeModel, randomData, randomSubspace } from './networks.ts';

const point = Float64Array.of(0.3, -0.4);

describeBackends('tensorLikelihood', () => {
  it('gives what the named likelihood gives, where it is the same', async () => {
    const variance = 0.3;
    const named = gaussianLikelihood({ variance });
    const own = tensorLikelihood({
      logDensity: (outputs, targets) => {
        const squares = tf.sum<tf.Tensor1D>(tf.square(tf.sub(targets, outputs)), 1);
        return tf.sub(-Math.log(2 * Math.PI * variance), tf.mul(squares, 0.5 / variance));
      },
      information: (outputs) =>
        tf.tile(tf.expandDims(tf.mul(tf.eye(2), 1 / variance), 0) as tf.Tensor3D, [outputs.shape[0], 1, 1]),
    });
    const net = denseModel([2, 6, 2]);
    const network = layersNetwork(net);
    const data = randomData(14, [2], { means: 2 }, true);
    const plane = randomSubspace(network.layout, 2, 1);
    const [a, b] = [named, own].map((likelihood) =>
      network.subspaceLikelihood(plane, data, likelihood, { batchSize: 5 }),
    );
    expectClose(await b.values([point]), await a.values([point]), { relative: 1e-5 });
    const [[fromA], [fromB]] = [await a.valuesAndGradients([point]), await b.valuesAndGradients([point])];
    expectClose(fromB.gradient, fromA.gradient, { relative: 1e-4 });
    expectClose(await b.gaussNewton(point), await a.gaussNewton(point), { relative: 1e-4 });
    expectClose(await b.pointwise(point), await a.pointwise(point), { relative: 1e-5 });
    expectClose([own.logDensity(Float64Array.of(1, 2), [0, 3])], [named.logDensity(Float64Array.of(1, 2), [0, 3])], {
      absolute: 1e-5,
    });
    a.dispose();
    b.dispose();
    disposeModel(net);
  });

  it('takes a float64 reference of one row', () => {
    const likelihood = tensorLikelihood({
      logDensity: (outputs) => tf.sum(outputs, 1),
      reference: (outputs) => 10 * outputs[0],
    });
    expect(likelihood.logDensity(Float64Array.of(0.1), [0])).toBe(1);
  });

  it('rejects what is no function, what returns no row values, and a Gauss–Newton matrix without information', () => {
    expect(() => tensorLikelihood({} as never)).toThrow(
      'tensorLikelihood: logDensity is undefined, expected a function of tensors',
    );
    expect(() => tensorLikelihood({ logDensity: () => tf.zeros([1]), density: 1 } as never)).toThrow(
      'option density is unknown',
    );
    const net = denseModel([2, 3, 1]);
    const network = layersNetwork(net);
    const data = randomData(5, [2], { means: 1 });
    const plane = randomSubspace(network.layout, 2, 1);
    const matrix = network.subspaceLikelihood(
      plane,
      data,
      tensorLikelihood({ logDensity: (outputs) => outputs as never }),
    );
    expect(() => matrix.values([point])).toThrow(
      'logDensity returned shape [5, 1], expected [5], a value for each row',
    );
    const plain = network.subspaceLikelihood(
      plane,
      data,
      tensorLikelihood({ logDensity: (outputs) => tf.sum(outputs, 1) }),
    );
    expect(() => plain.gaussNewton(point)).toThrow('likelihood has no information');
    matrix.dispose();
    plain.dispose();
    disposeModel(net);
  });
});
