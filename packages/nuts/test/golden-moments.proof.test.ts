import { isotropicGaussian, logDensity, posterior, type SamplingAlgorithm, sample } from '@subspace/core';
import { type HamiltonianTarget, hmc, mala, nuts, randomWalk } from '@subspace/nuts';
import { describeGolden, expectMean, expectMoments, formulaArray } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { goldenTarget } from './golden-targets.ts';
import { evaluate } from './phase.ts';

// biome-ignore lint/suspicious/noExplicitAny: the state is the algorithm's own affair
const methods: Readonly<Record<string, (target: HamiltonianTarget) => SamplingAlgorithm<any, unknown>>> = {
  nuts: (target) => nuts(target),
  hmc: (target) => hmc(target, { stepSize: 0.1, steps: [2, 8], massMatrix: 'diagonal' }),
  mala: (target) => mala(target, { massMatrix: 'dense' }),
  randomWalk: (target) => randomWalk(target),
};

describeGolden('samplers-targets.json', (golden) => {
  for (const name of ['correlatedGaussian', 'banana', 'twoModes', 'funnel1', 'funnel3']) {
    it(`the target ${name} of these tests is the reference's`, () => {
      const target = goldenTarget(name, golden[name]);
      golden[name].z.forEach((z: number[], i: number) => {
        const { value, gradient } = evaluate(target, Float64Array.from(z));
        expect(value / golden[name].logDensity[i]).toBeCloseTo(1, 9);
        golden[name].gradient[i].forEach((g: number, k: number) => {
          expect(Math.abs(gradient[k] - g) / (1 + Math.abs(g))).toBeLessThan(1e-9);
        });
      });
    });
  }

  describe.each(Object.keys(methods))('%s', (method) => {
    it('has the mean and covariance of the correlated Gaussian', async () => {
      const { mean, covariance } = golden.correlatedGaussian;
      const target = {
        ...goldenTarget('correlatedGaussian', golden.correlatedGaussian),
        prior: isotropicGaussian(5, 2),
      };
      const draws = await sample(methods[method](target), { draws: 400, warmup: 1000, chains: 32, seed: 21 });
      expectMoments(draws, mean, covariance);
    });

    for (const [name, salt] of Object.entries({ 'K5T0.5': 530, K10T20: 550 })) {
      it(`has the posterior mean and covariance of the linear Gaussian model ${name}`, async () => {
        const { K, N, D, noiseVariance, sigma, temperature, ...exact } = golden.linearGaussian[name];
        const logLikelihood = linearGaussian(K, N, D, noiseVariance, salt);
        const target = posterior({ logLikelihood, priorStd: sigma, temperature });
        exact.z.forEach((z: number[], i: number) => {
          const { value, gradient } = evaluate(target, Float64Array.from(z));
          expect(value / exact.logPosteriorUnnormalised[i]).toBeCloseTo(1, 10);
          exact.gradient[i].forEach((g: number, k: number) => {
            expect(gradient[k] / g).toBeCloseTo(1, 8);
          });
        });
        const draws = await sample(methods[method](target), { draws: 600, warmup: 1000, chains: 32, seed: 22 });
        expectMoments(draws, exact.posteriorMean, exact.posteriorCovariance);
      });
    }
  });

  it('nuts has the moments of the banana at a high acceptance, and divergences that say where it fails at a lower one', async () => {
    const target = { ...goldenTarget('banana', golden.banana), prior: isotropicGaussian(2, 2) };
    const options = { draws: 1000, warmup: 300, chains: 32, seed: 23 };
    const careful = await sample(nuts(target, { targetAcceptance: 0.99 }), options);
    expectMoments(careful, golden.banana.mean, golden.banana.covariance);
    // At 0.8 the step is too long for the ends of the banana (as in NumPyro, which has as many divergences).
    const careless = await sample(nuts(target), options);
    const found = careless.infos.flat().flatMap(({ divergence }) => (divergence ? [divergence] : []));
    expect(found.length).toBeGreaterThan(50);
    // Only 13 % of the target is beyond 1.5 standard deviations of x; more than half of the divergences are.
    const far = found.filter(({ from }) => Math.abs(from[0]) > 1.5 * golden.banana.a);
    expect(far.length / found.length).toBeGreaterThan(0.5);
  });

  it('nuts has the share of each of two modes', async () => {
    const target = { ...goldenTarget('twoModes', golden.twoModes), prior: isotropicGaussian(2, 2) };
    const draws = await sample(nuts(target), { draws: 1500, warmup: 300, chains: 32, seed: 24 });
    const share = golden.twoModes.probabilityOfFirstCoordinatePositive;
    expectMean(draws, 'share of the second mode', share, ([x]) => (x > 0 ? 1 : 0));
  });
});

/** y = X·(shift + basisᵀ·z) + noise, from the formula of the golden files. */
function linearGaussian(K: number, N: number, D: number, noiseVariance: number, salt: number) {
  const inputs = formulaArray(N * D, salt, 1);
  const basis = formulaArray(K * D, salt + 1, 0.5);
  const shift = formulaArray(D, salt + 2, 0.3);
  const targets = formulaArray(N, salt + 3, 2);
  const design = new Float64Array(N * K);
  const residual = new Float64Array(N);
  for (let n = 0; n < N; n++) {
    residual[n] = targets[n];
    for (let d = 0; d < D; d++) {
      residual[n] -= inputs[n * D + d] * shift[d];
      for (let k = 0; k < K; k++) design[n * K + k] += inputs[n * D + d] * basis[k * D + d];
    }
  }
  return logDensity(K, (z) => {
    const gradient = new Float64Array(K);
    let value = -0.5 * N * Math.log(2 * Math.PI * noiseVariance);
    for (let n = 0; n < N; n++) {
      let error = residual[n];
      for (let k = 0; k < K; k++) error -= design[n * K + k] * z[k];
      value -= (0.5 * error ** 2) / noiseVariance;
      for (let k = 0; k < K; k++) gradient[k] += (error / noiseVariance) * design[n * K + k];
    }
    return { value, gradient };
  });
}
