import { logDensity, posterior, randomSource } from '@subspace/core';
import { type LaplaceProgress, laplace } from '@subspace/vi';
import { describeGolden } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { FORMULA_NETWORKS, formulaNetwork } from './formula-network.ts';
import { LINEAR_GAUSSIANS, linearGaussian, linearLikelihood } from './linear-gaussian.ts';

const plane = posterior({
  logLikelihood: linearLikelihood([Float64Array.of(1, 1), Float64Array.of(1, -2)], [3, 0], 0.5),
  priorStd: 2,
});
const close = (values: ArrayLike<number>, digits: number) => Array.from(values, (x) => expect.closeTo(x, digits));

describe('laplace', () => {
  it('is the posterior where that is Gaussian, with either curvature', async () => {
    // H = AᵀA / ½ + I / 4 = [[4.25, −2], [−2, 10.25]], H·mean = Aᵀy / ½ = [6, 6].
    const determinant = 4.25 * 10.25 - 4;
    for (const curvature of ['gauss-newton', 'hessian'] as const) {
      const approximation = await laplace(plane, { curvature });
      expect([...approximation.mean]).toEqual(close([(61.5 + 12) / determinant, (25.5 + 12) / determinant], 6));
      expect([...approximation.covariance]).toEqual(
        close(
          [10.25, 2, 2, 4.25].map((x) => x / determinant),
          9,
        ),
      );
      expect(approximation.elbo).toBeCloseTo(approximation.logEvidence, 6);
      expect(approximation.elboStandardError).toBeLessThan(1e-6);
      expect(approximation.nonFinite).toBe(0);
    }
  });

  it('has a density that its draws follow', async () => {
    const { sample, logDensity: density, mean, covariance } = await laplace(plane);
    const draws = sample(randomSource(5), 4000);
    for (const i of [0, 1]) {
      const average = draws.reduce((sum, z) => sum + z[i], 0) / draws.length;
      expect(Math.abs(average - mean[i])).toBeLessThan(4 * Math.sqrt(covariance[3 * i] / draws.length));
    }
    const entropy = 1 + Math.log(2 * Math.PI) + 0.5 * Math.log(covariance[0] * covariance[3] - covariance[1] ** 2);
    const average = draws.reduce((sum, z) => sum - density(z), 0) / draws.length;
    // −log q of K = 2 is half a χ² of two degrees of freedom: variance 1.
    expect(Math.abs(average - entropy)).toBeLessThan(4 / Math.sqrt(draws.length));
    expect(sample(randomSource(5), 3)).toEqual(draws.slice(0, 3));
    expect(sample(randomSource(5), 0)).toEqual([]);
  });

  it('expands about a point that it is given, without an ascent', async () => {
    const at = Float64Array.of(5, -5);
    const { mean, converged, paretoK, elbo, logEvidence } = await laplace(plane, { at });
    expect([...mean]).toEqual([5, -5]);
    expect(converged).toBe(true);
    // Far from the posterior: as wide, but elsewhere.
    expect(paretoK).toBeGreaterThan(0.7);
    expect(elbo).toBeLessThan(logEvidence);
  });

  it('takes a step that averages over kinks where a short one sees one piece', async () => {
    // Steps of 0.01 whose heights follow −z: on average −½z², between two kinks −(flat piece).
    const target = logDensity(1, ([z]) => ({
      value: -0.5 * z * z,
      gradient: Float64Array.of(-Math.round(100 * z) / 100),
    }));
    const wide = await laplace(target, { curvature: 'hessian', at: Float64Array.of(0), step: 0.3 });
    expect(wide.covariance[0]).toBeCloseTo(1, 1);
    await expect(laplace(target, { curvature: 'hessian', at: Float64Array.of(0), step: 0.001 })).rejects.toThrow(
      'laplace: the curvature at [0] is not positive definite',
    );
  });

  it('reports the ascent, then the draws with the time left', async () => {
    const slow = {
      ...plane,
      values: (points: readonly Float64Array[]) => {
        for (const until = performance.now() + points.length; performance.now() < until; );
        return plane.values(points);
      },
    };
    const phases: string[] = [];
    let last: LaplaceProgress | undefined;
    await laplace(slow, {
      evaluationDraws: 400,
      onProgress: (progress) => {
        if (progress.phase === 'draws') {
          expect(progress.of).toBe(400);
          expect(progress.secondsLeft).toBeGreaterThanOrEqual(0);
        } else expect(progress.of).toBe(200);
        phases.push(progress.phase);
        last = progress;
      },
    });
    expect(phases).toEqual([...phases].sort());
    expect(phases[0]).toBe('ascent');
    expect(phases.filter((phase) => phase === 'draws').length).toBeGreaterThan(2);
    expect(last).toEqual({ phase: 'draws', done: 400, of: 400, secondsLeft: 0 });
  });

  it('counts NaN as a density of zero', async () => {
    const half = logDensity(1, ([z]) => ({
      value: z > -0.5 ? -0.5 * z * z : Number.NaN,
      gradient: Float64Array.of(-z),
    }));
    const { nonFinite, elbo } = await laplace(half, { curvature: 'hessian', evaluationDraws: 400 });
    // Φ(−0.5) = 0.3085 of 400.
    expect(Math.abs(nonFinite - 123.4)).toBeLessThan(4 * Math.sqrt(400 * 0.3085 * 0.6915));
    expect(elbo).toBe(-Infinity);
  });

  it('names what is wrong', async () => {
    const gradients = logDensity(1, (z) => ({ value: -(z[0] ** 2), gradient: z.map((x) => -2 * x) }));
    await expect(laplace(gradients)).rejects.toThrow(
      "laplace: posterior has no gaussNewton, expected one that has, or curvature: 'hessian'",
    );
    await expect(laplace(plane, { curvature: 'fisher' as never })).rejects.toThrow('laplace: curvature is "fisher"');
    await expect(laplace(plane, { at: new Float64Array(3) })).rejects.toThrow('laplace: at has length 3, expected 2');
    await expect(laplace(plane, { at: [0, 0] as never })).rejects.toThrow(
      'laplace: at is Array, expected a Float64Array of length 2',
    );
    await expect(laplace(plane, { at: null as never })).rejects.toThrow('laplace: at is null, expected a Float64Array');
    await expect(laplace(plane, { at: Float64Array.of(0, Infinity) })).rejects.toThrow('laplace: at[1] is Infinity');
    await expect(laplace(plane, { step: 0 })).rejects.toThrow('laplace: step is 0');
    await expect(laplace(plane, { evaluationDraws: 1 })).rejects.toThrow('laplace: evaluationDraws is 1');
    await expect(laplace(plane, { seed: Number.NaN })).rejects.toThrow('laplace: seed is NaN');
    await expect(laplace(plane, { where: 1 } as never)).rejects.toThrow('laplace: option where is unknown');
    await expect(laplace(plane, { signal: { aborted: true } })).rejects.toMatchObject({ code: 'ABORTED' });
    const saddle = logDensity(2, ([x, y]) => ({ value: x * y, gradient: Float64Array.of(y, x) }));
    await expect(laplace(saddle, { curvature: 'hessian', at: new Float64Array(2) })).rejects.toThrow(
      'laplace: the curvature at [0, 0] is not positive definite, expected a maximum',
    );
    const infinite = logDensity(1, ([z]) => ({ value: z === 0 ? 0 : Infinity, gradient: Float64Array.of(-z) }));
    await expect(laplace(infinite, { curvature: 'hessian', at: new Float64Array(1) })).rejects.toThrow(
      'laplace: the log density is Infinity at [',
    );
    const { logDensity: density, sample } = await laplace(plane);
    expect(() => density(new Float64Array(3))).toThrow('laplace.logDensity: z has length 3, expected 2');
    expect(() => sample(randomSource(1), -1)).toThrow('laplace.sample: count is -1');
  });
});

