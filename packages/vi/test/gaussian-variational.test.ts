import { logDensity, posterior, randomSource, type Vector } from '@subspace/core';
import { fullRank, type GaussianVariational, meanField } from '@subspace/vi';
import { describeGolden } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { approximationQuality, gaussianDensity } from '../src/approximation.ts';
import { evaluator } from '../src/target.ts';
import { gaussianKl, LINEAR_GAUSSIANS, linearGaussian, linearLikelihood } from './linear-gaussian.ts';

/** Three observations of two coordinates whose scales are a thousand apart. */
const design = [Float64Array.of(1, 1000), Float64Array.of(1, -2000), Float64Array.of(0.5, 500)];
const logLikelihood = linearLikelihood(design, [3, 0, 1], 0.01);
const target = posterior({ logLikelihood, priorStd: 1 });
const options = { iterations: 600, seed: 1, evaluationDraws: 100 };

/** KL from one fit to another. */
const distance = (a: GaussianVariational, b: GaussianVariational) =>
  gaussianKl(a.mean, a.covariance, b.mean, b.covariance);

const bits = ({ mean, covariance, history, elbo, paretoK }: GaussianVariational) =>
  JSON.stringify([...mean, ...covariance, elbo, paretoK, history]);

describe('meanField and fullRank', () => {
  it('give the same numbers for the same seed, and others for another', async () => {
    for (const method of [meanField, fullRank]) {
      const once = await method(target, options);
      expect(bits(await method(target, options))).toBe(bits(once));
      expect(bits(await method(target, { ...options, seed: 2 }))).not.toBe(bits(once));
    }
  });

  it('find the same optimum with and without sticking the landing, from a narrow start, from the prior and from afar', async () => {
    for (const method of [meanField, fullRank]) {
      const best = await method(target, { ...options, iterations: 2000 });
      for (const changes of [
        { stickingTheLanding: false },
        { initialStd: 1e-5 },
        { initial: 'prior' as const },
        { initial: Float64Array.of(2.5, 0.002), initialStd: 1e-3 },
        { commonRandomNumbers: true },
      ]) {
        const other = await method(target, { ...options, iterations: 2000, ...changes });
        expect(distance(other, best), `${method.name} ${JSON.stringify(changes)}`).toBeLessThan(0.02);
      }
    }
  });

  it('have no noise at all in the gradient where the approximation is exact, if sticking the landing', async () => {
    const stuck = await fullRank(target, { ...options, iterations: 2000 });
    const loose = await fullRank(target, { ...options, iterations: 2000, stickingTheLanding: false });
    const { standardError } = stuck.history.at(-1)!;
    expect(standardError).toBeLessThan(1e-4);
    expect(loose.history.at(-1)!.standardError).toBeGreaterThan(10 * standardError);
  });

  it('keep the mean where it starts with fixMean, at the prior’s mean or where they are told', async () => {
    const prior = { mean: Float64Array.of(0.5, -0.001), cholesky: Float64Array.of(1, 0, 0, 1) };
    const shifted = posterior({ logLikelihood, prior });
    for (const method of [meanField, fullRank]) {
      const fixed = await method(shifted, { ...options, fixMean: true });
      expect([...fixed.mean]).toEqual([0.5, -0.001]);
      // E_q of a quadratic depends on the mean and the variance separately: the variance is that of a free mean.
      const free = await method(shifted, options);
      fixed.covariance.forEach((value, i) => {
        const scale = Math.sqrt(free.covariance[3 * Math.floor(i / 2)] * free.covariance[3 * (i % 2)]);
        expect(Math.abs(value - free.covariance[i]) / scale).toBeLessThan(0.15);
      });
      const elsewhere = await method(shifted, { ...options, fixMean: true, initial: Float64Array.of(1, 0) });
      expect([...elsewhere.mean]).toEqual([1, 0]);
    }
  });

  it('come near the optimum from minibatches of a fifth of the rows', async () => {
    const random = randomSource('rows');
    const rows = Array.from({ length: 500 }, () => Float64Array.of(random.normal(), random.normal(), random.normal()));
    const targets = rows.map(([a, b]) => a - 2 * b + 0.3 * random.normal());
    const whole = posterior({ logLikelihood: linearLikelihood(rows, targets, 0.09), priorStd: 1, temperature: 20 });
    for (const initial of ['map', 'prior'] as const) {
      const best = await fullRank(whole, { ...options, initial });
      const part = await fullRank(whole, { ...options, initial, minibatch: 100, iterations: 2000 });
      expect(distance(part, best), initial).toBeLessThan(0.05);
      expect(Math.abs(part.elbo - best.elbo)).toBeLessThan(0.1);
    }
  });

  it('evaluate each draw once an iteration, and only some rows with minibatches', async () => {
    const counts = { whole: 0, part: 0, values: 0 };
    const counted = posterior({
      logLikelihood: {
        ...logLikelihood,
        values: (points: readonly Vector[]) => {
          counts.values += points.length;
          return logLikelihood.values(points);
        },
        valuesAndGradients: (points: readonly Vector[]) => {
          counts.whole += points.length;
          return logLikelihood.valuesAndGradients(points);
        },
        minibatch: (points: readonly Vector[], rows: Int32Array) => {
          expect(rows.length).toBe(2);
          counts.part += points.length;
          return logLikelihood.minibatch(points, rows);
        },
      },
      priorStd: 1,
    });
    const short = { seed: 1, initial: 'prior' as const, iterations: 10, samplesPerIteration: 3, evaluationDraws: 17 };
    await meanField(counted, short);
    expect(counts).toEqual({ whole: 30, part: 0, values: 17 });
    // One more point per iteration is the reference of the control variate.
    await meanField(counted, { ...short, minibatch: 2 });
    expect(counts).toEqual({ whole: 31, part: 40, values: 34 });
  });

  it('record the ELBO with its standard error, and end when it stops rising', async () => {
    const approximation = await meanField(target, { ...options, iterations: 5000, initial: 'prior' });
    const { history, converged } = approximation;
    expect(converged).toBe(true);
    expect(history.at(-1)!.iteration).toBeLessThan(4000);
    history.forEach(({ iteration, standardError, learningRate }, i) => {
      expect(iteration).toBeGreaterThan(history[i - 1]?.iteration ?? 0);
      expect(standardError).toBeGreaterThan(0);
      expect(learningRate).toBeLessThanOrEqual(history[i - 1]?.learningRate ?? 0.1);
    });
    expect(history.at(-1)!.elbo).toBeGreaterThan(history[0].elbo);
    const short = await meanField(target, { ...options, iterations: 20, initial: 'prior' });
    expect(short.converged).toBe(false);
    expect(short.history.at(-1)!.iteration).toBe(20);
  });

  it('judge no stretch by fewer iterations than the shortest, also where they do not divide', async () => {
    for (const iterations of [21, 41, 59, 201]) {
      const { history } = await meanField(target, { ...options, iterations, initial: 'prior' });
      expect(history.at(-1)!.iteration).toBe(iterations);
      history.forEach(({ iteration, standardError }, i) => {
        expect(iteration - (history[i - 1]?.iteration ?? 0)).toBeGreaterThanOrEqual(20);
        expect(standardError).toBeGreaterThan(0);
        expect(standardError).toBeLessThan(Infinity);
      });
    }
    // Of one estimate alone, nothing says how far it is off.
    const [only, ...others] = (await meanField(target, { ...options, iterations: 1, initial: 'prior' })).history;
    expect(only).toMatchObject({ iteration: 1, standardError: Infinity });
    expect(others).toEqual([]);
  });

  it('keep the best iterate where the learning rate is far too large', async () => {
    const wild = await meanField(target, { ...options, learningRate: 3, initialStd: 1e-4 });
    const best = Math.max(...wild.history.map(({ elbo }) => elbo));
    expect(wild.history.some(({ elbo }) => elbo < best - 1)).toBe(true);
    expect(wild.elbo).toBeGreaterThan(best - 4 * wild.elboStandardError);
  });

  it('have a deterministic ELBO with common random numbers', async () => {
    const { history } = await fullRank(target, { ...options, commonRandomNumbers: true });
    // At a small learning rate nothing is left to vary.
    expect(history.at(-1)!.standardError).toBeLessThan(1e-4);
  });

  it('climb the ELBO over common random numbers of a target that is no Gaussian, sticking the landing or not', async () => {
    // A ridge along y = x².
    const ridge = posterior({
      logLikelihood: logDensity(2, ([x, y]) => {
        const residual = y - x * x;
        return { value: -4 * residual ** 2, gradient: Float64Array.of(16 * x * residual, -8 * residual) };
      }),
      priorStd: 2,
    });
    for (const method of [meanField, fullRank]) {
      for (const samplesPerIteration of [8, 64]) {
        for (const stickingTheLanding of [true, false]) {
          for (const seed of [1, 2, 3]) {
            const fit = { iterations: 600, seed, samplesPerIteration, stickingTheLanding };
            const { history } = await method(ridge, { ...fit, commonRandomNumbers: true });
            // A step of Adam may go too far; over a stretch that must come to less than the fit takes for a gain.
            history.slice(1).forEach(({ elbo, iteration }, i) => {
              expect(elbo, `${method.name} ${JSON.stringify(fit)} at ${iteration}`).toBeGreaterThan(
                history[i].elbo - 0.01,
              );
            });
            expect(history.at(-1)!.elbo).toBeGreaterThan(history[0].elbo + 0.1);
          }
        }
      }
    }
  });

  it('take four common draws for each coordinate where 64 are too few', async () => {
    const sizes: number[] = [];
    const wide = logDensity(17, (z) => ({
      value: -0.5 * z.reduce((sum, x) => sum + x * x, 0),
      gradient: z.map((x) => -x),
    }));
    const valuesAndGradients = async (points: readonly Vector[]) => {
      sizes.push(points.length);
      return wide.valuesAndGradients(points);
    };
    const short = { iterations: 1, initial: 'prior' as const, seed: 1, evaluationDraws: 2 };
    await meanField({ ...wide, valuesAndGradients }, { ...short, commonRandomNumbers: true });
    expect(sizes.at(-1)).toBe(4 * 17);
  });

  it('leave out draws that are not finite, and count them', async () => {
    const half = logDensity(1, ([z]) => ({
      value: z > -3 ? -0.5 * z * z : Number.NaN,
      gradient: Float64Array.of(z > -3 ? -z : Number.NaN),
    }));
    const { nonFinite, mean, covariance } = await meanField(half, { ...options, initial: 'prior' });
    expect(nonFinite).toBeGreaterThan(0);
    expect(mean[0]).toBeCloseTo(0, 1);
    expect(covariance[0]).toBeCloseTo(1, 1);
  });

  it('report progress and the end', async () => {
    const seen: number[] = [];
    const slow = logDensity(1, ([z]) => {
      for (const until = performance.now() + 0.3; performance.now() < until; );
      return { value: -0.5 * z * z, gradient: Float64Array.of(-z) };
    });
    await meanField(slow, {
      ...options,
      iterations: 40,
      onProgress: ({ iteration, of, secondsLeft }) => {
        seen.push(iteration);
        expect(of).toBe(160);
        expect(secondsLeft).toBeGreaterThanOrEqual(0);
      },
    });
    expect(seen.length).toBeGreaterThan(2);
    // Four starts, each of them within the forty iterations before they can be compared.
    expect(seen.at(-1)).toBe(160);
  });

  it('let the event loop turn, and stop with the history when cancelled', async () => {
    const signal = { aborted: false };
    setTimeout(() => {
      signal.aborted = true;
    }, 50);
    const error = await fullRank(target, {
      ...options,
      iterations: 1e6,
      tolerance: 1e-12,
      evaluationDraws: 1e6,
      signal,
    }).catch((e) => e);
    expect(error).toMatchObject({ code: 'ABORTED', message: 'fullRank: cancelled' });
    expect(error.history.length).toBeGreaterThan(0);
  });

  it('name what is wrong', async () => {
    const wrong = (changes: object) => meanField(target, { ...options, ...changes } as never);
    await expect(meanField(target, undefined as never)).rejects.toThrow('meanField: options is undefined');
    await expect(fullRank(undefined as never, options)).rejects.toThrow('fullRank: posterior is undefined');
    await expect(wrong({ iterations: 0 })).rejects.toThrow('meanField: iterations is 0');
    await expect(wrong({ samplesPerIteration: 0 })).rejects.toThrow('meanField: samplesPerIteration is 0');
    await expect(wrong({ samplesPerIteration: 3, commonRandomNumbers: true })).rejects.toThrow(
      'meanField: samplesPerIteration is 3 with commonRandomNumbers, expected at least 4: two for each coordinate',
    );
    await expect(wrong({ learningRate: -1 })).rejects.toThrow('meanField: learningRate is -1');
    await expect(wrong({ initialStd: 0 })).rejects.toThrow('meanField: initialStd is 0');
    await expect(wrong({ tolerance: 0 })).rejects.toThrow('meanField: tolerance is 0');
    await expect(wrong({ evaluationDraws: 1 })).rejects.toThrow('meanField: evaluationDraws is 1');
    await expect(wrong({ seed: undefined })).rejects.toThrow('meanField: seed is undefined');
    await expect(wrong({ initial: 'mode' })).rejects.toThrow(
      "meanField: initial is \"mode\", expected 'map', 'prior' or a position",
    );
    await expect(wrong({ initial: new Float64Array(1) })).rejects.toThrow(
      'meanField: initial has length 1, expected 2',
    );
    await expect(wrong({ initial: [0, 0] })).rejects.toThrow(
      'meanField: initial is Array, expected a Float64Array of length 2',
    );
    await expect(wrong({ minibatch: 4 })).rejects.toThrow('meanField: minibatch is 4, expected at most 3');
    await expect(wrong({ minibatch: 0 })).rejects.toThrow('meanField: minibatch is 0');
    await expect(wrong({ epochs: 3 })).rejects.toThrow('meanField: option epochs is unknown');
    await expect(wrong({ fixMean: 'yes' })).rejects.toThrow('meanField: fixMean is "yes", expected true or false');
    const plain = logDensity(1, (z) => ({ value: -(z[0] ** 2), gradient: z.map((x) => -2 * x) }));
    await expect(meanField(plain, { ...options, minibatch: 1 })).rejects.toThrow(
      'meanField: posterior has no minibatch',
    );
    const cliff = logDensity(1, ([z]) => ({ value: z === 0 ? 0 : -Infinity, gradient: Float64Array.of(0) }));
    await expect(meanField(cliff, options)).rejects.toThrow(
      'meanField: the log density or its gradient is not finite at any of the 8 draws of 10 iterations, expected some',
    );
  });
});

