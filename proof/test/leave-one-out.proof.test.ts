import {
  type Arrays,
  arraysDataset,
  type Dataset,
  fit,
  gaussianLikelihood,
  type Likelihood,
  type Network,
  type Posterior,
  paretoSmooth,
  randomSource,
  type Subspace,
  type SubspaceLikelihood,
  sample,
  sgd,
  subspace,
  subspacePosterior,
  toWeights,
} from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import {
  diagnose,
  mcseMean,
  type PointwiseLogLikelihood,
  pointwiseLogLikelihood,
  psisLoo,
  waic,
} from '@subspace/diagnostics';
import { nuts } from '@subspace/nuts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type YachtNetwork, yachtData, yachtNetwork } from '../src/yacht-network.ts';

/** The data without a row. */
function without(data: Dataset, left: number): Dataset {
  const rest = Int32Array.from({ length: data.size - 1 }, (_, i) => (i < left ? i : i + 1));
  return arraysDataset(data.gather(rest) as { inputs: Arrays; targets: Arrays });
}

/** What each draw adds to the error of log Σₛ wₛ·pₛ of a point, to first order: wₛ·(pₛ/p − 1). */
function influences({ values, temperature = 1, relativeEfficiency }: PointwiseLogLikelihood, elpd: number, i: number) {
  const ratios = values.map((row) => -row[i] / temperature);
  return paretoSmooth(ratios, { relativeEfficiency }).logWeights.map(
    (weight, s) => Math.exp(weight) * (Math.exp(values[s][i] - elpd) - 1),
  );
}

/** Of a sum over draws, with their efficiency. */
function standardError(terms: Float64Array, { relativeEfficiency = 1 }: PointwiseLogLikelihood): number {
  return Math.sqrt(terms.reduce((sum, term) => sum + term ** 2, 0) / relativeEfficiency);
}

describe('leave-one-out of a trained network on the yacht data', () => {
  let trained: YachtNetwork;
  const draw = (target: Posterior<SubspaceLikelihood>) =>
    sample(nuts(target), { draws: 1000, warmup: 500, chains: 4, seed: 1 });

  beforeAll(async () => {
    trained = await yachtNetwork();
  });
  afterAll(() => trained.dispose());

  it('is reliable at every point, agrees with WAIC, and with refits without the most influential points', async () => {
    const { network, likelihood, subspace: plane, posterior, data } = trained;
    const draws = await draw(posterior);
    expect(diagnose(draws)).toEqual([]);
    const logLikelihood = await pointwiseLogLikelihood(posterior, draws);
    const loo = await psisLoo(logLikelihood);
    const criterion = waic(logLikelihood);

    expect(loo.pointwise).toHaveLength(data.size);
    expect(Math.max(...loo.paretoK)).toBeLessThan(loo.goodK);
    // Five directions are fitted: no more effective parameters than that, but for their Monte-Carlo error.
    expect(loo.effectiveParameters).toBeGreaterThan(0);
    expect(loo.effectiveParameters).toBeLessThan(2 * plane.basis.length);
    expect(Math.abs(loo.elpd - criterion.elpd)).toBeLessThan(0.1 * loo.standardError);

    const worst = Array.from(loo.paretoK.keys()).sort((a, b) => loo.paretoK[b] - loo.paretoK[a]);
    for (const i of [...worst.slice(0, 3), 0, 100, 200]) {
      // Refit: the posterior of all other rows, and the density of row i under it.
      const refit = subspacePosterior(network, plane, without(data, i), { likelihood, priorStd: 1 });
      const others = await draw(refit);
      refit.dispose();
      const densities = (await pointwiseLogLikelihood(posterior, others)).values.map((row) => Math.exp(row[i]));
      const mean = densities.reduce((a, b) => a + b) / densities.length;
      const refitError = mcseMean([0, 1, 2, 3].map((c) => densities.slice(c * 1000, (c + 1) * 1000))) / mean;
      const looError = standardError(influences(logLikelihood, loo.pointwise[i], i), logLikelihood);
      const error = Math.hypot(refitError, looError);
      expect(Math.abs(loo.pointwise[i] - Math.log(mean)), `point ${i}, k̂ ${loo.paretoK[i]}`).toBeLessThan(4 * error);
    }
  });
});