describeGolden('samplers-targets.json', (golden) => {
  it('has the covariance and evidence of every linear Gaussian model', async () => {
    for (const [name, salt] of Object.entries(LINEAR_GAUSSIANS)) {
      const exact = golden.linearGaussian[name];
      const { covariance, logEvidence, elbo } = await laplace(linearGaussian(exact, salt), { tolerance: 1e-14 });
      const largest = Math.max(...exact.posteriorCovariance.flat());
      covariance.forEach((x, i) => {
        expect(Math.abs(x - exact.posteriorCovariance.flat()[i]) / largest, name).toBeLessThan(1e-10);
      });
      expect(logEvidence / exact.logEvidence).toBeCloseTo(1, 10);
      expect(elbo).toBeCloseTo(exact.fullRankElbo, 6);
    }
  });
});

for (const name of FORMULA_NETWORKS) {
  describeGolden(`hessian-${name}.json`, (golden) => {
    const target = (temperature: number) =>
      posterior({
        logLikelihood: formulaNetwork(name, golden.provenance.seed, golden.network.std, golden.data.points),
        priorStd: golden.subspaceLaplace.priorSigma,
        temperature,
      });
    const expectMatrix = (found: ArrayLike<number>, exact: number[][], relative: number) => {
      const largest = Math.max(...exact.flat().map(Math.abs));
      exact.flat().forEach((x, i) => {
        expect(Math.abs(found[i] - x) / largest).toBeLessThan(relative);
      });
    };

    it('has the Gauss–Newton covariance and evidence at z = 0', async () => {
      const { temperature, laplaceCovarianceGgn, logMarginalLikelihoodGgn } = golden.subspaceLaplace.atZero;
      const { covariance, logEvidence } = await laplace(target(temperature), {
        at: new Float64Array(5),
        evaluationDraws: 2,
      });
      expectMatrix(covariance, laplaceCovarianceGgn, 1e-7);
      expect(logEvidence / logMarginalLikelihoodGgn).toBeCloseTo(1, 10);
    });

    it('has the covariance and evidence of the exact Hessian at the reference’s maximum, by short differences within one piece', async () => {
      const { temperature, z, laplaceCovarianceHessian, logMarginalLikelihoodHessian } = golden.subspaceLaplace.map;
      const { covariance, logEvidence } = await laplace(target(temperature), {
        at: Float64Array.from(z),
        curvature: 'hessian',
        step: 1e-5,
        evaluationDraws: 2,
      });
      expectMatrix(covariance, laplaceCovarianceHessian, 1e-5);
      expect(logEvidence).toBeCloseTo(logMarginalLikelihoodHessian, 5);
    });
  });
}