describeGolden('samplers-targets.json', (golden) => {
  for (const [name, salt] of Object.entries(LINEAR_GAUSSIANS)) {
    it(`reach the best ELBOs of the linear Gaussian model ${name}`, async () => {
      const exact = golden.linearGaussian[name];
      const { K, posteriorMean, logEvidence } = exact;
      const covariance = exact.posteriorCovariance.flat();
      const model = linearGaussian(exact, salt);
      const full = await fullRank(model, { iterations: 2000, seed: 11 });
      expect(full.elbo).toBeCloseTo(exact.fullRankElbo, 3);
      expect(gaussianKl(full.mean, full.covariance, posteriorMean, covariance)).toBeLessThan(1e-3);
      expect(full.paretoK).toBeLessThan(0.5);

      const diagonal = await meanField(model, { iterations: 2000, seed: 11 });
      expect(Math.abs(diagonal.elbo - exact.meanFieldElbo)).toBeLessThan(4 * diagonal.elboStandardError + 2e-3);
      // Its exact ELBO is log evidence − KL.
      const kl = gaussianKl(diagonal.mean, diagonal.covariance, posteriorMean, covariance);
      expect(exact.meanFieldElbo - (logEvidence - kl)).toBeLessThan(2e-3);
      exact.meanFieldVariances.forEach((variance: number, k: number) => {
        expect(Math.abs(diagonal.covariance[k * K + k] / variance - 1)).toBeLessThan(0.1);
      });
    });
  }
});

