import {
  arraysDataset,
  binaryLikelihood,
  categoricalLikelihood,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  type Likelihood,
  randomSource,
} from '@subspace/core';
import { type Activation, type DenseNetworkOptions, denseNetwork } from '@subspace/dense';
import { describeGolden, formulaArray, formulaHash } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';

const random = randomSource('hessian');
const rows = Int32Array.from({ length: 12 }, (_, i) => i);
const problems: [name: string, options: DenseNetworkOptions, likelihood: Likelihood, targets: number][] = [
  ['gaussian, two targets', { sizes: [3, 6, 5, 2] }, gaussianLikelihood({ variance: 0.4 }), 2],
  ['heteroscedastic', { sizes: [3, 6, 2], head: 'heteroscedastic' }, heteroscedasticGaussianLikelihood(), 1],
  [
    'heteroscedastic, v fixed, two targets',
    { sizes: [3, 6, 4], head: 'heteroscedastic', globalVariance: -1 },
    heteroscedasticGaussianLikelihood(),
    2,
  ],
  ['categorical', { sizes: [3, 6, 4] }, categoricalLikelihood(), 0],
  ['binary', { sizes: [3, 6, 1] }, binaryLikelihood(), 0],
];

describe('hessianTimes is the derivative of the gradient along v', () => {
  const activations: Activation[] = ['identity', 'tanh', 'gelu', 'silu'];
  for (const [name, options, likelihood, targets] of problems) {
    it.each(activations)(`${name}, %s`, async (activation) => {
      const inputs = Float32Array.from({ length: 36 }, () => random.normal());
      const data = arraysDataset({
        inputs: { data: inputs, shape: [12, 3] },
        targets:
          targets === 0
            ? { data: rows.map((r) => r % Math.max(2, options.sizes[2])), shape: [12] }
            : { data: Float32Array.from({ length: 12 * targets }, () => random.normal()), shape: [12, targets] },
        rowWeights: Float32Array.from({ length: 12 }, () => 0.5 + random.uniform()),
      });
      const network = denseNetwork({ ...options, activation, seed: 3 });
      const weights = await network.readWeights();
      const v = weights.map(() => random.normal());
      const step = 2e-3;
      const gradientAt = async (t: number) => {
        const moved = weights.map((w, i) => w + t * v[i]);
        return (await network.lossAndGradient(moved, data, rows, likelihood)).gradient;
      };
      const [up, down] = [await gradientAt(step), await gradientAt(-step)];
      const differences = up.map((g, i) => (g - down[i]) / (2 * step));
      const product = await network.hessianTimes!(weights, v, data, rows, likelihood);
      const scale = Math.max(...differences.map(Math.abs));
      product.forEach((p, i) => {
        expect(Math.abs(p - differences[i])).toBeLessThan(2e-3 * scale);
      });
      // H is symmetric: u·Hv = v·Hu.
      const u = weights.map(() => random.normal());
      const other = await network.hessianTimes!(weights, u, data, rows, likelihood);
      const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i], 0);
      expect(Math.abs(dot(u, product) - dot(v, other))).toBeLessThan(1e-5 * scale * weights.length);
    });
  }

  it('refuses what it cannot differentiate, and wrong sizes', () => {
    const network = denseNetwork({ sizes: [1, 1] });
    const one = { data: Float32Array.of(1), shape: [1, 1] };
    const data = arraysDataset({ inputs: one, targets: one });
    const w = new Float32Array(2);
    const custom = { kind: 'custom', logDensity: () => 0 } as const;
    const first = Int32Array.of(0);
    expect(() => network.hessianTimes!(w, w, data, first, custom)).toThrow(/hessianTimes: likelihood is a custom one/);
    expect(() =>
      network.hessianTimes!(w, new Float32Array(3), data, first, gaussianLikelihood({ variance: 1 })),
    ).toThrow('hessianTimes: v has length 3, expected 2');
    expect(() => network.hessianTimes!(w, w, data, new Int32Array(0), gaussianLikelihood({ variance: 1 }))).toThrow(
      /hessianTimes: rows is empty/,
    );
  });
});

const golden: [file: string, options: DenseNetworkOptions, likelihood: (variance: number) => Likelihood][] = [
  ['hessian-mlp-regression', { sizes: [1, 7, 7, 1] }, (variance) => gaussianLikelihood({ variance })],
  ['hessian-mlp-classification', { sizes: [4, 7, 7, 3] }, () => categoricalLikelihood()],
  [
    'hessian-regnet-heteroscedastic',
    { sizes: [4, 10, 2], head: 'heteroscedastic' },
    () => heteroscedasticGaussianLikelihood(),
  ],
];

for (const [file, options, likelihoodOf] of golden) {
  describeGolden(`${file}.json`, (values) => {
    it('has the Hessian of PyTorch, times a vector', async () => {
      const { seed } = values.provenance;
      const { points } = values.data;
      const outputs = options.sizes[options.sizes.length - 1];
      const network = denseNetwork(options);
      expect(network.layout.size).toBe(values.network.D);
      const weights = Float32Array.from(
        network.layout.entries.flatMap(({ shape }, k) => [
          ...formulaArray(
            shape.reduce((a, b) => a * b, 1),
            seed * 1000 + k,
            values.network.std[k],
          ),
        ]),
      );
      const v = Float32Array.from(formulaArray(weights.length, values.vectorSalt, 1));
      const inputs = Float32Array.from(formulaArray(points * options.sizes[0], 100_000 + seed * 1000, 1));
      const likelihood = likelihoodOf(values.noiseVariance);
      const targets =
        likelihood.kind === 'categorical'
          ? Int32Array.from({ length: points }, (_, i) => formulaHash(i, 150_000 + seed * 1000) % outputs)
          : Float32Array.from(formulaArray(points, 160_000 + seed * 1000, 1));
      const data = arraysDataset({
        inputs: { data: inputs, shape: [points, options.sizes[0]] },
        targets: { data: targets, shape: [points] },
      });
      const all = Int32Array.from({ length: points }, (_, i) => i);
      const { loss } = await network.lossAndGradient(weights, data, all, likelihood);
      expect(Math.abs(loss + values.logLikelihood)).toBeLessThan(1e-5 * Math.abs(loss));
      const product = await network.hessianTimes!(weights, v, data, all, likelihood);
      const scale = Math.max(...values.hessian.timesVector.map(Math.abs));
      values.hessian.timesVector.forEach((expected: number, i: number) => {
        expect(Math.abs(product[i] - expected)).toBeLessThan(1e-5 * scale);
      });
      // The Gauss–Newton matrix as JᵀHJ through the subspace spanned by v alone: vᵀ·GGN·v.
      const ggn = values.ggn.timesVector.reduce((sum: number, g: number, i: number) => sum + g * v[i], 0);
      const line = { layout: network.layout, shift: weights, basis: [v] };
      const at = network.subspaceLikelihood(line, data, likelihood);
      expect(Math.abs((await at.gaussNewton(Float64Array.of(0)))[0] - ggn)).toBeLessThan(1e-4 * ggn);
    });
  });
}
