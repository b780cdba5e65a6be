import { isotropicGaussian, logDensity, posterior, sample } from '@subspace/core';
import { diagnose, summary, toInferenceData } from '@subspace/diagnostics';
import { ellipticalSlice } from '@subspace/ess';
import { hmc, nuts, randomWalk } from '@subspace/nuts';
import { sequentialMonteCarlo } from '@subspace/smc';
import { fullRank, importanceResample, laplace } from '@subspace/vi';
import { describe, expect, it } from 'vitest';

/** What is said of a sampler's draws: that `diagnose` reads the infos that the samplers write. */
const codes = (draws: Parameters<typeof diagnose>[0]) => diagnose(draws).map(({ code }) => code);
const prior = isotropicGaussian(2, 1);
const run = { draws: 1000, warmup: 500, chains: 4, seed: 1 };

/** −½·Σ (zₖ/σₖ)². */
const gaussian = (...stds: number[]) => ({
  ...logDensity(stds.length, (z) => ({
    value: -0.5 * stds.reduce((sum, std, k) => sum + (z[k] / std) ** 2, 0),
    gradient: z.map((x, k) => -x / stds[k] ** 2),
  })),
  prior: isotropicGaussian(stds.length, 1),
});

/** Neal's funnel: v ~ N(0, 3²), x ~ N(0, e^v) eight times. */
const funnel = {
  ...logDensity(9, (z) => {
    const v = z[0];
    const squares = z.subarray(1).reduce((sum, x) => sum + x * x, 0);
    const gradient = z.map((x) => -x * Math.exp(-v));
    gradient[0] = -v / 9 - 4 + 0.5 * squares * Math.exp(-v);
    return { value: -(v * v) / 18 - 4 * v - 0.5 * squares * Math.exp(-v), gradient };
  }),
  prior: isotropicGaussian(9, 1),
};

describe('diagnose, of what samplers tell', () => {
  it('finds nothing wrong with NUTS on a Gaussian', async () => {
    expect(codes(await sample(nuts(gaussian(1, 2)), run))).toEqual([]);
  });

  it('finds that NUTS diverges in the neck of a funnel', async () => {
    expect(codes(await sample(nuts(funnel), run))).toContain('divergences');
  });

  it('finds trees that are too shallow for scales far apart', async () => {
    const algorithm = nuts(gaussian(1, 1000), { maxTreeDepth: 3, stepSize: 0.5 });
    expect(codes(await sample(algorithm, { ...run, warmup: 0 }))).toContain('tree-depth');
  });

  it('finds proposals that are too far to be accepted', async () => {
    const far = { ...run, warmup: 0 };
    expect(codes(await sample(randomWalk(gaussian(0.01, 0.01), { stepSize: 5 }), far))).toContain('acceptance');
    expect(codes(await sample(hmc(gaussian(0.01, 0.01), { stepSize: 5, steps: 3 }), far))).toContain('acceptance');
  });

  it('finds chains that stay in the mode where they started, and not those that swap between them', async () => {
    const initial = [-8, 8, -8, 8].map((x) => Float64Array.of(x, 0));
    // N(±8, 1): NUTS never crosses.
    const modes = logDensity(2, (z) => {
      const centre = z[0] < 0 ? -8 : 8;
      return { value: -0.5 * ((z[0] - centre) ** 2 + z[1] ** 2), gradient: Float64Array.of(centre - z[0], -z[1]) };
    });
    expect(codes(await sample(nuts(modes), { ...run, initial }))).toContain('separate-modes');
    // Half an ellipse away is the other mode of a symmetric pair: elliptical slice sampling goes there.
    const logLikelihood = logDensity(2, (z) => -200 * (Math.abs(z[0]) - 1) ** 2);
    const target = posterior({ logLikelihood, prior });
    expect(codes(await sample(ellipticalSlice(target), { ...run, thin: 20 }))).toEqual([]);
  });

  it("has the steps' statistics under ArviZ's names", async () => {
    const draws = await sample(nuts(funnel), { ...run, draws: 50 });
    expect(Object.keys(toInferenceData(draws).sample_stats!)).toEqual(
      expect.arrayContaining([
        ...['acceptance_rate', 'tree_depth', 'n_steps', 'step_size', 'energy', 'diverging', 'reached_max_treedepth'],
      ]),
    );
  });

  it('results of sequential Monte Carlo and of approximations are told of as they are', async () => {
    // y = 2 ± ½ of each coordinate, under N(0, 1): the posterior is N(1.6, 0.2).
    const likelihood = logDensity(2, (z) => ({
      value: -2 * z.reduce((sum, x) => sum + (x - 2) ** 2, 0),
      gradient: z.map((x) => -4 * (x - 2)),
    }));
    const target = posterior({ logLikelihood: likelihood, priorStd: 1 });
    const fitted = await fullRank(target, { iterations: 300, seed: 1 });
    for (const result of [
      await sequentialMonteCarlo(target, { particles: 1000, move: ellipticalSlice, seed: 1 }),
      await laplace(target, { curvature: 'hessian' }),
      fitted,
      await importanceResample(fitted, target, { draws: 1000, seed: 1 }),
    ]) {
      const names = ['slope', 'offset'];
      const [, row] = summary(result, { names });
      expect(row.name).toBe('offset');
      // Four standard errors of 1000 draws.
      expect(Math.abs(row.mean - 1.6)).toBeLessThan(4 * Math.sqrt(0.2 / 1000));
      expect(Math.abs(row.quantiles[1] - 1.6)).toBeLessThan(4 * 1.2533 * Math.sqrt(0.2 / 1000));
      expect('rHat' in row).toBe(false);
      expect(diagnose(result, { names }).filter(({ code }) => code !== 'not-converged')).toEqual([]);
      const { posterior: group, coords } = toInferenceData(result, { names });
      expect(group.z.length).toBe(1);
      expect(coords.coordinate).toEqual(names);
    }
  });
});
