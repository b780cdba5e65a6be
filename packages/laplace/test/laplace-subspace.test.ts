import { type Arrays, gaussianLikelihood, type Subspace } from '@subspace/core';
import { curveSubspace, fitCurve } from '@subspace/curves';
import { adapterSubspace, laplaceSubspace, subsetSubspace, traceCriterion } from '@subspace/laplace';
import { pcaSubspace, randomSubspace } from '@subspace/swag';
import { EigenvalueDecomposition, inverse, Matrix } from 'ml-matrix';
import { beforeAll, describe, expect, it } from 'vitest';
import { likelihood, trainedOnSine } from './sine-problem.ts';

const priorPrecision = 1;
const inputs: Arrays = { data: Float32Array.from({ length: 40 }, (_, i) => -4 + 0.2 * i), shape: [40, 1] };
let problem: Awaited<ReturnType<typeof trainedOnSine>>;
/** J [40, D]: a row a pull back. */
let J: Matrix;
/** Its rows on the data. */
let onData: Matrix;
/** The covariance of the outputs under the whole Laplace posterior, by matrices. */
let covariance: Matrix;

beforeAll(async () => {
  problem = await trainedOnSine();
  const { network, weights, data } = problem;
  J = await jacobianOf(inputs);
  onData = await jacobianOf(data.arrays!.inputs);
  const precision = onData
    .transpose()
    .mmul(onData)
    .mul(1 / 0.01);
  precision.add(Matrix.eye(weights.length).mul(priorPrecision));
  covariance = J.mmul(inverse(precision)).mmul(J.transpose());

  async function jacobianOf(at: Arrays): Promise<Matrix> {
    const jacobian = network.jacobian(weights, at);
    const count = at.shape[0];
    const rows = await Promise.all(
      Array.from({ length: count }, (_, row) => {
        const unit = new Float32Array(count);
        unit[row] = 1;
        return jacobian.transposeTimes({ data: unit, shape: [count, 1] });
      }),
    );
    jacobian.dispose();
    return new Matrix(rows.map((row) => Array.from(row)));
  }
});

const optimal = (rank: number) =>
  laplaceSubspace(problem.network, problem.weights, problem.data, {
    ...{ likelihood, priorPrecision, structure: 'full', rank, inputs },
  });

