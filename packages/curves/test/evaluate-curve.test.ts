import {
  arraysDataset,
  binaryLikelihood,
  categoricalLikelihood,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
} from '@subspace/core';
import { bezierCurve, evaluateCurve, polygonalCurve } from '@subspace/curves';
import { denseNetwork } from '@subspace/dense';
import { describeGolden } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { goldenBends } from './golden-bends.ts';
import { goldenData, goldenNetwork } from './golden-problem.ts';

/** y = a·x + b on x = ±1, y = 0: mean squared error a² + b². */
const line = () => ({
  network: denseNetwork({ sizes: [1, 1], seed: 1, threads: 1 }),
  data: arraysDataset({
    inputs: { data: Float32Array.of(-1, 1), shape: [2, 1] },
    targets: { data: Float32Array.of(0, 0), shape: [2, 1] },
  }),
  curve: bezierCurve([Float32Array.of(-1, 0), Float32Array.of(0, 2), Float32Array.of(1, 0)]),
  likelihood: gaussianLikelihood({ variance: 1 }),
});

describe('evaluateCurve', () => {
  it('has loss, NLL and error along curve and line, and their summaries', async () => {
    const { network, data, curve, likelihood } = line();
    const options = { likelihood, points: 5, weightDecay: 0.5 };
    const { times, curve: along, line: straight } = await evaluateCurve(network, data, curve, options);
    expect([...times]).toEqual([0, 0.25, 0.5, 0.75, 1]);
    // Along the line a = −1, −½, 0, ½, 1; b = 0.
    const squares = [1, 0.25, 0, 0.25, 1];
    const constant = 0.5 * Math.log(2 * Math.PI);
    expect([...straight.distances]).toEqual([0, 0.5, 1, 1.5, 2]);
    squares.forEach((square, i) => {
      expect(straight.error.values[i]).toBeCloseTo(Math.sqrt(square), 6);
      expect(straight.nll.values[i]).toBeCloseTo(constant + square / 2, 6);
      expect(straight.loss.values[i]).toBeCloseTo(constant + square / 2 + 0.25 * square, 6);
      expect(straight.accuracy.values[i]).toBeNaN();
    });
    expect(straight.error).toMatchObject({ minimum: 0, maximum: 1, average: 0.6, integral: 0.5 });
    // Half-way along the curve, a = 0 and b = 1.
    expect(along.error.values[2]).toBeCloseTo(1, 6);
    expect(along.distances[4]).toBeLessThan(curve.length());
    expect(along.distances[4]).toBeGreaterThan(2);
    network.dispose();
  });

  it('counts the rows that a classifier gets wrong, by logits of several classes and of one', async () => {
    const x = { data: Float32Array.of(-2, -1, 1, 2), shape: [4, 1] };
    const start = Float32Array.of(1, 0);
    const two = denseNetwork({ sizes: [1, 1], seed: 1, threads: 1 });
    const binary = arraysDataset({ inputs: x, targets: { data: Float32Array.of(0, 0, 1, 0), shape: [4, 1] } });
    const turned = bezierCurve([start, Float32Array.of(-1, 0)]);
    const found = await evaluateCurve(two, binary, turned, { likelihood: binaryLikelihood(), points: 2 });
    expect([...found.curve.error.values]).toEqual([0.25, 0.75]);
    expect([...found.curve.accuracy.values]).toEqual([0.75, 0.25]);

    const three = denseNetwork({ sizes: [1, 3], seed: 1, threads: 1 });
    const labels = arraysDataset({ inputs: x, targets: { data: Int32Array.of(0, 0, 2, 1), shape: [4] } });
    // Logits −x, 0, x: class 0 on the left, 2 on the right.
    const sorted = bezierCurve([Float32Array.of(-1, 0, 1, 0, 0, 0), Float32Array.of(1, 0, -1, 0, 0, 0)]);
    const classes = await evaluateCurve(three, labels, sorted, { likelihood: categoricalLikelihood(), points: 2 });
    expect([...classes.curve.accuracy.values]).toEqual([0.75, 0]);
    two.dispose();
    three.dispose();
  });

  it('takes the error of the means under learnt noise, and row weights into the NLL', async () => {
    const network = denseNetwork({ sizes: [1, 2], head: 'heteroscedastic', seed: 1, threads: 1 });
    const { inputs, targets } = line().data.arrays!;
    const data = arraysDataset({ inputs, targets, rowWeights: Float32Array.of(2, 0) });
    const weights = await network.readWeights();
    const curve = bezierCurve([weights, weights.map((value) => value + 1)]);
    const likelihood = heteroscedasticGaussianLikelihood();
    const { curve: along } = await evaluateCurve(network, data, curve, { likelihood, points: 2 });
    const outputs = await network.predict(inputs, { weights });
    expect(along.error.values[0]).toBeCloseTo(Math.hypot(outputs.data[0], outputs.data[2]) / Math.SQRT2, 6);
    const [mean, variance] = outputs.data;
    expect(along.nll.values[0]).toBeCloseTo(0.5 * Math.log(2 * Math.PI * variance) + mean ** 2 / (2 * variance), 5);
    network.dispose();
  });

  it('does not depend on how many rows it takes at a time, and leaves the network as it is', async () => {
    const network = goldenNetwork();
    const before = await network.readWeights();
    const options = { likelihood: categoricalLikelihood(), points: 3 };
    const curve = polygonalCurve(goldenBends(4), { layout: network.layout });
    const whole = await evaluateCurve(network, goldenData(), curve, options);
    const parts = await evaluateCurve(network, goldenData(), curve, { ...options, batchSize: 5 });
    whole.curve.nll.values.forEach((value, i) => {
      expect(parts.curve.nll.values[i]).toBeCloseTo(value, 12);
    });
    expect(await network.readWeights()).toEqual(before);
    network.dispose();
  });

  it('tells how far it is, and can be cancelled', async () => {
    const { network, data, curve, likelihood } = line();
    const seen: number[] = [];
    await evaluateCurve(network, data, curve, {
      likelihood,
      points: 3,
      onProgress: ({ point, of }) => seen.push(point, of),
    });
    expect(seen).toEqual([1, 6, 2, 6, 3, 6, 4, 6, 5, 6, 6, 6]);
    const signal = { aborted: true };
    const cancelled = evaluateCurve(network, data, curve, { likelihood, signal });
    await expect(cancelled).rejects.toMatchObject({ code: 'ABORTED' });
    network.dispose();
  });

  it('refuses a curve of another network, and options that are none', async () => {
    const { network, data, curve, likelihood } = line();
    const other = bezierCurve([new Float32Array(3), new Float32Array(3).fill(1)]);
    await expect(evaluateCurve(network, data, other, { likelihood })).rejects.toThrow(
      'evaluateCurve: curve has 3 weights, expected 2 as the network',
    );
    const named = bezierCurve(goldenBends(3), { layout: goldenNetwork().layout });
    await expect(evaluateCurve(network, data, named, { likelihood })).rejects.toThrow('evaluateCurve: curve has');
    await expect(evaluateCurve(network, data, curve, { likelihood, points: 1 })).rejects.toThrow('points is 1');
    await expect(evaluateCurve(network, data, curve, { likelihood, weightDecay: -1 })).rejects.toThrow(
      'weightDecay is -1',
    );
    await expect(evaluateCurve(network, data, curve, { likelihood, t: 3 } as never)).rejects.toThrow(
      'option t is unknown',
    );
    await expect(evaluateCurve(network, data, undefined as never, { likelihood })).rejects.toThrow(
      'curve is undefined',
    );
    const normed = { ...network, refreshStatistics: () => [] };
    await expect(evaluateCurve(normed, data, curve, { likelihood })).rejects.toThrow(
      'refresh is undefined, but the network has batch norm',
    );
    network.dispose();
  });
});

describeGolden('curves-length.json', (golden) => {
  it('has the profile of the reference: minimum, maximum, average and integral', async () => {
    const network = goldenNetwork();
    for (const { kind, bends, points, chordLength, crossEntropyMean } of golden.cases) {
      const curve = (kind === 'Bezier' ? bezierCurve : polygonalCurve)(goldenBends(bends));
      const options = { likelihood: categoricalLikelihood(), points };
      const { distances, nll } = (await evaluateCurve(network, goldenData(), curve, options)).curve;
      expect(distances[points - 1]).toBeCloseTo(chordLength, 5);
      crossEntropyMean.values.forEach((value: number, i: number) => {
        expect(nll.values[i]).toBeCloseTo(value, 5);
      });
      expect(nll.minimum).toBeCloseTo(crossEntropyMean.min, 5);
      expect(nll.maximum).toBeCloseTo(crossEntropyMean.max, 5);
      expect(nll.average).toBeCloseTo(crossEntropyMean.average, 5);
      expect(nll.integral).toBeCloseTo(crossEntropyMean.alongLength, 5);
    }
    network.dispose();
  });
});