describeGolden('flows-gaussian.json', (golden) => {
  it('have the divergence from the prior and the entropy of PyTorch’s Gaussians', async () => {
    for (const { K, sigma, mean, std, choleskyFactor, ...exact } of golden.cases) {
      // Without a likelihood, the ELBO is −KL(q ‖ prior).
      const prior = posterior({
        logLikelihood: logDensity(K, () => ({ value: 0, gradient: new Float64Array(K) })),
        priorStd: sigma,
      });
      const diagonal = Float64Array.from({ length: K * K }, (_, i) => (i % (K + 1) === 0 ? std[i / (K + 1)] : 0));
      for (const [cholesky, kl, entropy] of [
        [diagonal, exact.klMeanField, exact.entropyMeanField],
        [Float64Array.from(choleskyFactor.flat()), exact.klFullRank, exact.entropyFullRank],
      ]) {
        const density = gaussianDensity('q', { mean: Float64Array.from(mean), cholesky });
        const evaluate = evaluator('test', prior);
        const { elbo, elboStandardError } = await approximationQuality(
          'test',
          density,
          evaluate,
          randomSource(3),
          20000,
        );
        expect(Math.abs(elbo + kl)).toBeLessThan(4 * elboStandardError);
        // log q at the mean is the entropy's constant: −entropy + K/2.
        expect(density.logDensity(Float64Array.from(mean))).toBeCloseTo(K / 2 - entropy, 10);
      }
    }
  });
});
