import {
  arraysDataset,
  categoricalLikelihood,
  gaussianLikelihood,
  isotropicGaussian,
  type Network,
  randomSource,
} from '@subspace/core';
import { meanAndCovariance } from '@subspace/core/internals';
import { denseNetwork } from '@subspace/dense';
import {
  type CurvatureStructure,
  laplaceApproximation,
  linearizedClassification,
  linearizedRegression,
  maximumLikelihoodNoise,
} from '@subspace/laplace';
import { describeGolden } from '@subspace-internal/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goldenProblem, goldens } from './golden-problem.ts';
import { likelihood, trainedOnSine } from './sine-problem.ts';

const structures: readonly CurvatureStructure[] = ['full', 'diagonal', 'kronecker', 'low-rank'];

for (const problem of goldens) {
  describeGolden(problem.file, (golden) => {
    it.each(['full', 'diagonal'] as const)('has the %s Laplace approximation', async (structure) => {
      const { network, weights, data, likelihood } = goldenProblem(problem, golden);
      const { marginalVariances, logMarginalLikelihood } = golden.laplace[structure];
      const options = { likelihood, priorPrecision: golden.laplace.priorPrecision, structure };
      const laplace = await laplaceApproximation(network, weights, data, options);
      expect(Math.abs(laplace.logLikelihood - golden.logLikelihood)).toBeLessThan(1e-6 * -golden.logLikelihood);
      expect(Math.abs(laplace.logEvidence - logMarginalLikelihood)).toBeLessThan(1e-6 * -logMarginalLikelihood);
      laplace.variance().forEach((variance, i) => {
        expect(Math.abs(variance / marginalVariances[i] - 1)).toBeLessThan(1e-4);
      });
      network.dispose();
    });
  });
}

describe('a part of the weights', () => {
  it('understates the variance of the whole, the more so the smaller it is', async () => {
    const { network, weights, data } = await trainedOnSine();
    const names = network.layout.entries.map(({ name }) => name);
    const inputs = { data: Float32Array.of(-3.5, -1, 0.2, 2, 5), shape: [5, 1] };
    const known = new Map<string, Promise<Float64Array>>();
    const variances = (structure: CurvatureStructure, layers: readonly string[]): Promise<Float64Array> => {
      const key = `${structure} ${layers.join()}`;
      const options = { likelihood, priorPrecision: 1, structure, layers };
      const found =
        known.get(key) ??
        laplaceApproximation(network, weights, data, options).then(
          async (laplace) => (await linearizedRegression(network, laplace, inputs)).epistemicVariance,
        );
      known.set(key, found);
      return found;
    };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('full' as const, 'diagonal' as const),
        fc.subarray(names, { minLength: 1 }),
        fc.subarray(names),
        async (structure, part, more) => {
          const whole = names.filter((name) => part.includes(name) || more.includes(name));
          const [few, many] = [await variances(structure, part), await variances(structure, whole)];
          few.forEach((variance, i) => {
            expect(variance).toBeLessThanOrEqual(many[i] * (1 + 1e-9));
          });
        },
      ),
      { numRuns: 30 },
    );
    network.dispose();
  });
});

