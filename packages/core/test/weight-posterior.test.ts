import { arraysDataset, gaussianLikelihood, type Network, posterior, weightPosterior } from '@subspace/core';
import { cholesky, choleskySolve } from '@subspace/core/internals';
import { describe, expect, it } from 'vitest';
import { lineData } from './line-data.ts';
import { linearNetwork } from './linear-network.ts';

const data = lineData(30, 5);
const likelihood = gaussianLikelihood({ variance: 0.04 });
const priorStd = 1.7;

/** Of the line's three weights: precision XᵀX/σ² + I/σ_w², and where the gradient vanishes. */
function exact(): { precision: Float64Array; mean: Float64Array } {
  const { inputs, targets } = data.arrays!;
  const precision = new Float64Array(9);
  const right = new Float64Array(3);
  for (let row = 0; row < data.size; row++) {
    const x = [inputs.data[2 * row], inputs.data[2 * row + 1], 1];
    for (let i = 0; i < 3; i++) {
      right[i] += (x[i] * targets.data[row]) / 0.04;
      for (let j = 0; j < 3; j++) precision[3 * i + j] += (x[i] * x[j]) / 0.04;
    }
  }
  for (let i = 0; i < 3; i++) precision[4 * i] += 1 / priorStd ** 2;
  return { precision, mean: choleskySolve(cholesky(precision, 3)!, right) };
}

describe('weightPosterior', () => {
  it.each([
    { batchSize: undefined, asynchronous: false },
    { batchSize: 7, asynchronous: true },
  ])('of a line is the Gaussian of the closed form, %o', async ({ batchSize, asynchronous }) => {
    const network = linearNetwork(2, { asynchronous });
    const of = weightPosterior(network, data, { likelihood, priorStd, batchSize });
    expect(of.dim).toBe(3);
    expect(of.rows).toBe(30);
    const { precision, mean } = exact();
    const points = [mean, mean.map((m, k) => m + 0.1 * (k + 1))];
    const [at, away] = await of.valuesAndGradients(points);
    // 1 for the gradients that cancel at the mode, which are some 10³ and in single precision.
    for (const slope of at.gradient) expect(Math.abs(slope)).toBeLessThan(0.02);
    const shift = [0.1, 0.2, 0.3];
    const pull = [0, 1, 2].map((i) => -shift.reduce((sum, s, j) => sum + precision[3 * i + j] * s, 0));
    pull.forEach((p, i) => {
      expect(Math.abs(away.gradient[i] - p)).toBeLessThan(0.05);
    });
    const fall = 0.5 * pull.reduce((sum, p, i) => sum + p * shift[i], 0);
    expect(Math.abs(away.value - at.value - fall)).toBeLessThan(2e-3);
    const values = await of.values(points);
    [at, away].forEach(({ value }, i) => {
      expect(values[i]).toBeCloseTo(value, 2);
    });
  });

  it('is tempered, and gives rows and minibatches', async () => {
    const network = linearNetwork(2);
    const cold = weightPosterior(network, data, { likelihood, priorStd, temperature: 0.5 });
    const w = Float64Array.of(1, -1, 2);
    const rows = await cold.pointwise(w);
    const sum = rows.reduce((total, row) => total + row, 0);
    const prior = -1.5 * Math.log(2 * Math.PI * priorStd ** 2) - 0.5 * (6 / priorStd ** 2);
    const [value] = await cold.values([w]);
    expect(value).toBeCloseTo(sum / 0.5 + prior, 6);
    const halves = await Promise.all(
      [0, 15].map(async (start) => {
        const [part] = await cold.minibatch(
          [w],
          Int32Array.from({ length: 15 }, (_, i) => start + i),
        );
        return part.value;
      }),
    );
    expect((halves[0] + halves[1]) / 2).toBeCloseTo(value, 4);
  });

  it('is NaN where single precision holds no such weights, for samplers to take for −∞', async () => {
    const of = weightPosterior(linearNetwork(2), data, { likelihood, priorStd });
    expect((await of.values([Float64Array.of(1e300, 0, 0)]))[0]).toBeNaN();
  });

  it('has a prior that takes D numbers, not D × D, and draws of it', async () => {
    const { prior } = weightPosterior(linearNetwork(40), wide(40), { likelihood, priorStd });
    expect(prior.cholesky).toEqual(new Float64Array(41).fill(priorStd));
    expect('gaussNewton' in weightPosterior(linearNetwork(2), data, { likelihood, priorStd })).toBe(false);
  });

  it('says what is wrong', () => {
    const network = linearNetwork(2);
    const call = (options: object, of: Network = network) => weightPosterior(of, data, options as never);
    expect(() => call({ likelihood, priorStd: 0 })).toThrow(
      'weightPosterior: priorStd is 0, expected a finite number greater than 0',
    );
    expect(() => call({ likelihood, priorStd, temperature: -1 })).toThrow('weightPosterior: temperature is -1');
    expect(() => call({ likelihood, priorStd, batchSize: 0.5 })).toThrow('weightPosterior: batchSize is 0.5');
    expect(() => call({ likelihood, priorStd, batchNorm: 'refresh' })).toThrow(
      'weightPosterior: option batchNorm is unknown',
    );
    expect(() => call({ priorStd })).toThrow('weightPosterior: likelihood is undefined');
    expect(() => weightPosterior(undefined as never, data, { likelihood, priorStd })).toThrow(
      'weightPosterior: network is undefined',
    );
    expect(() => weightPosterior(network, 3 as never, { likelihood, priorStd })).toThrow('weightPosterior: data is 3');
    expect(() => call({ likelihood, priorStd }, { ...network, refreshStatistics: () => [] })).toThrow(
      'weightPosterior: the network has batch norm',
    );
    const of = call({ likelihood, priorStd });
    expect(() => of.values([new Float64Array(2)])).toThrow('weightPosterior: point has length 2, expected 3');
    of.dispose();
    expect(() => of.values([new Float64Array(3)])).toThrow('the posterior is disposed');
  });

  it('is a posterior like any other: a prior given by its diagonal is the same as by its factor', async () => {
    const { logLikelihood } = weightPosterior(linearNetwork(2), data, { likelihood, priorStd });
    const factor = Float64Array.of(2, 0, 0, 0, 3, 0, 0, 0, 4);
    const mean = Float64Array.of(1, 2, 3);
    const whole = posterior({ logLikelihood, prior: { mean, cholesky: factor } });
    const diagonal = posterior({ logLikelihood, prior: { mean, cholesky: Float64Array.of(2, 3, 4) } });
    const w = Float64Array.of(0.5, -0.25, 1);
    expect((await diagonal.values([w]))[0]).toBeCloseTo((await whole.values([w]))[0], 8);
    const gradients = await Promise.all(
      [whole, diagonal].map(async (of) => (await of.valuesAndGradients([w]))[0].gradient),
    );
    gradients[0].forEach((g, k) => {
      expect(gradients[1][k]).toBeCloseTo(g, 8);
    });
  });
});

function wide(inputs: number) {
  return arraysDataset({
    inputs: { data: new Float32Array(2 * inputs), shape: [2, inputs] },
    targets: { data: new Float32Array(2), shape: [2] },
  });
}
