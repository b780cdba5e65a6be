import {
  arraysDataset,
  binaryLikelihood,
  categoricalLikelihood,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  type Likelihood,
  randomSource,
} from '@subspace/core';
import { outputInformation } from '@subspace/core/internals';
import { type DenseNetworkOptions, denseNetwork } from '@subspace/dense';
import { describe, expect, it } from 'vitest';

const N = 7;
const problems: [name: string, options: DenseNetworkOptions, likelihood: Likelihood][] = [
  ['gaussian, relu', { sizes: [3, 6, 5, 2] }, gaussianLikelihood({ variance: 0.4 })],
  ['gelu, one layer', { sizes: [3, 6, 2], activation: 'gelu' }, gaussianLikelihood({ variance: 0.4 })],
  [
    'heteroscedastic, tanh',
    { sizes: [3, 6, 5, 2], head: 'heteroscedastic', activation: 'tanh' },
    heteroscedasticGaussianLikelihood(),
  ],
  [
    'v fixed, silu',
    { sizes: [3, 6, 2], head: 'heteroscedastic', globalVariance: -1, activation: 'silu' },
    heteroscedasticGaussianLikelihood(),
  ],
  [
    'categorical, with features',
    { sizes: [6, 6, 4], features: { powers: [1, 2], scale: 0.5 } },
    categoricalLikelihood(),
  ],
  ['binary, no hidden layer', { sizes: [3, 1] }, binaryLikelihood()],
];

describe.each(problems)('%s', (_, options, likelihood) => {
  const random = randomSource('rows');
  const inputs = { data: Float32Array.from({ length: 3 * N }, () => random.normal()), shape: [N, 3] };
  const outputs = options.sizes[options.sizes.length - 1];
  const classes = likelihood.kind === 'categorical' || likelihood.kind === 'binary';
  const width = likelihood.kind === 'heteroscedastic-gaussian' ? outputs / 2 : outputs;
  const data = arraysDataset({
    inputs,
    targets: classes
      ? { data: Int32Array.from({ length: N }, (_row, i) => i % 2), shape: [N] }
      : { data: new Float32Array(N * width), shape: [N, width] },
    rowWeights: Float32Array.from({ length: N }, () => 0.5 + random.uniform()),
  });
  const network = denseNetwork({ ...options, seed: 2, threads: 1 });
  const weights = Float32Array.from({ length: network.layout.size }, () => 0.7 * random.normal());
  const D = weights.length;

  it('rows of the Jacobian are what single outputs pull back', async () => {
    const jacobian = network.jacobian(weights, inputs);
    const rows = await jacobian.rows!(2, 6);
    expect(rows.length).toBe(4 * outputs * D);
    for (let row = 2; row < 6; row++) {
      for (let n = 0; n < outputs; n++) {
        const unit = new Float32Array(N * outputs);
        unit[row * outputs + n] = 1;
        const pulled = await jacobian.transposeTimes({ data: unit, shape: [N, outputs] });
        const at = ((row - 2) * outputs + n) * D;
        pulled.forEach((g, i) => {
          expect(Math.abs(rows[at + i] - g)).toBeLessThan(1e-5 * (1 + Math.abs(g)));
        });
      }
    }
    expect(() => jacobian.rows!(0, N + 1)).toThrow('jacobian: end is 8, expected at most 7, the number of rows');
    expect(() => jacobian.rows!(3, 2)).toThrow('jacobian: end is 2, expected an integer of at least 3');
    jacobian.dispose();
  });

  it('Kronecker factors are the second moments of inputs and of what biases feel', async () => {
    const factors = await network.kroneckerFactors!(weights, data, likelihood);
    const jacobian = network.jacobian(weights, inputs);
    const rows = await jacobian.rows!(0, N);
    const predicted = (await network.predict(inputs, { weights })).data;
    const { entries } = network.layout;
    factors.forEach((factor, l) => {
      expect([factor.weight, factor.bias, factor.order]).toEqual([
        entries[2 * l].name,
        entries[2 * l + 1].name,
        'out-in',
      ]);
      const [out, into] = entries[2 * l].shape;
      const bias = entries[2 * l + 1].offset;
      const sum = new Float64Array(out * out);
      for (let row = 0; row < N; row++) {
        const H = outputInformation(likelihood, predicted.subarray(row * outputs, (row + 1) * outputs));
        const g = (n: number, o: number) => rows[(row * outputs + n) * D + bias + o];
        for (let a = 0; a < outputs; a++) {
          for (let b = 0; b < outputs; b++) {
            const weight = data.arrays!.rowWeights![row] * H[a * outputs + b];
            for (let o = 0; o < out; o++) for (let p = 0; p < out; p++) sum[o * out + p] += weight * g(a, o) * g(b, p);
          }
        }
      }
      const scale = Math.max(...sum.map(Math.abs), 1e-12);
      factor.outputs.forEach((value, i) => {
        expect(Math.abs(value - sum[i])).toBeLessThan(1e-5 * scale);
      });
      expect(factor.inputs.length).toBe(into * into);
    });
    // Of the first layer, the inputs themselves; with powers, those come first.
    const total = data.arrays!.rowWeights!.reduce((sum, w) => sum + w, 0);
    const scale = options.features ? 0.5 : 1;
    const side = options.sizes[0];
    for (let i = 0; i < 3; i++) {
      let moment = 0;
      for (let row = 0; row < N; row++) {
        moment += (data.arrays!.rowWeights![row] / total) * (scale * inputs.data[3 * row + i]) ** 2;
      }
      expect(factors[0].inputs[i * side + i]).toBeCloseTo(moment, 5);
    }
    jacobian.dispose();
  });

  it('a custom likelihood has no factors', () => {
    const custom = { kind: 'custom', logDensity: () => 0 } as const;
    expect(() => network.kroneckerFactors!(weights, data, custom)).toThrow(
      'kroneckerFactors: likelihood is a custom one',
    );
  });
});