describe.each(structures)('%s', (structure) => {
  it('draws from the Gaussian that it says it is', async () => {
    const network = denseNetwork({ sizes: [1, 2, 1], activation: 'tanh', seed: 1, threads: 1 });
    const weights = await network.readWeights();
    const x = Float32Array.from({ length: 12 }, (_, i) => i / 3 - 2);
    const data = arraysDataset({ inputs: { data: x, shape: [12, 1] }, targets: { data: x, shape: [12, 1] } });
    const options = { likelihood, priorPrecision: 0.5, structure, eigenpairs: 3 };
    const laplace = await laplaceApproximation(network, weights, data, options);
    const count = 4000;
    const draws = [...laplace.weights(count, randomSource('draws'))].length;
    expect(draws).toBe(count);
    const positions = Array.from(laplace.weights(count, randomSource('draws')), (w) => Float64Array.from(w));
    const { mean, covariance } = meanAndCovariance(positions);
    const d = weights.length;
    const expected = Array.from({ length: d }, (_, i) => {
      const axis = new Float64Array(d);
      axis[i] = 1;
      return laplace.gaussian.covarianceTimes(axis);
    });
    const variance = laplace.variance();
    for (let i = 0; i < d; i++) {
      expect(Math.abs(variance[i] / expected[i][i] - 1)).toBeLessThan(1e-6);
      expect(Math.abs(mean[i] - weights[i])).toBeLessThan(4 * Math.sqrt(expected[i][i] / count));
      for (let j = 0; j < d; j++) {
        const error = Math.sqrt((expected[i][i] * expected[j][j] + expected[i][j] * expected[i][j]) / count);
        expect(Math.abs(covariance[i * d + j] - expected[i][j])).toBeLessThan(4.5 * error);
      }
    }
    // Ψ⁻¹·Ψ = I, and the quadratic form.
    const v = Float64Array.from({ length: d }, (_, i) => Math.sin(i + 1));
    laplace.gaussian.precisionTimes(laplace.gaussian.covarianceTimes(v)).forEach((entry, i) => {
      expect(entry).toBeCloseTo(v[i], 8);
    });
    const form = laplace.gaussian.covarianceTimes(v).reduce((sum, entry, i) => sum + entry * v[i], 0);
    expect(laplace.gaussian.variance(v) / form).toBeCloseTo(1, 8);
    network.dispose();
  });

  it('has a prior of the greatest evidence where curvature is so large that the widest ones are lost in rounding', async () => {
    const network = denseNetwork({ sizes: [1, 20, 1], activation: 'tanh', seed: 1, threads: 1 });
    const weights = await network.readWeights();
    const x = Float32Array.from({ length: 100 }, (_, i) => i / 20 - 2.5);
    const data = arraysDataset({
      inputs: { data: x, shape: [100, 1] },
      targets: { data: x.map(Math.sin), shape: [100, 1] },
    });
    const options = { likelihood: gaussianLikelihood({ variance: 1e-9 }), structure } as const;
    const best = await laplaceApproximation(network, weights, data, { ...options, priorPrecision: 'evidence' });
    expect(best.withPriorPrecision(2 * best.priorPrecision).logEvidence).toBeLessThan(best.logEvidence);
    expect(best.withPriorPrecision(0.5 * best.priorPrecision).logEvidence).toBeLessThan(best.logEvidence);
    if (structure === 'full') {
      await expect(laplaceApproximation(network, weights, data, { ...options, priorPrecision: 1e-10 })).rejects.toThrow(
        'laplaceApproximation: priorPrecision is 1e-10, too small beside the curvature for float64, expected a larger one',
      );
    }
    network.dispose();
  });

  it('has the greatest evidence at the prior that it chooses, and the same curvature under others', async () => {
    const { network, weights, data } = await trainedOnSine();
    const likelihood = await maximumLikelihoodNoise(network, weights, data);
    const best = await laplaceApproximation(network, weights, data, {
      ...{ likelihood, priorPrecision: 'evidence', structure },
    });
    for (const factor of [0.3, 0.8, 1.25, 3]) {
      const priorPrecision = factor * best.priorPrecision;
      const other = best.withPriorPrecision(priorPrecision);
      expect(other.logEvidence).toBeLessThan(best.logEvidence);
      if (factor !== 3) continue;
      const again = await laplaceApproximation(network, weights, data, { likelihood, priorPrecision, structure });
      expect(other.logEvidence).toBe(again.logEvidence);
    }
    network.dispose();
  });
});

describe('an engine that has products with the Jacobian only', () => {
  it.each(structures)('has the same %s approximation', async (structure) => {
    const network = denseNetwork({ sizes: [2, 3, 3, 2], activation: 'tanh', seed: 1, threads: 1 });
    const plain: Network = {
      ...network,
      kroneckerFactors: undefined,
      jacobian: (...at) => ({ ...network.jacobian(...at), rows: undefined }),
    };
    const weights = await network.readWeights();
    const inputs = { data: Float32Array.of(1, 2, -1, 0.5, 0.3, -2), shape: [3, 2] };
    const data = arraysDataset({ inputs, targets: { data: Int32Array.of(0, 1, 1), shape: [3] } });
    const options = { likelihood: categoricalLikelihood(), priorPrecision: 1, structure };
    const [own, other] = [
      await laplaceApproximation(network, weights, data, options),
      await laplaceApproximation(plain, weights, data, options),
    ];
    expect(other.logEvidence / own.logEvidence).toBeCloseTo(1, 6);
    other.variance().forEach((variance, i) => {
      expect(variance / own.variance()[i]).toBeCloseTo(1, 4);
    });
    network.dispose();
  });
});

