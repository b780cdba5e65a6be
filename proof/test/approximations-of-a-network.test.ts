import {
  type CoordinateSampler,
  type Draws,
  predictRegression,
  type RegressionPrediction,
  sample,
  subspaceDraws,
} from '@subspace/core';
import { ellipticalSlice } from '@subspace/ess';
import { rmse } from '@subspace/metrics';
import { fullRank, importanceResample, inverseAutoregressive, laplace, meanField, realNvp } from '@subspace/vi';
import { belongs } from '@subspace-internal/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type YachtNetwork, yachtNetwork } from '../src/yacht-network.ts';

const K = 5;

let yacht: YachtNetwork;
let posterior: YachtNetwork['posterior'];
let draws: Draws;
beforeAll(async () => {
  yacht = await yachtNetwork();
  posterior = yacht.posterior;
  draws = await sample(ellipticalSlice(posterior), { draws: 2000, warmup: 500, chains: 8, seed: 1 });
});
afterAll(() => yacht.dispose());

/** Mean and standard deviation of each coordinate. */
function momentsOf(positions: readonly Float64Array[]) {
  return Array.from({ length: K }, (_, k) => {
    const mean = positions.reduce((sum, z) => sum + z[k], 0) / positions.length;
    return { mean, std: Math.sqrt(positions.reduce((sum, z) => sum + (z[k] - mean) ** 2, 0) / positions.length) };
  });
}

describe('of a network trained on the yacht data, in five directions', () => {
  const options = { iterations: 600, seed: 1 };

  it.runIf(belongs(true))(
    'a Gaussian of full rank has the means and widths that elliptical slice sampling has',
    async () => {
      const { mean, covariance, elbo, paretoK } = await fullRank(posterior, options);
      momentsOf(draws.positions.flat()).forEach((exact, k) => {
        expect(Math.abs(mean[k] - exact.mean) / exact.std, `mean ${k}`).toBeLessThan(0.3);
        expect(Math.abs(Math.log(Math.sqrt(covariance[k * (K + 1)]) / exact.std)), `std ${k}`).toBeLessThan(0.3);
      });
      expect(paretoK).toBeLessThan(0.7);
      const diagonal = await meanField(posterior, options);
      const laplaced = await laplace(posterior);
      for (const other of [diagonal, laplaced]) expect(other.elbo).toBeLessThan(elbo + 0.05);
    },
  );

  it.runIf(belongs(false))(
    'importance resampling of Laplace and flows gives the means of elliptical slice sampling, and one evidence',
    async () => {
      const approximations = [
        await laplace(posterior),
        await fullRank(posterior, options),
        await realNvp(posterior, options),
        await inverseAutoregressive(posterior, options),
      ];
      const chains = draws.positions.map((chain) => momentsOf(chain));
      const evidences: number[] = [];
      for (const approximation of approximations) {
        const corrected = await importanceResample(approximation, posterior, { draws: 1000, seed: 2 });
        if (corrected.paretoK > 0.7) continue;
        evidences.push(corrected.logEvidence);
        expect(approximation.elbo).toBeLessThan(corrected.logEvidence + 0.1);
        momentsOf(corrected.positions[0]).forEach(({ mean, std }, k) => {
          const exact = momentsOf(draws.positions.flat())[k].mean;
          const spread = chains.reduce((sum, chain) => sum + (chain[k].mean - exact) ** 2, 0) / chains.length ** 2;
          const error = Math.sqrt(spread + std ** 2 * (1 / corrected.effectiveSize + 1 / 1000));
          expect(Math.abs(mean - exact), `mean ${k}`).toBeLessThan(4 * error);
        });
      }
      expect(evidences.length).toBeGreaterThan(1);
      expect(Math.max(...evidences) - Math.min(...evidences)).toBeLessThan(0.3);
    },
  );

  it.runIf(belongs(true))('minibatches of a fifth of the rows come to the same Gaussian', async () => {
    const whole = await fullRank(posterior, options);
    const part = await fullRank(posterior, { ...options, iterations: 1500, minibatch: 60 });
    expect(Math.abs(part.elbo - whole.elbo)).toBeLessThan(0.3);
  });

  it.runIf(belongs(true))('predicts what elliptical slice sampling predicts, as surely', async () => {
    const { network, subspace, data, likelihood } = yacht;
    const predict = (sampler: CoordinateSampler) =>
      predictRegression(network, subspaceDraws(subspace, sampler), data.arrays!.inputs, {
        likelihood,
        samples: 400,
        seed: 1,
      });
    const exact = await predict(draws);
    const fitted = await predict(await fullRank(posterior, options));
    const truth = Float64Array.from(data.arrays!.targets.data);
    expect(rmse(fitted, truth) / rmse(exact, truth)).toBeCloseTo(1, 1);
    const spread = ({ epistemicVariance }: RegressionPrediction) =>
      epistemicVariance.reduce((sum, v) => sum + Math.sqrt(v), 0);
    expect(Math.abs(spread(fitted) / spread(exact) - 1)).toBeLessThan(0.2);
  });
});
