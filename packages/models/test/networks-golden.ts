import { describeGolden, formulaArray } from '@subspace-internal/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { afterEach, beforeEach, expect, it } from 'vitest';

/** A network against the original code's PyTorch: count, shapes, outputs, loss and gradient at the formula's weights. */
export function describeNetworkGolden(file: string, build: () => LayersModel, noiseVariance?: number): void {
  describeGolden(file, (golden) => {
    let model: LayersModel;
    beforeEach(() => {
      model = build();
    });
    afterEach(() => {
      model.dispose();
    });

    it('has the original parameters in the original order', () => {
      expect(model.countParams()).toBe(golden.parameters.count);
      const shapes = model.trainableWeights.map((weight) => [...weight.shape].reverse());
      expect(shapes).toEqual(golden.parameters.shapes);
    });

    it('gives the original outputs', () => {
      setFormulaWeights(model, golden);
      const outputs = tf.tidy(() => (model.predict(batch(golden).x) as tf.Tensor).arraySync()) as number[][];
      golden.outputs.float64.forEach((row: number[], n: number) => {
        row.forEach((value, m) => {
          expect(Math.abs(outputs[n][m] - value)).toBeLessThan(golden.outputs.tolerance);
        });
      });
    });

    it('gives the original loss of each point and gradient of their sum', () => {
      setFormulaWeights(model, golden);
      const { x, y } = batch(golden);
      const losses = () => {
        const outputs = model.apply(x) as tf.Tensor;
        const mean = tf.slice(outputs, [0, 0], [-1, 1]);
        const variance =
          noiseVariance === undefined ? tf.slice(outputs, [0, 1], [-1, 1]) : tf.fill(y.shape, noiseVariance);
        const misfit = tf.div(tf.squaredDifference(y, mean), tf.mul(variance, 2));
        return noiseVariance === undefined ? tf.add(misfit, tf.mul(0.5, tf.log(variance))) : misfit;
      };
      const perPoint = tf.tidy(() => losses().dataSync());
      golden.perPointLoss.float64.forEach((value: number, n: number) => {
        expect(Math.abs(perPoint[n] - value)).toBeLessThan(golden.perPointLoss.tolerance);
      });

      const { value, grads } = tf.variableGrads(() => tf.sum(losses()) as tf.Scalar);
      const { norm, innerProduct, toleranceRelativeToNorm } = golden.gradientOfLossSum;
      model.trainableWeights.forEach((weight, k) => {
        const direction = formulaArray(weight.read().size, 500_000 + golden.provenance.seed * 1000 + k, 1);
        const gradient = pytorchOrder(grads[weight.name]);
        const length = Math.hypot(...gradient);
        const inner = gradient.reduce((sum, g, i) => sum + g * direction[i], 0);
        expect(Math.abs(length - norm.float64[k])).toBeLessThan(toleranceRelativeToNorm * norm.float64[k]);
        expect(Math.abs(inner - innerProduct.float64[k])).toBeLessThan(toleranceRelativeToNorm * norm.float64[k]);
      });
      tf.dispose([x, y, value, grads]);
    });
  });
}

// biome-ignore lint/suspicious/noExplicitAny: a golden file is plain JSON
function setFormulaWeights(model: LayersModel, golden: any): void {
  const { shapes, std } = golden.parameters;
  model.trainableWeights.forEach((weight, k) => {
    const size = shapes[k].reduce((product: number, length: number) => product * length, 1);
    const values = Float32Array.from(formulaArray(size, golden.provenance.seed * 1000 + k, std[k]));
    tf.tidy(() => {
      const tensor = tf.tensor(values, shapes[k]);
      weight.write(shapes[k].length === 2 ? tf.transpose(tensor) : tensor);
    });
  });
}

// biome-ignore lint/suspicious/noExplicitAny: a golden file is plain JSON
function batch(golden: any): { x: tf.Tensor2D; y: tf.Tensor2D } {
  const { size, inputSalt, targetSalt, std } = golden.batch;
  const inputs = golden.parameters.shapes[0][1];
  return {
    x: tf.tensor2d(Float32Array.from(formulaArray(size * inputs, inputSalt, std)), [size, inputs]),
    y: tf.tensor2d(Float32Array.from(formulaArray(size, targetSalt, std)), [size, 1]),
  };
}

function pytorchOrder(gradient: tf.Tensor): number[] {
  return tf.tidy(() => [...(gradient.rank === 2 ? tf.transpose(gradient) : gradient).dataSync()]);
}
