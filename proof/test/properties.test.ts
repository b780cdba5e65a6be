import {
  type DifferentiableLogDensity,
  type Evaluation,
  gaussianLogDensity,
  isotropicGaussian,
  logDensity,
  type Posterior,
  posterior,
  randomSource,
  sample,
} from '@subspace/core';
import { gridPosterior, sequentialMonteCarlo } from '@subspace/smc';
import { findMap, importanceResample, laplace } from '@subspace/vi';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { approximationMethods, corrected, particleMethods } from '../src/populations.ts';
import { samplers } from '../src/samplers.ts';
import { gaussian, gaussianEvaluation } from '../src/targets/gaussian-density.ts';

/** The seed of the cases is fixed as all others are. */
const cases = (numRuns: number) => ({ seed: 1, numRuns });

/** A Gaussian posterior of one or two coordinates, and all about it: prior N(m, s²), likelihood e^c·N(z | μ, Σ), T. */
const gaussianProblems = fc
  .record({
    dim: fc.constantFrom(1, 2),
    stds: fc.tuple(fc.double({ min: 0.1, max: 2, noNaN: true }), fc.double({ min: 0.1, max: 2, noNaN: true })),
    correlation: fc.double({ min: -0.95, max: 0.95, noNaN: true }),
    means: fc.tuple(fc.double({ min: -2, max: 2, noNaN: true }), fc.double({ min: -2, max: 2, noNaN: true })),
    constant: fc.double({ min: -500, max: 500, noNaN: true }),
    priorStd: fc.double({ min: 0.5, max: 3, noNaN: true }),
    temperature: fc.double({ min: 0.3, max: 5, noNaN: true }),
  })
  .map(({ dim, stds, correlation, means, constant, priorStd, temperature }) => {
    const covariance = stds.map((a, i) => stds.map((b, j) => (i === j ? a * b : correlation * a * b)));
    const likelihood = gaussian(means.slice(0, dim), covariance.slice(0, dim));
    const logLikelihood = logDensity(dim, (z): Evaluation => {
      const { value, gradient } = gaussianEvaluation(likelihood, z);
      return { value: value + constant, gradient };
    });
    return { dim, logLikelihood, priorStd, temperature };
  });

