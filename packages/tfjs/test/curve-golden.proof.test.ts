import { arraysDataset, categoricalLikelihood, randomSource, sgd } from '@subspace/core';
import { bezierCurve } from '@subspace/curves';
import { layersNetwork } from '@subspace/tfjs';
import { describeGolden, formulaArray, readGolden } from '@subspace-internal/testing';
import { expect, it } from 'vitest';
import { describeBackends, expectClose } from './backends.ts';
import { flatFromTorch, formulaImages, formulaLabels, preResNet8 } from './golden-networks.ts';
import { disposeModel } from './networks.ts';

const normOf = (values: ArrayLike<number>) => Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0));
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i], 0);

// On cpu, which has a gradient of convolutions: it takes seconds.
describeBackends('a curve of networks with batch norm', () => {
  describeGolden('curves-batchnorm.json', (golden) => {
    const setUp = () => {
      const net = preResNet8();
      const network = layersNetwork(net);
      const { names, kinds, std } = golden.network;
      const { shapes } = readGolden('networks-preresnet8.json').parameters as { shapes: number[][] };
      const own: Record<string, string> = {
        conv: 'kernel',
        dense: 'kernel',
        gamma: 'gamma',
        beta: 'beta',
        bias: 'bias',
      };
      const places = names.map((name: string, k: number) =>
        network.layout.entries.findIndex(
          (entry) => entry.name === `${name.slice(0, name.lastIndexOf('.'))}/${own[kinds[k]]}`,
        ),
      );
      expect(places).not.toContain(-1);
      const flat = (tensors: readonly (readonly number[])[]) =>
        flatFromTorch(tensors.flat(), shapes, network.layout, places);
      const lengths = shapes.map((shape) => shape.reduce((a, b) => a * b, 1));
      const bends = [0, 1, 2].map((bend) =>
        flat(
          lengths.map((length, k) => {
            const salt = 7000 + 200 * bend + k;
            if (kinds[k] !== 'gamma') return [...formulaArray(length, salt, std[k])];
            return [...formulaArray(length, salt, 1)].map((value) => 1 + 0.1 * value);
          }),
        ),
      );
      // One direction over all weights, in PyTorch's order.
      const whole = [...formulaArray(network.layout.size, golden.train.gradient.directionSalt, 1)];
      let offset = 0;
      const direction = flat(
        lengths.map((length) => {
          offset += length;
          return whole.slice(offset - length, offset);
        }),
      );
      const { sizes, imageSalts, labelSalt } = golden.batches;
      const images = sizes.map((size: number, k: number) => formulaImages(size, imageSalts[k]));
      const all = Float32Array.from(images.flatMap(({ data }: { data: Float32Array }) => [...data]));
      const first = arraysDataset({ inputs: images[0], targets: formulaLabels(4, labelSalt, 10) });
      const data = arraysDataset({
        inputs: { data: all, shape: [10, 32, 32, 3] },
        targets: { data: new Int32Array(10), shape: [10] },
      });
      return { net, network, bends, direction, images, first, data, curve: bezierCurve(bends) };
    };

    it('has the gradients of the reference at its bends, by statistics of the batch', async () => {
      const { net, network, bends, direction, first, curve } = setUp();
      const points = { points: bends };
      const trainer = network.trainer(first, categoricalLikelihood(), sgd(), points);
      // Float32 steps of 1 off weights of about 1 leave the gradient to 1e-7 an entry.
      await trainer.step(Int32Array.of(0, 1, 2, 3), 1, randomSource(1), curve.coefficients(golden.t));
      expect((await trainer.takeLoss()).sum / 4).toBeCloseTo(golden.train.crossEntropyMean, 5);
      const { perBendNorm, perBendInnerProduct } = golden.train.gradient;
      (await trainer.points()).forEach((point, k) => {
        const gradient = bends[k].map((value, i) => value - point[i]);
        expect(normOf(gradient)).toBeCloseTo(perBendNorm[k], 4);
        expect(dot(gradient, direction)).toBeCloseTo(perBendInnerProduct[k], 4);
      });
      trainer.dispose();
      network.dispose();
      disposeModel(net);
    });

    it('is the network at w(t) once its statistics are refreshed', async () => {
      const { net, network, images, data, curve } = setUp();
      const weights = curve.point(golden.t);
      expect(dot(weights, weights)).toBeCloseTo(golden.train.l2.float64, 3);
      const statistics = await network.refreshStatistics!(weights, data, { batchSize: 4 });
      const { data: logits } = await network.predict(images[0], { weights, statistics });
      expectClose(logits, golden.refresh.evalLogits.float64.flat(), { absolute: 1e-5 });
      network.dispose();
      disposeModel(net);
    });
  });
}, ['cpu']);