describe('leave-one-out of a conjugate subspace: the last layer of a trained network on the yacht data', () => {
  const { data } = yachtData();
  const { inputs, targets } = data.arrays!;
  const [variance, priorStd, rank] = [0.05, 1, 4];
  const likelihood: Likelihood = gaussianLikelihood({ variance });
  let network: Network;
  let plane: Subspace;

  beforeAll(async () => {
    network = denseNetwork({ sizes: [6, 20, 1], activation: 'tanh', seed: 1 });
    await fit(network, data, {
      likelihood,
      epochs: 200,
      batchSize: 30,
      optimizer: sgd({ momentum: 0.9 }),
      learningRate: 1e-3,
      seed: 1,
    });
    // The outputs are linear in the weights of the last layer: random directions of those alone.
    const random = randomSource('last layer');
    const last = network.layout.size - 21;
    plane = subspace({
      layout: network.layout,
      shift: (await network.readWeights()) as Float32Array,
      basis: Array.from({ length: rank }, () =>
        Float32Array.from({ length: network.layout.size }, (_, d) => (d < last ? 0 : 0.2 * random.normal())),
      ),
    });
  });
  afterAll(() => network.dispose());

  for (const temperature of [1, 3]) {
    it(`equals exact refits without each of the 277 points, at temperature ${temperature}`, async () => {
      const posterior = subspacePosterior(network, plane, data, { likelihood, priorStd, temperature });
      const draws = await sample(nuts(posterior), { draws: 2000, warmup: 500, chains: 4, seed: 1 });
      const logLikelihood = await pointwiseLogLikelihood(posterior, draws);
      posterior.dispose();
      const loo = await psisLoo(logLikelihood);
      expect(Math.max(...loo.paretoK)).toBeLessThan(loo.goodK);

      const exact = exactLeaveOneOut(await linearOutputs(), targets.data, temperature);
      let worst = 0;
      const influence = new Float64Array(draws.size);
      exact.forEach((density, i) => {
        const terms = influences(logLikelihood, loo.pointwise[i], i);
        terms.forEach((term, s) => {
          influence[s] += term;
        });
        worst = Math.max(worst, Math.abs(loo.pointwise[i] - density) / standardError(terms, logLikelihood));
      });
      // 277 correlated comparisons: the largest of as many independent normal errors exceeds 4.6 once in a thousand.
      expect(worst).toBeLessThan(4.6);
      const total = exact.reduce((a, b) => a + b);
      expect(Math.abs(loo.elpd - total)).toBeLessThan(4 * standardError(influence, logLikelihood));
      // WAIC is an approximation of the third order: close by the standards of the data, not of the draws.
      expect(Math.abs(waic(logLikelihood).elpd - total)).toBeLessThan(0.1 * loo.standardError);
    });
  }

  /** f(x) at z = 0, and ∂f/∂zₖ, by evaluating the network at K + 1 places. */
  async function linearOutputs(): Promise<{ offset: Float64Array; slopes: Float64Array[] }> {
    const at = async (z: Float64Array) =>
      Float64Array.from((await network.predict(inputs, { weights: toWeights(plane, z) })).data);
    const offset = await at(new Float64Array(rank));
    const slopes: Float64Array[] = [];
    for (let k = 0; k < rank; k++) {
      const there = await at(Float64Array.from({ length: rank }, (_, j) => (j === k ? 1 : 0)));
      slopes.push(there.map((value, i) => value - offset[i]));
    }
    return { offset, slopes };
  }

  /** log p(yᵢ | all others): the Gaussian posterior of z without row i, and the untempered noise on top. */
  function exactLeaveOneOut(
    { offset, slopes }: { offset: Float64Array; slopes: Float64Array[] },
    y: ArrayLike<number>,
    temperature: number,
  ): Float64Array {
    const noise = variance * temperature;
    return offset.map((start, i) => {
      const precision = Array.from({ length: rank }, (_, k) =>
        Array.from({ length: rank }, (_, l) => (k === l ? 1 / priorStd ** 2 : 0)),
      );
      const right = new Array<number>(rank).fill(0);
      for (let j = 0; j < y.length; j++) {
        if (j === i) continue;
        for (let k = 0; k < rank; k++) {
          right[k] += (slopes[k][j] * (y[j] - offset[j])) / noise;
          for (let l = 0; l < rank; l++) precision[k][l] += (slopes[k][j] * slopes[l][j]) / noise;
        }
      }
      const direction = slopes.map((slope) => slope[i]);
      const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, k) => sum + value * b[k], 0);
      const mean = start + dot(direction, solve(precision, right));
      const spread = variance + dot(direction, solve(precision, direction));
      return -0.5 * (Math.log(2 * Math.PI * spread) + (y[i] - mean) ** 2 / spread);
    });
  }
});

/** A⁻¹·b by elimination; A is positive definite. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, k) => [...row, right[k]]);
  for (let k = 0; k < rows.length; k++) {
    for (let r = 0; r < rows.length; r++) {
      if (r === k) continue;
      const factor = rows[r][k] / rows[k][k];
      for (let c = k; c <= rows.length; c++) rows[r][c] -= factor * rows[k][c];
    }
  }
  return rows.map((row, k) => row[rows.length] / row[k]);
}
