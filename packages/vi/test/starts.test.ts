import { isotropicGaussian, logDensity, posterior } from '@subspace/core';
import { fullRank, inverseAutoregressive, meanField, realNvp } from '@subspace/vi';
import { describe, expect, it } from 'vitest';
import { eightSchools } from './eight-schools.ts';

describe('a mode in a neck without end', () => {
  it('is not where a fit stays: the eight schools, centred, by richer and richer families', async () => {
    const options = { iterations: 600, seed: 1 };
    const { elbo, paretoK } = await meanField(eightSchools, options);
    expect(elbo).toBeGreaterThan(5);
    expect(paretoK).toBeLessThan(2);
    expect((await fullRank(eightSchools, options)).elbo).toBeGreaterThan(elbo);
    expect((await inverseAutoregressive(eightSchools, { ...options, hidden: 8 })).elbo).toBeGreaterThan(elbo);
  });

  it('is where one of a single start stays, as it was told', async () => {
    expect((await meanField(eightSchools, { iterations: 200, seed: 1, starts: 1 })).elbo).toBeLessThan(0);
  });
});

/** N(0, I) until an iteration, of whose draws nothing is finite; then again. */
function interrupted(at: readonly number[]) {
  let calls = 0;
  return logDensity(1, ([z]) => {
    calls++;
    const broken = at.includes(Math.floor(calls / 8));
    return { value: broken ? Number.NaN : -0.5 * z ** 2, gradient: Float64Array.of(-z) };
  });
}

describe('an iteration of which nothing is finite', () => {
  it('sends the fit back, and does not end it', async () => {
    const { mean, covariance, setbacks, converged } = await meanField(interrupted([30, 31, 100, 200]), {
      iterations: 800,
      starts: 1,
      seed: 1,
    });
    expect(setbacks).toBeGreaterThan(0);
    expect(setbacks).toBeLessThan(9);
    expect(converged).toBe(true);
    expect(mean[0]).toBeCloseTo(0, 6);
    expect(covariance[0]).toBeCloseTo(1, 2);
  });

  it('is as harmless to flows', async () => {
    const { elbo, setbacks } = await realNvp(interrupted([40, 41, 42, 43, 300, 301, 302, 303]), {
      iterations: 300,
      starts: 1,
      seed: 1,
      hidden: 4,
      layers: 2,
    });
    expect(setbacks).toBeGreaterThan(0);
    expect(elbo).toBeCloseTo(0.5 * Math.log(2 * Math.PI), 1);
  });

  it('gives the best that there was, not converged, where it does not end', async () => {
    let calls = 0;
    const dying = logDensity(1, ([z]) => ({
      value: ++calls > 2000 && calls < 12_000 ? Number.NaN : -0.5 * z ** 2,
      gradient: Float64Array.of(-z),
    }));
    const fit = await meanField(dying, { iterations: 5000, starts: 1, seed: 1, initialStd: 3, learningRate: 1e-3 });
    expect(fit.setbacks).toBe(10);
    expect(fit.converged).toBe(false);
    expect(fit.history.length).toBeGreaterThan(0);
  });
});

describe('a stray draw', () => {
  it('is clipped: the fit goes on as if it were an ordinary one', async () => {
    // N(0, I) with a cliff of 10⁴⁰ nats three standard deviations out, where few draws come.
    const cliff = logDensity(2, ([x, y]) => {
      const steep = x > 3 ? 1e40 * (x - 3) : 0;
      return { value: -0.5 * (x * x + y * y) - steep, gradient: Float64Array.of(x > 3 ? -1e40 : -x, -y) };
    });
    for (const fit of [meanField, fullRank]) {
      const { mean, covariance, strayDraws } = await fit(cliff, { iterations: 2000, starts: 1, seed: 1 });
      expect(strayDraws).toBeGreaterThan(0);
      expect(Math.abs(mean[1])).toBeLessThan(0.05);
      expect(covariance[3]).toBeGreaterThan(0.8);
      expect(covariance[3]).toBeLessThan(1.2);
      expect(covariance[0]).toBeGreaterThan(0.3);
    }
  });

  it('there is none where the target is easy', async () => {
    const target = posterior({
      logLikelihood: logDensity(1, ([z]) => ({ value: -((z - 2) ** 2), gradient: Float64Array.of(4 - 2 * z) })),
      priorStd: 1,
    });
    expect(await meanField(target, { iterations: 300, seed: 1 })).toMatchObject({ strayDraws: 0, setbacks: 0 });
  });
});

describe('a start of which nothing is finite', () => {
  it('does not end the others', async () => {
    // N(6, 1) beyond 3, and nothing but the mean of the prior before.
    const far = {
      ...logDensity(1, ([z]) => ({
        value: z === 0 || z > 3 ? -0.5 * (z - 6) ** 2 : Number.NaN,
        gradient: Float64Array.of(6 - z),
      })),
      prior: isotropicGaussian(1, 3),
    };
    const { mean } = await meanField(far, { iterations: 300, seed: 1, initial: 'prior', initialStd: 0.1, starts: 4 });
    expect(mean[0]).toBeCloseTo(6, 1);
  });
});
