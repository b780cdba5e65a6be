import { gaussianPrecision, posterior, subspace, toWeights, weightLayout } from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { adapterSubspace, inducedPrior, laplaceApproximation, subsetSubspace, traceCriterion } from '@subspace/laplace';
import { laplace } from '@subspace/vi';
import { describe, expect, it } from 'vitest';
import { likelihood, trainedOnSine } from './sine-problem.ts';

const network = denseNetwork({ sizes: [3, 5, 2], seed: 1, threads: 1 });
const { layout } = network;
const shift = Float32Array.from({ length: layout.size }, (_, i) => Math.sin(i));

describe('inducedPrior', () => {
  it('is the density of the weights’ prior in the subspace, but for a constant', () => {
    const plane = subspace({ layout, shift, basis: [0, 1].map((k) => shift.map((w, i) => Math.cos(w + k * i) / 3)) });
    const { mean, cholesky } = inducedPrior(plane, 0.7);
    const precision = gaussianPrecision({ mean, cholesky });
    const ofWeights = (z: Float64Array) => -0.35 * toWeights(plane, z).reduce((sum, w) => sum + w * w, 0);
    const ofPrior = (z: Float64Array) => {
      const off = z.map((x, k) => x - mean[k]);
      let form = 0;
      for (let i = 0; i < 2; i++) for (let j = 0; j < 2; j++) form += precision[2 * i + j] * off[i] * off[j];
      return -0.5 * form;
    };
    const origin = new Float64Array(2);
    for (const z of [Float64Array.of(1, 0), Float64Array.of(-2, 3), Float64Array.of(0.5, -1)]) {
      expect(ofPrior(z) - ofPrior(origin)).toBeCloseTo(ofWeights(z) - ofWeights(origin), 4);
    }
  });

  it('with the posterior of all weights as a subspace, gives the Laplace approximation of all weights', async () => {
    const { network, weights, data } = await trainedOnSine();
    const layers = ['linear2'];
    const all = subsetSubspace(network.layout, weights, { layers });
    const target = posterior({
      logLikelihood: network.subspaceLikelihood(all, data, likelihood),
      prior: inducedPrior(all, 2),
    });
    const inSubspace = await laplace(target, { at: new Float64Array(9), evaluationDraws: 2 });
    const options = { likelihood, priorPrecision: 2, structure: 'full', layers } as const;
    const inWeights = await laplaceApproximation(network, weights, data, options);
    const variances = inWeights.gaussian.marginalVariances();
    Array.from(inSubspace.covariance)
      .filter((_, i) => i % 10 === 0)
      .forEach((variance, k) => {
        expect(variance / variances[k]).toBeCloseTo(1, 3);
      });
    const { ratio } = await traceCriterion(network, all, data.arrays!.inputs, { approximation: inWeights });
    expect(ratio).toBeCloseTo(1, 5);
    target.dispose();
    network.dispose();
  });

  it('refuses rows that depend on each other, and a precision that is none', () => {
    const twice = subspace({ layout, shift, basis: [shift, shift.map((w) => 2 * w)] });
    expect(() => inducedPrior(twice, 1)).toThrow('inducedPrior: the rows of basis are linearly dependent');
    expect(() => inducedPrior(subspace({ layout, shift, basis: [shift] }), 0)).toThrow(
      'inducedPrior: priorPrecision is 0',
    );
  });
});