describe('laplaceSubspace', () => {
  it('has the truncated eigendecomposition of the covariance of the outputs', async () => {
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
    const order = realEigenvalues.map((_, k) => k).sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
    const largest = realEigenvalues[order[0]];
    for (const rank of [1, 3, 5]) {
      const subspace = await optimal(rank);
      const U = eigenvectorMatrix.subMatrixColumn(order.slice(0, rank));
      const truncated = U.mmul(Matrix.diag(order.slice(0, rank).map((k) => realEigenvalues[k]))).mmul(U.transpose());
      // Σ_P = J·Pᵀ·(P·Ψ⁻¹·Pᵀ)⁻¹·P·Jᵀ, with Ψ⁻¹ as a matrix: the subspace's own numbers are its rows only.
      const P = new Matrix(subspace.basis.map((row) => Array.from(row)));
      const moved = J.mmul(P.transpose());
      const within = moved.mmul(inverse(precisionWithin(subspace))).mmul(moved.transpose());
      expect(Matrix.sub(within, truncated).norm()).toBeLessThan(1e-6 * truncated.norm());
      subspace.variances.forEach((variance, k) => {
        expect(Math.abs(variance - realEigenvalues[order[k]])).toBeLessThan(1e-6 * largest);
      });
    }
  });

  it('has coordinates of unit variance under the prior that the weights’ own induces', async () => {
    const precision = precisionWithin(await optimal(4));
    expect(Matrix.sub(precision, Matrix.eye(4)).norm()).toBeLessThan(1e-4);
  });

  it('keeps more of the variance than any other subspace of as many directions', async () => {
    const { network, weights, data, moments } = problem;
    const rank = 2;
    const other = await trainedOnSine(2);
    const curve = await fitCurve(network, data, {
      ...{ start: weights, end: other.weights, likelihood, epochs: 20, batchSize: 10, learningRate: 1e-4, seed: 1 },
      optimizer: { kind: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 0, biasLearningRateFactor: 1 },
    });
    const best = await optimal(rank);
    const others: Record<string, Subspace> = {
      random: randomSubspace(network.layout, weights, { rank, seed: 1 }),
      pca: pcaSubspace(moments, { rank }),
      curve: curveSubspace(network.layout, curve),
      biases: subsetSubspace(network.layout, weights, { indices: [network.layout.size - 1, 8] }),
      adapter: adapterSubspace(network.layout, weights, { rank, layers: ['linear1'] }),
    };
    const { approximation } = best;
    const of = (subspace: Subspace) => traceCriterion(network, subspace, inputs, { approximation });
    const { ratio, total } = await of(best);
    expect(Math.abs(ratio - best.ratio)).toBeLessThan(1e-6);
    expect(Math.abs(total / covariance.trace() - 1)).toBeLessThan(1e-6);
    for (const [name, subspace] of Object.entries(others)) {
      expect(subspace.basis.length, name).toBe(rank);
      const found = await of(subspace);
      expect(found.ratio, name).toBeGreaterThan(0);
      expect(found.ratio, name).toBeLessThan(ratio);
    }
    other.network.dispose();
  });

  it('has as much of the variance as its eigenvalues have of their sum', async () => {
    const { realEigenvalues } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
    const values = realEigenvalues.sort((a, b) => b - a);
    const sum = (some: number[]) => some.reduce((total, value) => total + value, 0);
    for (const rank of [1, 2, 4, 8]) {
      const { ratio } = await optimal(rank);
      expect(Math.abs(ratio - sum(values.slice(0, rank)) / sum(values))).toBeLessThan(1e-6);
    }
  });

  it.each(['diagonal', 'kronecker', 'low-rank'] as const)(
    'is the best under a %s approximation, too',
    async (structure) => {
      const { network, weights, data } = problem;
      const options = { likelihood, priorPrecision, structure, rank: 3, inputs };
      const subspace = await laplaceSubspace(network, weights, data, options);
      const { approximation, ratio } = subspace;
      const found = await traceCriterion(network, subspace, inputs, { approximation });
      expect(Math.abs(found.ratio - ratio)).toBeLessThan(1e-5);
      const random = randomSubspace(network.layout, weights, { rank: 3, seed: 1 });
      expect((await traceCriterion(network, random, inputs, { approximation })).ratio).toBeLessThan(ratio);
    },
  );

  it('refuses more directions than the outputs vary in, and unknown options', async () => {
    const { network, weights, data } = problem;
    const options = { likelihood: gaussianLikelihood({ variance: 1 }), priorPrecision, structure: 'full' } as const;
    const one = { data: Float32Array.of(1), shape: [1, 1] };
    await expect(laplaceSubspace(network, weights, data, { ...options, rank: 2, inputs: one })).rejects.toThrow(
      'laplaceSubspace: rank is 2, expected at most 1: the outputs vary in so many directions only',
    );
    await expect(laplaceSubspace(network, weights, data, { ...options, rank: 0 })).rejects.toThrow(
      'laplaceSubspace: rank is 0, expected an integer of at least 1',
    );
    // @ts-expect-error an option of another name
    await expect(laplaceSubspace(network, weights, data, { ...options, rnk: 2 })).rejects.toThrow(
      'option rnk is unknown',
    );
    const many = { data: new Float32Array(2049), shape: [2049, 1] };
    await expect(laplaceSubspace(network, weights, data, { ...options, rank: 1, inputs: many })).rejects.toThrow(
      'laplaceSubspace: inputs have 2049 outputs, expected at most 2048',
    );
  });
});

/** P·Ψ⁻¹·Pᵀ. */
function precisionWithin({ basis }: Subspace): Matrix {
  const P = new Matrix(basis.map((row) => Array.from(row)));
  const moved = onData.mmul(P.transpose());
  return moved
    .transpose()
    .mmul(moved)
    .mul(1 / 0.01)
    .add(P.mmul(P.transpose()).mul(priorPrecision));
}