/** A smooth likelihood of one mode in two coordinates that is no Gaussian: y = a·z₀ + b·z₁³ + noise of Student's kind. */
const likelihoods = fc
  .array(
    fc.record({
      a: fc.double({ min: -2, max: 2, noNaN: true }),
      b: fc.double({ min: -1, max: 1, noNaN: true }),
      y: fc.double({ min: -3, max: 3, noNaN: true }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((rows) =>
    logDensity(2, (z): Evaluation => {
      let value = 0;
      const gradient = new Float64Array(2);
      for (const { a, b, y } of rows) {
        const error = y - a * z[0] - b * Math.tanh(z[1]);
        value -= 2 * Math.log1p(error ** 2 / 3);
        const slope = ((4 / 3) * error) / (1 + error ** 2 / 3);
        gradient[0] += slope * a;
        gradient[1] += (slope * b) / Math.cosh(z[1]) ** 2;
      }
      return { value, gradient };
    }),
  );

describe('evidence', () => {
  it('of a Gaussian posterior is the same by Laplace, by quadrature and by importance sampling', async () => {
    await fc.assert(
      fc.asyncProperty(gaussianProblems, async (problem) => {
        const target = posterior({
          logLikelihood: problem.logLikelihood,
          priorStd: problem.priorStd,
          temperature: problem.temperature,
        });
        const approximation = await laplace(target, { curvature: 'hessian', evaluationDraws: 100 });
        const grid = await gridPosterior(target);
        const resampled = await importanceResample(approximation, target, { draws: 10, proposals: 100, seed: 1 });
        expect(Math.abs(approximation.elbo - approximation.logEvidence)).toBeLessThan(1e-6);
        expect(Math.abs(resampled.logEvidence - approximation.logEvidence)).toBeLessThan(1e-6);
        expect(Math.abs(grid.logEvidence - approximation.logEvidence)).toBeLessThan(1e-3);
        for (const [k, mean] of approximation.mean.entries()) {
          const std = Math.sqrt(approximation.covariance[k * (problem.dim + 1)]);
          expect(Math.abs(grid.mean[k] - mean) / std).toBeLessThan(1e-3);
          expect(Math.abs(Math.sqrt(grid.covariance[k * (problem.dim + 1)]) / std - 1)).toBeLessThan(1e-3);
        }
      }),
      cases(30),
    );
  });

  it('by sequential Monte Carlo agrees with quadrature within its own standard errors', async () => {
    await fc.assert(
      fc.asyncProperty(
        likelihoods,
        fc.double({ min: 0.5, max: 3, noNaN: true }),
        async (logLikelihood, temperature) => {
          const target = posterior({ logLikelihood, priorStd: 1.5, temperature });
          const { logEvidence } = await gridPosterior(target);
          const particles = await sequentialMonteCarlo(target, {
            particles: 3200,
            replicates: 32,
            move: (tempered) => samplers[0].create(tempered as Posterior) as never,
            seed: 1,
          });
          const { logEvidence: estimate, logEvidenceStandardError } = particles;
          expect(Math.abs(estimate - logEvidence)).toBeLessThan(4 * logEvidenceStandardError + 1e-3);
        },
      ),
      cases(10),
    );
  });
});

describe.each(samplers)('$name', ({ create }) => {
  const options = { draws: 30, warmup: 20, chains: 3, seed: 1 };

  it('of ℓ at T is that of ℓ/T at 1, and does not see the constant of ℓ', async () => {
    await fc.assert(
      fc.asyncProperty(
        likelihoods,
        fc.double({ min: 0.3, max: 5, noNaN: true }),
        async (logLikelihood, temperature) => {
          const rescaled = logDensity(2, (z): Evaluation => {
            const [{ value, gradient }] = logLikelihood.valuesAndGradients([z]) as readonly Evaluation[];
            return { value: value / temperature + 7, gradient: gradient.map((g) => g / temperature) };
          });
          const tempered = await sample(create(posterior({ logLikelihood, priorStd: 1.5, temperature })), options);
          const plain = await sample(create(posterior({ logLikelihood: rescaled, priorStd: 1.5 })), options);
          // The same but for rounding, which a chain of 50 steps has not blown up yet.
          tempered.positions[0].slice(0, 10).forEach((z, d) => {
            for (const k of [0, 1]) expect(plain.positions[0][d][k]).toBeCloseTo(z[k], 6);
          });
        },
      ),
      cases(15),
    );
  });

  it('gives every bit of a chain whatever runs beside it, and whether the target answers now or later', async () => {
    await fc.assert(
      fc.asyncProperty(likelihoods, async (logLikelihood) => {
        const target = posterior({ logLikelihood, priorStd: 1.5 });
        const later: DifferentiableLogDensity = {
          dim: 2,
          values: async (points) => logLikelihood.values(points),
          valuesAndGradients: async (points) => logLikelihood.valuesAndGradients(points),
        };
        const three = await sample(create(target), options);
        const alone = await sample(create(target), { ...options, chains: 1 });
        const waited = await sample(create(posterior({ logLikelihood: later, priorStd: 1.5 })), options);
        expect(alone.positions[0]).toEqual(three.positions[0]);
        expect(waited.positions).toEqual(three.positions);
      }),
      cases(10),
    );
  });
});

describe.each(approximationMethods)('$name', (method) => {
  it('is a normalised density that its draws follow, and its ELBO is below the evidence', async () => {
    await fc.assert(
      fc.asyncProperty(likelihoods, async (logLikelihood) => {
        const target = posterior({ logLikelihood, priorStd: 1.5 });
        const options = { iterations: 100, seed: '1', flow: { layers: 2, hidden: 4 } };
        const approximation = await method.fit(target, options);
        const { logEvidence } = await gridPosterior(target);
        expect(approximation.elbo).toBeLessThan(logEvidence + 4 * approximation.elboStandardError + 1e-3);
        // Quadrature of its own density, as a likelihood times a Gaussian.
        const prior = isotropicGaussian(2, 4);
        const whole = await gridPosterior(
          posterior({
            prior,
            logLikelihood: logDensity(2, (z) => approximation.logDensity(z) - gaussianLogDensity(prior, z)),
          }),
        );
        expect(Math.abs(whole.logEvidence)).toBeLessThan(2e-3);
        const draws = approximation.sample(randomSource(1), 500);
        expect(draws).toHaveLength(500);
        for (const k of [0, 1]) {
          const mean = draws.reduce((sum, z) => sum + z[k], 0) / 500;
          const error = Math.sqrt(whole.covariance[3 * k] / 500);
          expect(Math.abs(mean - whole.mean[k])).toBeLessThan(4.5 * error);
        }
      }),
      cases(8),
    );
  });
});

it('every population has the particles that it was asked for, and the same for the same seed', async () => {
  await fc.assert(
    fc.asyncProperty(likelihoods, fc.integer({ min: 16, max: 60 }), async (logLikelihood, particles) => {
      const target = posterior({ logLikelihood, priorStd: 1.5 });
      const { position } = await findMap(target);
      const approximation = await laplace(target, { at: position, curvature: 'hessian' });
      for (const method of [...particleMethods, corrected(approximation)]) {
        const { positions } = await method.run(target, { particles, seed: 'a' });
        expect(positions).toHaveLength(particles);
        expect(positions.every((z) => z.length === 2 && z.every(Number.isFinite))).toBe(true);
        expect((await method.run(target, { particles, seed: 'a' })).positions).toEqual(positions);
        expect((await method.run(target, { particles, seed: 'b' })).positions).not.toEqual(positions);
      }
    }),
    cases(5),
  );
});
