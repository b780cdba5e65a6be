import { isotropicGaussian, logDensity, posterior } from '@subspace/core';
import { pathfinder } from '@subspace/vi';
import { describe, expect, it } from 'vitest';

/** N(m, diag(s²)) in five coordinates. */
const stds = [0.1, 0.5, 1, 3, 10];
const centre = [1, -2, 0, 4, 20];
const gaussian = {
  ...logDensity(5, (z) => ({
    value: z.reduce(
      (sum, x, k) => sum - 0.5 * ((x - centre[k]) / stds[k]) ** 2 - Math.log(stds[k] * Math.sqrt(2 * Math.PI)),
      0,
    ),
    gradient: z.map((x, k) => -(x - centre[k]) / stds[k] ** 2),
  })),
  prior: isotropicGaussian(5, 5),
};

describe('pathfinder', () => {
  it('finds a Gaussian: its mean, its widths, its evidence, and a small k̂', async () => {
    const draws = await pathfinder(gaussian, { draws: 2000, seed: 1 });
    expect(draws.paths.length).toBe(4);
    for (const { mean, elbo } of draws.paths) {
      mean.forEach((m, k) => {
        expect(Math.abs(m - centre[k])).toBeLessThan(0.05 * stds[k]);
      });
      expect(elbo).toBeLessThan(2);
    }
    expect(draws.paretoK).toBeLessThan(0.5);
    expect(Math.abs(draws.logEvidence)).toBeLessThan(0.2);
    const [chain] = draws.positions;
    stds.forEach((std, k) => {
      const error = std / Math.sqrt(draws.effectiveSize);
      const mean = chain.reduce((sum, z) => sum + z[k], 0) / chain.length;
      const variance = chain.reduce((sum, z) => sum + (z[k] - centre[k]) ** 2, 0) / chain.length;
      expect(Math.abs(mean - centre[k])).toBeLessThan(4 * error);
      expect(Math.abs(variance / std ** 2 - 1)).toBeLessThan(4 * Math.sqrt(2 / draws.effectiveSize));
    });
  });

  it('says by k̂ where no Gaussian will do', async () => {
    // Student's t with one degree of freedom in each of ten coordinates.
    const heavy = logDensity(10, (z) => ({
      value: -z.reduce((sum, x) => sum + Math.log1p(x * x), 0),
      gradient: z.map((x) => (-2 * x) / (1 + x * x)),
    }));
    const draws = await pathfinder(heavy, { draws: 500, proposals: 4000, seed: 1 });
    expect(draws.paretoK).toBeGreaterThan(0.7);
  });

  it('finds two modes by paths to both, in proportion', async () => {
    // Of N(−5, 1) and N(5, 1), three times as likely.
    const modes = {
      ...logDensity(2, (z) => {
        const [left, right] = [-5, 5].map((m) => Math.exp(-0.5 * (z[0] - m) ** 2) * (m > 0 ? 3 : 1));
        const slope = (left * (-5 - z[0]) + right * (5 - z[0])) / (left + right);
        return { value: Math.log(left + right) - 0.5 * z[1] ** 2, gradient: Float64Array.of(slope, -z[1]) };
      }),
      prior: isotropicGaussian(2, 4),
    };
    const draws = await pathfinder(modes, { draws: 2000, paths: 8, seed: 1 });
    const right = draws.positions[0].filter(([x]) => x > 0).length / 2000;
    expect(Math.abs(right - 0.75)).toBeLessThan(0.05);
  });

  it('is the same for the same seed, and takes a posterior', async () => {
    const target = posterior({
      logLikelihood: logDensity(1, (z) => ({ value: -0.5 * (z[0] - 2) ** 2, gradient: Float64Array.of(2 - z[0]) })),
      priorStd: 1,
    });
    const [one, again, other] = [1, 1, 2].map((seed) => pathfinder(target, { draws: 10, seed }));
    expect((await again).positions).toEqual((await one).positions);
    expect((await other).positions).not.toEqual((await one).positions);
    expect((await one).paths[0].mean[0]).toBeCloseTo(1, 3);
    expect((await one).paths[0].covariance[0]).toBeCloseTo(0.5, 3);
  });

  it('can be cancelled', async () => {
    await expect(pathfinder(gaussian, { draws: 10, seed: 1, signal: { aborted: true } })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });

  it.each([
    [{ draws: 0 }, 'draws is 0, expected an integer of at least 1'],
    [{ paths: 1.5 }, 'paths is 1.5, expected an integer of at least 1'],
    [{ elboDraws: 0 }, 'elboDraws is 0, expected an integer of at least 1'],
    [{ seed: undefined }, 'seed is undefined, expected a finite number or a string'],
    [{ starts: 4 }, 'option starts is unknown, expected one of draws, paths, proposals, elboDraws, seed, signal'],
  ])('names what is wrong: %o', async (wrong, message) => {
    await expect(pathfinder(gaussian, { draws: 10, seed: 1, ...wrong } as never)).rejects.toThrow(
      `pathfinder: ${message}`,
    );
  });
});