describe('row weights', () => {
  it('count a row as often as they say', async () => {
    const network = denseNetwork({ sizes: [1, 3, 1], activation: 'tanh', seed: 1, threads: 1 });
    const weights = await network.readWeights();
    const twice = arraysDataset({
      inputs: { data: Float32Array.of(1, 1, -2), shape: [3, 1] },
      targets: { data: Float32Array.of(0, 0, 1), shape: [3, 1] },
    });
    const weighted = arraysDataset({
      inputs: { data: Float32Array.of(1, -2), shape: [2, 1] },
      targets: { data: Float32Array.of(0, 1), shape: [2, 1] },
      rowWeights: Float32Array.of(2, 1),
    });
    for (const structure of structures) {
      const options = { likelihood, priorPrecision: 1, structure };
      const [a, b] = [
        await laplaceApproximation(network, weights, twice, options),
        await laplaceApproximation(network, weights, weighted, options),
      ];
      expect(b.logEvidence / a.logEvidence, structure).toBeCloseTo(1, 6);
      b.variance().forEach((variance, i) => {
        expect(variance / a.variance()[i], structure).toBeCloseTo(1, 5);
      });
    }
    network.dispose();
  });
});

describe('what is wrong', () => {
  it('is said', async () => {
    const network = denseNetwork({ sizes: [1, 2], head: 'heteroscedastic', threads: 1 });
    const weights = await network.readWeights();
    const one = { data: Float32Array.of(1), shape: [1, 1] };
    const data = arraysDataset({ inputs: one, targets: one });
    const heteroscedastic = { kind: 'heteroscedastic-gaussian', logDensity: () => -1 };
    const run = (options: object) =>
      laplaceApproximation(network, weights, data, {
        ...{ likelihood: heteroscedastic, priorPrecision: 1, structure: 'full' },
        ...options,
      } as Parameters<typeof laplaceApproximation>[3]);
    await expect(run({ priorPrecision: 0 })).rejects.toThrow(
      'laplaceApproximation: priorPrecision is 0, expected a finite number greater than 0',
    );
    await expect(run({ structure: 'block' })).rejects.toThrow(
      `laplaceApproximation: structure is "block", expected 'diagonal', 'kronecker', 'low-rank' or 'full'`,
    );
    await expect(run({ structure: 'kronecker' })).rejects.toThrow(
      "laplaceApproximation: structure is 'kronecker', but v [1] is no part of a dense layer with a bias; expected layers without v: name those to keep",
    );
    await expect(run({ eigenpairs: 0, structure: 'low-rank' })).rejects.toThrow('eigenpairs is 0');
    const laplace = await run({});
    expect(() => laplace.withPriorPrecision(-1)).toThrow('withPriorPrecision: priorPrecision is -1');
    expect(() => laplace.weights(-1, randomSource(1))).toThrow('laplaceApproximation.weights: count is -1');
    await expect(linearizedClassification(network, laplace, one)).rejects.toThrow(
      'linearizedClassification: approximation has the heteroscedastic-gaussian likelihood, expected categorical or binary',
    );
    const prior = isotropicGaussian(1, 1) as unknown as typeof laplace;
    await expect(linearizedRegression(network, prior, one)).rejects.toThrow(
      'linearizedRegression: approximation has no gaussian, expected what laplaceApproximation gives',
    );
    const exact = arraysDataset({ inputs: one, targets: { data: new Float32Array(1), shape: [1, 1] } });
    const line = denseNetwork({ sizes: [1, 1], weights: new Float32Array(2), threads: 1 });
    await expect(maximumLikelihoodNoise(line, new Float32Array(2), exact)).rejects.toThrow(
      'maximumLikelihoodNoise: nothing is left of the targets, expected some noise',
    );
    await expect(maximumLikelihoodNoise(line, Float32Array.of(3e38, 3e38), exact)).rejects.toThrow(
      'maximumLikelihoodNoise: the sum of squares of targets less outputs is Infinity, expected a finite number',
    );
    await expect(
      laplaceApproximation(line, new Float32Array(2), exact, {
        ...{ likelihood: gaussianLikelihood({ variance: 1 }), priorPrecision: 'evidence', structure: 'full' },
      }),
    ).rejects.toThrow("priorPrecision is 'evidence', but all weights are 0");
  });
});
