import { arraysDataset, categoricalLikelihood, randomSource, sgd } from '@subspace/core';
import { layersNetwork } from '@subspace/tfjs';
import { belongs, describeGolden, formulaArray } from '@subspace-internal/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { describeBackends, expectClose } from './backends.ts';
import { flatFromTorch, formulaDirections, formulaImages, formulaWeights, preResNet8 } from './golden-networks.ts';
import { disposeModel } from './networks.ts';

const lengthOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const normOf = (values: ArrayLike<number>) => Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0));
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i], 0);
const rowsTo = (rows: number) => Int32Array.from({ length: rows }, (_, i) => i);

describeBackends('a golden residual network', (backend) => {
  describeGolden('networks-preresnet8.json', (golden) => {
    const setUp = () => {
      const net = preResNet8();
      const network = layersNetwork(net);
      const { seed } = golden.provenance;
      const { shapes, std, kinds, names } = golden.parameters;
      const tensors = { weight: ['kernel', 'gamma'], bias: ['bias', 'beta'] };
      const places = names.map((name: string) => {
        const [layer, kind] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.') + 1)];
        const found = network.layout.entries.findIndex((entry) =>
          tensors[kind as 'weight'].some((own) => entry.name === `${layer}/${own}`),
        );
        expect(found, name).toBeGreaterThanOrEqual(0);
        return found;
      });
      const weights = flatFromTorch(formulaWeights(seed, shapes, std, kinds), shapes, network.layout, places);
      const directions = flatFromTorch(formulaDirections(seed, shapes), shapes, network.layout, places);
      const { channels, names: norms } = golden.batchNorm;
      const order: number[] = net.layers
        .filter((l) => l.getClassName() === 'BatchNormalization')
        .map(({ name }) => norms.indexOf(name));
      const statistics = order.flatMap((k) => [
        Float32Array.from(formulaArray(channels[k], 200000 + seed * 1000 + k, 0.1)),
        Float32Array.from(formulaArray(channels[k], 300000 + seed * 1000 + k, 1), (u) => 1 + 0.2 * Math.abs(u)),
      ]);
      const images = formulaImages(golden.batch.size, golden.batch.imageSalt);
      const labels = { data: Int32Array.from(golden.batch.labels as number[]), shape: [golden.batch.size] };
      const data = arraysDataset({ inputs: images, targets: labels });
      const setStatistics = (values: readonly Float32Array[]) => {
        const layer = net.layers.filter((l) => l.getClassName() === 'BatchNormalization') as unknown as Record<
          string,
          { write(t: tf.Tensor): void }
        >[];
        layer.forEach(({ movingMean, movingVariance }, i) => {
          [movingMean, movingVariance].forEach((variable, j) => {
            const tensor = tf.tensor1d(values[2 * i + j]);
            variable.write(tensor);
            tensor.dispose();
          });
        });
      };
      const requireGradient = (gradient: Float32Array, mode: { gradientOfSum: never; tolerance: never }) => {
        const { norm, innerProduct } = mode.gradientOfSum as Record<string, { float64: number[] }>;
        const { gradientFloor, gradientNorm, gradientInnerProduct } = mode.tolerance as Record<string, number>;
        places.forEach((place: number, k: number) => {
          const { offset, shape } = network.layout.entries[place];
          const part = gradient.subarray(offset, offset + lengthOf(shape));
          const scale = norm.float64[k] + gradientFloor;
          expectClose([normOf(part)], [norm.float64[k]], { absolute: gradientNorm * scale });
          expectClose([dot(part, directions.subarray(offset, offset + part.length))], [innerProduct.float64[k]], {
            absolute: gradientInnerProduct * scale * Math.max(1, Math.sqrt(part.length)),
          });
        });
      };
      const requireStatistics = (found: readonly Float32Array[], expected: never) => {
        const numbers = expected as Record<string, { float64: number[] }> & { tolerance: Record<string, number> };
        order.forEach((k, i) => {
          for (const [j, name, salt] of [
            [0, 'mean', 700000],
            [1, 'var', 800000],
          ] as const) {
            const values = found[2 * i + j];
            expectClose([normOf(values)], [numbers[`${name}Norm`].float64[k]], {
              absolute: numbers.tolerance[`${name}Norm`],
            });
            const direction = Float32Array.from(formulaArray(values.length, salt + seed * 1000 + k, 1));
            expectClose([dot(values, direction)], [numbers[`${name}Inner`].float64[k]], {
              absolute: numbers.tolerance[`${name}Inner`],
            });
          }
        });
      };
      return { net, network, weights, statistics, data, images, setStatistics, requireGradient, requireStatistics };
    };

    // In plain JavaScript each takes ten seconds and more.
    const quick = it.runIf(belongs(backend !== 'cpu'));
    quick('has PyTorch’s logits and gradients in evaluation', async () => {
      const { net, network, weights, statistics, data, images, setStatistics, requireGradient } = setUp();
      const { data: logits } = await network.predict(images, { weights, statistics });
      expectClose(logits, golden.eval.logits.float64.flat(), { absolute: golden.eval.tolerance.logits });
      // In plain JavaScript a gradient takes 14 seconds; training has one there.
      if (backend === 'native') {
        setStatistics(statistics);
        const { loss, gradient } = await network.lossAndGradient(weights, data, rowsTo(6), categoricalLikelihood());
        expectClose([loss], [golden.eval.crossEntropy.sum.float64], {
          absolute: golden.eval.tolerance.crossEntropySum,
        });
        requireGradient(gradient, golden.eval);
      }
      disposeModel(net);
    });

    // TensorFlow.js has no filter gradient on wasm.
    const trains = it.runIf(backend !== 'wasm' && belongs(backend !== 'cpu'));
    trains('has PyTorch’s loss, gradients and running statistics in training', async () => {
      const { net, network, weights, statistics, data, setStatistics, requireGradient, requireStatistics } = setUp();
      network.writeWeights(weights);
      setStatistics(statistics);
      const trainer = network.trainer(data, categoricalLikelihood(), sgd());
      // A large rate, so that the gradient is not lost in the rounding of the weights it is read from.
      const rate = 64;
      await trainer.step(rowsTo(6), rate, randomSource(1));
      const { sum } = await trainer.takeLoss();
      expectClose([sum], [golden.train.crossEntropy.sum.float64], {
        absolute: golden.train.tolerance.crossEntropySum,
      });
      const moved = await network.readWeights();
      requireGradient(
        moved.map((w, i) => (6 * (weights[i] - w)) / rate),
        golden.train,
      );
      const state = await trainer.state();
      const found = statistics.map((_, i) => state[`${i % 2 === 0 ? 'mean' : 'variance'}[${i >> 1}]`] as Float32Array);
      requireStatistics(found, golden.train.runningStatistics as never);
      trainer.dispose();
      disposeModel(net);
    });

    quick('refreshes statistics over three batches as PyTorch does', async () => {
      const { net, network, weights, images, requireStatistics } = setUp();
      const parts = golden.refresh.imageSalts.map((salt: number, i: number) =>
        formulaImages(golden.refresh.batches[i], salt),
      );
      const all = Float32Array.from(parts.flatMap(({ data }: { data: Float32Array }) => Array.from(data)));
      const rows = all.length / 3072;
      const data = arraysDataset({
        inputs: { data: all, shape: [rows, 32, 32, 3] },
        targets: { data: new Int32Array(rows), shape: [rows] },
      });
      const statistics = (await network.refreshStatistics?.(weights, data, {
        batchSize: 6,
      })) as readonly Float32Array[];
      requireStatistics(statistics, golden.refresh.runningStatistics as never);
      const { data: logits } = await network.predict(images, { weights, statistics });
      expectClose(logits, golden.refresh.evalLogits.float64.flat(), { absolute: golden.refresh.evalLogits.tolerance });
      disposeModel(net);
    });
  });
});
