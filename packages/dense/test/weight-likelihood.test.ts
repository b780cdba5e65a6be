import { arraysDataset, gaussianLikelihood, randomSource, subspace } from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { describe, expect, it } from 'vitest';

const random = randomSource('weights');
const normals = (length: number) => Float32Array.from({ length }, random.normal);
const rows = 37;
const data = arraysDataset({
  inputs: { data: normals(2 * rows), shape: [rows, 2] },
  targets: { data: normals(rows), shape: [rows, 1] },
  rowWeights: Float32Array.from({ length: rows }, random.uniform),
});
const likelihood = gaussianLikelihood({ variance: 0.2 });
const sizes = [2, 30, 20, 1];

describe('weightLikelihood', () => {
  it.each(['typescript', 'auto'] as const)('says what a subspace through the weights says, %s', async (kernels) => {
    const network = denseNetwork({ sizes, kernels, seed: 1 });
    const { layout } = network;
    const at = network.weightLikelihood!(data, likelihood);
    const [first, second] = [normals(layout.size), normals(layout.size)].map((w) => w.map((x) => 0.3 * x));
    // The same answers, whatever was asked before.
    for (const weights of [first, second, first]) {
      const line = subspace({ layout, shift: weights, basis: [normals(layout.size)] });
      const fused = network.subspaceLikelihood(line, data, likelihood);
      const [value] = await fused.values([Float64Array.of(0)]);
      expect(Math.abs((await at.value(weights)) - value)).toBeLessThan(1e-5 * Math.abs(value));
      const pointwise = await at.pointwise(weights);
      (await fused.pointwise(Float64Array.of(0))).forEach((density, i) => {
        expect(pointwise[i]).toBeCloseTo(density, 4);
      });
      const few = Int32Array.of(3, 3, 20);
      for (const some of [undefined, few]) {
        const found = await at.valueAndGradient(weights, some);
        const { gradient } = found;
        const all = some ?? Int32Array.from({ length: rows }, (_, i) => i);
        const expected = await network.lossAndGradient(weights, data, all, likelihood);
        expect(found.value).toBe(-expected.loss);
        expect(gradient).toEqual(expected.gradient.map((g) => -g));
      }
      fused.dispose();
    }
    at.dispose();
    network.dispose();
  });

  it('refuses weights that are none, likelihoods without derivatives, and calls after the end', () => {
    const network = denseNetwork({ sizes, seed: 1 });
    const at = network.weightLikelihood!(data, likelihood);
    expect(() => at.value(normals(3))).toThrow('value: weights has length 3, expected');
    expect(() => network.weightLikelihood!(data, likelihood, { batchSize: 0 })).toThrow(
      'weightLikelihood: batchSize is 0',
    );
    expect(() => network.weightLikelihood!(data, { kind: 'custom', logDensity: () => 0 })).toThrow(
      'weightLikelihood: likelihood is a custom one',
    );
    const weights = normals(network.layout.size);
    for (const [some, problem] of [
      [Int32Array.of(), 'rows has length 0, expected 1 to 37'],
      [new Int32Array(38), 'rows has length 38, expected 1 to 37'],
      [Int32Array.of(0, 37), 'rows[1] is 37, expected 0 to 36'],
      [Int32Array.of(-1), 'rows[0] is -1, expected 0 to 36'],
    ] as const) {
      expect(() => at.valueAndGradient(weights, some)).toThrow(`valueAndGradient: ${problem}`);
    }
    at.dispose();
    expect(() => at.pointwise(normals(network.layout.size))).toThrow('pointwise: the likelihood is disposed');
    network.dispose();
  });
});