describe('subsetSubspace', () => {
  it('moves the weights that it is of, each by its own coordinate', () => {
    const last = subsetSubspace(layout, shift, { layers: 'last' });
    expect(last.basis.length).toBe(12);
    const moved = toWeights(
      last,
      Float64Array.from({ length: 12 }, (_, k) => k + 1),
    );
    moved.forEach((w, i) => {
      expect(w - shift[i]).toBeCloseTo(i < 20 ? 0 : i - 19, 5);
    });
    const some = subsetSubspace(layout, shift, { indices: Int32Array.of(7, 2) });
    expect(some.basis.map((row) => row.indexOf(1))).toEqual([7, 2]);
    const bias = subsetSubspace(layout, shift, { layers: ['linear0.bias'] });
    expect(bias.basis.map((row) => row.indexOf(1))).toEqual([15, 16, 17, 18, 19]);
  });

  it('says what is wrong', () => {
    const run = (options: object) => () => subsetSubspace(layout, shift, options);
    expect(run({})).toThrow('subsetSubspace: options have neither, expected either layers or indices');
    expect(run({ layers: 'last', indices: [1] })).toThrow('subsetSubspace: options have both');
    expect(run({ indices: [1, 1] })).toThrow('subsetSubspace: indices has one twice');
    expect(run({ indices: [32] })).toThrow('subsetSubspace: indices[0] is 32, expected an integer from 0 to 31');
    expect(run({ layers: 'first' })).toThrow(`subsetSubspace: layers is "first", expected 'last' or a list of names`);
    const large = weightLayout([{ name: 'w', shape: [20_000] }]);
    expect(() => subsetSubspace(large, new Float32Array(20_000), { layers: ['w'] })).toThrow(
      'expected at most 268435456',
    );
  });
});

describe('adapterSubspace', () => {
  it('changes the singular values of each matrix, and nothing else', () => {
    const adapters = adapterSubspace(layout, shift, { rank: 2 });
    expect(adapters.basis.length).toBe(4);
    for (const row of adapters.basis) expect(Math.hypot(...row)).toBeCloseTo(1, 5);
    // uᵀ·W·v of a pair of singular vectors is a singular value, the larger first; each pair is orthogonal to the others.
    const values = adapters.basis.map((row) => row.reduce((sum, entry, i) => sum + entry * shift[i], 0));
    expect(values[0]).toBeGreaterThan(values[1]);
    expect(values[1]).toBeGreaterThan(0);
    const [first, second] = adapters.basis;
    expect(first.reduce((sum, entry, i) => sum + entry * second[i], 0)).toBeCloseTo(0, 5);
    // All pairs of a matrix together have it whole.
    const all = adapterSubspace(layout, shift, { rank: 2, layers: 'last' });
    const part = all.basis.map((row) => row.reduce((sum, entry, i) => sum + entry * shift[i], 0));
    const rebuilt = toWeights({ ...all, shift: new Float32Array(layout.size) }, Float64Array.from(part));
    rebuilt.subarray(20, 30).forEach((w, i) => {
      expect(w).toBeCloseTo(shift[20 + i], 5);
    });
  });

  it('takes random directions of rank 1 too, the same for a seed', () => {
    const random = (seed: number) => adapterSubspace(layout, shift, { rank: 1, directions: 'random', seed }).basis;
    expect(random(3)).toEqual(random(3));
    expect(random(3)).not.toEqual(random(4));
    const [row] = random(3);
    // Of rank 1: its minors are 0.
    const at = (o: number, i: number) => row[o * 3 + i];
    expect(at(0, 0) * at(1, 1) - at(0, 1) * at(1, 0)).toBeCloseTo(0, 6);
    expect(at(2, 1) * at(4, 2) - at(2, 2) * at(4, 1)).toBeCloseTo(0, 6);
  });

  it('says what is wrong', () => {
    const run = (options: object) => () => adapterSubspace(layout, shift, { rank: 1, ...options });
    expect(run({ rank: 3 })).toThrow('adapterSubspace: rank is 3, expected at most 2 for linear1.weight [2, 5]');
    expect(run({ layers: ['linear0.bias'] })).toThrow('adapterSubspace: layers have no weight matrix');
    expect(run({ directions: 'pca' })).toThrow(`adapterSubspace: directions is "pca", expected 'singular' or 'random'`);
  });
});

describe('traceCriterion', () => {
  it('refuses directions that the approximation holds', async () => {
    const { network, weights, data } = await trainedOnSine();
    const options = { likelihood, priorPrecision: 1, structure: 'full', layers: 'last' } as const;
    const approximation = await laplaceApproximation(network, weights, data, options);
    const other = subsetSubspace(network.layout, weights, { indices: [0] });
    await expect(traceCriterion(network, other, data.arrays!.inputs, { approximation })).rejects.toThrow(
      'traceCriterion: basis[0] moves weights that the approximation holds, expected one within its layers',
    );
    network.dispose();
  });
});
